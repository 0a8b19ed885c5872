import NIOCore

/// Where a provider reports to: checked once, taken apart once.
struct CallbackURL: Sendable, Hashable {
    /// Who listens there. Callbacks to the same one share connections.
    struct Receiver: Sendable, Hashable {
        var host: String
        var port: Int
    }

    struct Problem: Error, Hashable {
        var message: String
    }

    /// As it was given: this is what a provider signs.
    let text: String
    let receiver: Receiver
    /// For the `Host` header.
    let authority: String
    /// Path and query, for the request line.
    let target: String
    /// The value of the query item `delivery`: the sender's own name for the message.
    let delivery: String?

    init(_ text: String) throws(Problem) {
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Problem(message: "it holds blanks or characters that are not ASCII")
        }
        let scheme = text.prefix(7).lowercased()
        guard scheme == "http://" else {
            throw Problem(
                message: scheme == "https:/" ? "the sandbox calls back over http only" : "it is no http:// URL")
        }
        // All of it is ASCII: bytes are characters, and quicker to look through.
        let rest = text.utf8.dropFirst(7)
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let authority = text[rest.startIndex..<end]
        guard !authority.utf8.contains(UInt8(ascii: "@")) else {
            throw Problem(message: "the sandbox takes no user name in a URL")
        }
        self.text = text
        self.authority = String(authority)
        receiver = try Self.receiver(authority)
        let target = text[end..<(rest.firstIndex(of: UInt8(ascii: "#")) ?? rest.endIndex)]
        self.target = target.utf8.first == UInt8(ascii: "/") ? String(target) : "/" + target
        delivery = target.utf8.firstIndex(of: UInt8(ascii: "?")).flatMap {
            Self.delivery(in: target[$0...].dropFirst())
        }
    }

    /// Nil for nil.
    static func optional(_ text: String?) throws(Problem) -> CallbackURL? {
        guard let text else { return nil }
        return try CallbackURL(text)
    }

    /// The items of the query, decoded, in their order.
    var query: [(name: String, value: String)] {
        guard let start = target.firstIndex(of: "?") else { return [] }
        return FormFields(ByteBuffer(substring: target[start...].dropFirst()))?.all ?? []
    }

    private static func delivery(in query: Substring) -> String? {
        var query = query
        return query.withUTF8 { FormFields(UnsafeRawBufferPointer($0))?.nonEmpty("delivery") }
    }

    private static func receiver(_ authority: Substring) throws(Problem) -> Receiver {
        var host = authority
        var port = 80
        let afterBracket = authority.utf8.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        if let colon = authority[afterBracket...].utf8.lastIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            guard let number = UInt16(authority[colon...].dropFirst()), number > 0 else {
                throw Problem(message: "its port is no number from 1 to 65535")
            }
            port = Int(number)
        }
        if host.first == "[" && host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw Problem(message: "it names no host") }
        return Receiver(host: String(host), port: port)
    }
}
