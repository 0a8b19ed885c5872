/// The address that a setting gives, to which the rest of the request's address is added.
enum BaseAddress {
    /// Absolute, with a host, without user and password, and of characters that need no encoding.
    static func isValid(_ text: String, schemes: [String] = ["https://", "http://"]) -> Bool {
        guard let scheme = schemes.first(where: { text.lowercased().hasPrefix($0) }) else { return false }
        let authority = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        return !authority.isEmpty && !authority.contains("@")
            && text.utf8.allSatisfy { (33...126).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
    }

    /// Something can follow it.
    static func isPlain(_ text: String) -> Bool { !text.contains("?") && !text.contains("#") }
}
