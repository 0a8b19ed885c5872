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
        let rest = text.dropFirst(7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw Problem(message: "the sandbox takes no user name in a URL") }
        self.text = text
        self.authority = String(authority)
        receiver = try Self.receiver(authority)
        let target = rest[authority.endIndex...].prefix { $0 != "#" }
        self.target = target.first == "/" ? String(target) : "/" + target
        delivery = target.firstIndex(of: "?").flatMap { mark in
            FormFields(target[mark...].dropFirst().utf8)?.nonEmpty("delivery")
        }
    }

    private static func receiver(_ authority: Substring) throws(Problem) -> Receiver {
        var host = authority
        var port = 80
        let afterBracket = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[afterBracket...].lastIndex(of: ":") {
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
