import NIOCore

/// A request to send a message, checked as Kannel checks it.
struct KannelRequest: Sendable {
    private static let numberCharacters = Set("0123456789+ ".utf8)

    let to: String
    let from: String
    let text: String
    let username: String
    /// As it was given, with its escapes.
    let reportURL: String?
    /// Which reports are wanted.
    let reportMask: Int
    let delivery: String?

    /// The first thing that is wrong.
    /// - Parameter query: as the request has it.
    init(query: String, settings: KannelSettings) throws(KannelAnswer) {
        guard let fields = FormFields(ByteBuffer(string: query)) else { throw .unreadable }
        let username = fields["username"] ?? fields["user"] ?? ""
        guard username == settings.username, fields["password"] ?? fields["pass"] == settings.password else {
            throw .authorization
        }
        self.username = username
        guard let to = fields.nonEmpty("to") else { throw .noReceiver }
        // Numbers are separated by blanks, and a plus that is not encoded is one.
        guard to.split(separator: " ").count == 1 else { throw .several }
        guard to.utf8.allSatisfy(Self.numberCharacters.contains), to.utf8.count >= 7 else { throw .badReceiver }
        self.to = to.filter { $0 != " " }
        guard let from = fields.nonEmpty("from") else { throw .noSender }
        self.from = from
        text = fields["text"] ?? ""
        reportMask = fields["dlr-mask"].flatMap { Int($0) } ?? 0
        let reportURL = fields.nonEmpty("dlr-url")
        self.reportURL = reportURL
        do {
            delivery = try CallbackURL.optional(reportURL.map { KannelEscapes.expand($0) { _ in "" } })?.delivery
        } catch {
            throw .reportAddress(error.message)
        }
    }
}

/// Kannel's escapes in addresses: `%` and a letter.
enum KannelEscapes {
    /// - Parameter value: of a letter; nil for one that is no escape, which stays as it is. What comes is percent-encoded.
    static func expand(_ address: String, _ value: (Character) -> String?) -> String {
        var expanded = ""
        var rest = address[...]
        while let percent = rest.firstIndex(of: "%") {
            expanded += rest[..<percent]
            rest = rest[percent...].dropFirst()
            guard let letter = rest.first else { break }
            // Two hexadecimal digits are a byte that was encoded already; Kannel's letters are not followed by such.
            if rest.prefix(2).count == 2, rest.prefix(2).allSatisfy(\.isHexDigit) {
                expanded += "%" + rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if letter == "%" {
                expanded += "%25"
                rest = rest.dropFirst()
            } else if let value = value(letter) {
                var encoded = ByteBuffer()
                encoded.writeFormEncoded(value)
                expanded += String(buffer: encoded)
                rest = rest.dropFirst()
            } else {
                expanded += "%25"
            }
        }
        return expanded + rest
    }
}
