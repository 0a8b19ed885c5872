import ChannelSDK

/// What a message must be, before it is accepted.
public struct MessageRules: Sendable, Hashable {
    public enum Recipient: String, Sendable, Hashable, CaseIterable {
        /// `+`, then 7 to 15 digits of which the first is not 0.
        case e164
        case email
        /// Absolute and https.
        case url
        /// Anything but nothing.
        case text
    }

    public var recipient: Recipient
    /// What every recipient begins with, e.g. `#`.
    public var recipientPrefix: String?
    /// In characters: Unicode's code points.
    public var maxBody: Int?
    /// In bytes of UTF-8.
    public var maxBodyBytes: Int?
    /// Parts that every message must have, beside those that every channel asks for.
    public var required: [Placeholder]

    public init(
        recipient: Recipient = .text, recipientPrefix: String? = nil, maxBody: Int? = nil, maxBodyBytes: Int? = nil,
        required: [Placeholder] = []
    ) {
        self.recipient = recipient
        self.recipientPrefix = recipientPrefix
        self.maxBody = maxBody
        self.maxBodyBytes = maxBodyBytes
        self.required = required
    }

    func problems(in content: MessageContent) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        func add(_ field: String, _ message: String) { problems.append(FieldProblem(field: field, message: message)) }
        if let rule = ruleOfRecipient(brokenBy: content.recipient) { add("to", rule) }
        if content.body.isEmpty { add("body", "must not be empty") }
        if let maxBody, case let count = content.body.unicodeScalars.count, count > maxBody {
            add("body", "has \(count) characters: at most \(maxBody) are allowed")
        }
        if let maxBodyBytes, case let count = content.body.utf8.count, count > maxBodyBytes {
            add("body", "has \(count) bytes: at most \(maxBodyBytes) are allowed")
        }
        for part in required {
            switch part {
            case .subject where content.subject?.isEmpty ?? true: add("subject", "is required by this channel")
            case .option(let name) where content.options[name]?.isEmpty ?? true:
                add("options.\(name)", "is required by this channel")
            default: break
            }
        }
        if !content.attachments.isEmpty { add("attachments", "can't be sent by this channel") }
        return problems
    }

    private func ruleOfRecipient(brokenBy recipient: String) -> String? {
        if recipient.isEmpty { return "must not be empty" }
        if let recipientPrefix, !recipient.hasPrefix(recipientPrefix) { return "must begin with '\(recipientPrefix)'" }
        switch recipient {
        case _ where self.recipient == .e164 && !Self.isE164(recipient):
            return "must be a phone number in international form, '+' and digits, e.g. +15551230001"
        case _ where self.recipient == .email && !Self.isEmail(recipient):
            return "must be an email address such as ada@example.com"
        case _ where self.recipient == .url && !BaseAddress.isValid(recipient, schemes: ["https://"]):
            return "must be an https address"
        default: return nil
        }
    }

    private static func isE164(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst()
        return text.hasPrefix("+") && (7...15).contains(digits.count) && digits.first != UInt8(ascii: "0")
            && digits.allSatisfy { (48...57).contains($0) }
    }

    /// One `@` between a name and a domain, and nothing that could end an address: what is behind it decides the rest.
    private static func isEmail(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        return parts.count == 2 && (1...64).contains(parts[0].count) && (1...253).contains(parts[1].count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"<>,;:\"\\()[]".utf8.contains($0) }
    }
}
