/// The reply of a mail server that decided about a mail: the one to the message when it was taken, else the one that
/// refused it.
public struct SMTPReply: Sendable, Hashable {
    /// What the reply is about.
    public enum Stage: String, Sendable, Hashable, CaseIterable {
        /// The connection: greeting, EHLO, STARTTLS.
        case session
        /// The user and the password.
        case authentication
        /// MAIL FROM.
        case sender
        /// RCPT TO.
        case recipient
        /// DATA: whether a message may follow.
        case data
        /// The message itself.
        case message
    }

    /// What it is about.
    public let stage: Stage
    /// Three digits: 2xx done, 4xx not now, 5xx never.
    public let code: Int
    /// RFC 3463, e.g. `5.1.1`, where the server says it.
    public let enhancedStatus: String?
    /// The server's words, lines joined by a space, without the codes.
    public let text: String

    public init(stage: Stage, code: Int, enhancedStatus: String? = nil, text: String = "") {
        self.stage = stage
        self.code = code
        self.enhancedStatus = enhancedStatus
        self.text = text
    }

    /// Reads the lines of one reply, each as it came: code, `-` or a space, words. Nil when the last is no reply.
    public init?(stage: Stage, lines: [String]) {
        guard let last = lines.last, let code = Self.code(last) else { return nil }
        let contents = lines.map { $0.dropFirst(4).trimmed }
        let status = contents.lazy.compactMap { Self.enhancedStatus($0, code) }.first
        let words = contents.map { content in
            Self.enhancedStatus(content, code).map { content.dropFirst($0.utf8.count).trimmed } ?? content
        }
        self.init(
            stage: stage, code: code, enhancedStatus: status.map(String.init),
            text: words.filter { !$0.isEmpty }.joined(separator: " "))
    }

    /// True when the server has taken the mail, and is answerable for it from now on.
    public var isAcceptance: Bool { stage == .message && (200..<300).contains(code) }

    /// The server's name for the mail in its own log, where its words to an acceptance tell it.
    public var queueID: String? {
        guard isAcceptance else { return nil }
        let words = text.split(separator: " ")
        for (index, word) in words.enumerated() {
            // Postfix: `Ok: queued as 4F9D195432`; others in other capitals.
            if word == "as", index > 0, words[index - 1].lowercased() == "queued" { return words.id(at: index + 1) }
            // Exim: `OK id=1tXyz0-0003ab-Cd`.
            if word.hasPrefix("id=") { return Self.id(word.dropFirst(3)) }
            // Sendmail: `w12AbC34 Message accepted for delivery`.
            if word == "Message", index > 0, words[index...].starts(with: ["Message", "accepted"]) {
                return words.id(at: index - 1)
            }
        }
        // Amazon SES: `Ok 0102018f…-000000`.
        return words.count == 2 && words[0].lowercased() == "ok" ? words.id(at: 1) : nil
    }

    /// Whether a server's line starts with a code, so that it is part of a reply.
    public static func isReplyLine(_ line: String) -> Bool { code(line) != nil }

    /// 200 to 599 before a space, a dash or the line's end.
    private static func code(_ line: String) -> Int? {
        let digits = line.utf8.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (48...57).contains($0) }), let code = Int(line.prefix(3)),
            (200..<600).contains(code)
        else { return nil }
        let next = line.utf8.dropFirst(3).first
        return next.map { " -\r\n".utf8.contains($0) } ?? true ? code : nil
    }

    /// `d.d.d` of the reply's own class at the start.
    private static func enhancedStatus(_ content: Substring, _ code: Int) -> Substring? {
        guard let word = content.split(separator: " ", maxSplits: 1).first else { return nil }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        let isStatus =
            parts.count == 3
            && parts.allSatisfy { (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) } }
        return isStatus && parts[0] == String(code / 100) ? word : nil
    }

    fileprivate static func id(_ word: some StringProtocol) -> String? {
        let id = word.prefix { !",;)".contains($0) }
        return id.isEmpty || id.utf8.count > 200 ? nil : String(id)
    }
}

extension [Substring] {
    fileprivate func id(at index: Int) -> String? { indices.contains(index) ? SMTPReply.id(self[index]) : nil }
}

extension Substring {
    /// Without spaces and line ends around it.
    fileprivate var trimmed: Substring {
        let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }
        guard let first = utf8.firstIndex(where: { !isBlank($0) }), let last = utf8.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return self[first...last]
    }
}
