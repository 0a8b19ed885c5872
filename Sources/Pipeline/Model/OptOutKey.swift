/// Who has opted out of what.
public struct OptOutKey: Sendable, Hashable {
    /// The list: the kind of channel, by the name of its module. All instances of a module share one, so that a route
    /// does not go on to the next provider of what the recipient does not want.
    public let list: String
    /// The recipient as ``normalized(_:)`` writes them.
    public let address: String

    /// - Parameter recipient: as an application, a provider or an operator writes them.
    public init(list: String, recipient: String) {
        self.list = list
        address = Self.normalized(recipient)
    }

    /// - Parameter address: normalized already.
    public init(list: String, address: String) {
        self.list = list
        self.address = address
    }

    /// One way to write a recipient: telephone numbers with `+` and nothing between their digits, as E.164 has them;
    /// mail addresses without a name, in lower case; all else as it is, without spaces and control characters around it.
    /// - Returns: nothing of what has nothing else in it.
    public static func normalized(_ recipient: String) -> String {
        // Nearly every recipient of a text message is written so already.
        if isNumber(recipient.utf8) { return recipient }
        let text = trimmed(recipient)
        if text.contains("@") { return mailbox(text).lowercased() }
        return number(withoutScheme(text)) ?? String(text)
    }

    private static func isNumber(_ text: String.UTF8View) -> Bool {
        text.first == UInt8(ascii: "+") && areDigits(text.dropFirst())
    }

    /// As many as a telephone number has.
    private static func areDigits(_ text: some Collection<UInt8>) -> Bool {
        (5...15).contains(text.count) && text.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func trimmed(_ text: String) -> Substring {
        let start = text.unicodeScalars.drop(while: isBlank)
        return start.lastIndex { !isBlank($0) }.map { Substring(start[...$0]) } ?? ""
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
    }

    /// `ann@example.com` of `Ann <ann@example.com>`.
    private static func mailbox(_ text: Substring) -> Substring {
        guard text.last == ">", let start = text.lastIndex(of: "<") else { return text }
        let address = trimmed(String(text[text.index(after: start)...].dropLast()))
        return address.isEmpty ? text : address
    }

    private static func withoutScheme(_ text: Substring) -> Substring {
        let scheme = "whatsapp:"
        return text.prefix(scheme.count).lowercased() == scheme ? text.dropFirst(scheme.count) : text
    }

    /// Providers leave the `+` out, people put in what makes a number readable. Nil: it is no number.
    private static func number(_ text: Substring) -> String? {
        guard text.first == "+" else { return areDigits(text.utf8) ? "+" + text : nil }
        let digits = text.dropFirst().filter { !" -.()/\u{A0}".contains($0) }
        return areDigits(digits.utf8) ? "+" + digits : nil
    }
}
