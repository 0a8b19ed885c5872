/// Checks of URLs and domains that need no more than their text.
enum WebAddress {
    /// Absolute, `http` or `https`, with a host, without user and password.
    static func isValid(_ text: String) -> Bool {
        let lower = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: { lower.hasPrefix($0) }) else { return false }
        guard text.utf8.allSatisfy({ (33...126).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }) else {
            return false
        }
        return isAuthority(text.dropFirst(scheme.count).prefix { !"/?#".contains($0) })
    }

    /// `user:password@` before the host: what a URL must not hold, and what must not be shown.
    static func mayHoldPassword(_ text: String) -> Bool { text.contains("://") && text.contains("@") }

    /// At least two labels of letters, digits and `-`.
    static func isDomain(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && labels.count >= 2 && labels.allSatisfy { isLabel($0) }
    }

    private static func isAuthority(_ authority: Substring) -> Bool {
        var host = authority
        let colon = authority.lastIndex(of: ":")
        if let colon, !authority.hasSuffix("]") {
            let port = authority[authority.index(after: colon)...]
            guard port.utf8.allSatisfy({ (48...57).contains($0) }), UInt16(port) != nil else { return false }
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = host.dropFirst().dropLast()
            return address.contains(":") && address.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        return !host.isEmpty && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
            && label.utf8.allSatisfy {
                (97...122).contains($0 | 0x20) || (48...57).contains($0) || $0 == 45 || $0 == 95
            }
    }
}
