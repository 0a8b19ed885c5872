public import ChannelSDK

extension RedisCache.Configuration {
    /// Reads `redis://[user:password@]host[:port][/database]`; without a port 6379, without a database 0. What is not of
    /// letters, digits and `-._~` in user and password is percent-encoded.
    /// - Throws: ``RedisError`` with the code `configuration`, without a word of the URL, which holds the password.
    public init(url: Secret, prefix: String = "switchboard:") throws(RedisError) {
        self.init(prefix: prefix)
        let text = url.revealed
        guard let scheme = text.firstRange(of: "://") else { throw .unreadableURL("it has no scheme") }
        switch text[..<scheme.lowerBound].lowercased() {
        case "redis": break
        case "rediss": throw .unreadableURL("TLS is not supported; reach Redis by a private network or a tunnel")
        default: throw .unreadableURL("its scheme is not redis")
        }
        let rest = text[scheme.upperBound...]
        guard !rest.contains("?"), !rest.contains("#") else {
            throw .unreadableURL("parameters are not supported; percent-encode ? and # in a password")
        }
        let authority = rest.prefix { $0 != "/" }
        try readDatabase(rest.dropFirst(authority.count))
        if let at = authority.lastIndex(of: "@") {
            try readUser(authority[..<at])
            try readHost(authority[authority.index(after: at)...])
        } else {
            try readHost(authority)
        }
        try check()
    }

    private mutating func readDatabase(_ path: Substring) throws(RedisError) {
        let name = path.dropFirst()
        guard !name.isEmpty else { return }
        guard let number = Self.number(name) else { throw .unreadableURL("its database is not a number") }
        database = number
    }

    private mutating func readUser(_ text: Substring) throws(RedisError) {
        guard let colon = text.firstIndex(of: ":") else {
            throw .unreadableURL("before the @ a password needs a colon, as in redis://:password@host")
        }
        guard let user = Self.decoded(text[..<colon]), let word = Self.decoded(text[text.index(after: colon)...]) else {
            throw .unreadableURL("a percent sign in user or password is not followed by two hexadecimal digits")
        }
        username = user.isEmpty ? nil : user
        password = word.isEmpty ? nil : Secret(word)
    }

    private mutating func readHost(_ text: Substring) throws(RedisError) {
        var rest = text
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw .unreadableURL("its host has no closing bracket") }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            host = String(rest.prefix { $0 != ":" })
            rest = rest.dropFirst(host.count)
        }
        guard !rest.isEmpty else { return }
        guard rest.first == ":", let number = Self.number(rest.dropFirst()) else {
            throw .unreadableURL("its port is not a number; percent-encode : / @ in a password")
        }
        port = number
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}

extension RedisError {
    fileprivate static func unreadableURL(_ problem: String) -> RedisError {
        RedisError(
            .configuration,
            "the Redis URL can't be read: \(problem) (write redis://user:password@host:port/database)")
    }
}
