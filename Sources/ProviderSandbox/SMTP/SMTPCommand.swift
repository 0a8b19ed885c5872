/// A line from a client, taken apart.
enum SMTPCommand: Sendable, Hashable {
    case hello(extended: Bool)
    case startTLS
    case authenticate(mechanism: String, initial: String?)
    case mail(from: String)
    case recipient(String)
    case data
    case reset
    case noop
    case quit
    /// What is no address after `FROM:` or `TO:`, or has other faults.
    case malformed
    case unknown

    init(_ line: String) {
        let words = line.split(separator: " ")
        switch words.first?.uppercased() {
        case "EHLO": self = words.count == 2 ? .hello(extended: true) : .malformed
        case "HELO": self = words.count == 2 ? .hello(extended: false) : .malformed
        case "STARTTLS": self = .startTLS
        case "AUTH":
            guard words.count == 2 || words.count == 3 else {
                self = .malformed
                return
            }
            self = .authenticate(mechanism: words[1].uppercased(), initial: words.count == 3 ? String(words[2]) : nil)
        case "MAIL": self = Self.path(line.dropFirst(4), "FROM:").map(SMTPCommand.mail) ?? .malformed
        case "RCPT": self = Self.path(line.dropFirst(4), "TO:").map(SMTPCommand.recipient) ?? .malformed
        case "DATA": self = .data
        case "RSET": self = .reset
        case "NOOP": self = .noop
        case "QUIT": self = .quit
        default: self = .unknown
        }
    }

    /// What stands in angle brackets; parameters behind it are not looked at.
    private static func path(_ rest: Substring, _ keyword: String) -> String? {
        let rest = rest.drop { $0 == " " }
        guard rest.prefix(keyword.count).uppercased() == keyword else { return nil }
        let address = rest.dropFirst(keyword.count).drop { $0 == " " }
        guard address.first == "<", let end = address.firstIndex(of: ">") else { return nil }
        return String(address[..<end].dropFirst())
    }
}
