/// An address that mail can be sent to: `local@domain` (RFC 5321, RFC 5322).
///
/// Taken is what every provider takes: a local part of dot-separated atoms, and a domain name of at least two labels.
/// Quoted local parts, comments and address literals (`user@[192.0.2.1]`) are refused. So are characters beyond ASCII:
/// an internationalized domain is written in its ASCII form (`xn--…`, RFC 5891), because mapping it is the business of
/// whoever typed it, and not every server takes internationalized local parts (RFC 6531).
struct EmailAddress: Sendable, Hashable, CustomStringConvertible {
    let local: String
    let domain: String

    static let rule =
        "must be an email address such as ada@example.com; write an internationalized domain in its form 'xn--…'"

    init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count <= 254, let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let (local, domain) = (text[..<at], text[bytes.index(after: at)...])
        guard Self.isLocalPart(local.utf8), Self.isDomain(domain) else { return nil }
        self.local = String(local)
        self.domain = String(domain)
    }

    var description: String { "\(local)@\(domain)" }

    static func isLocalPart(_ bytes: Substring.UTF8View) -> Bool {
        (1...64).contains(bytes.count)
            && bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomByte) }
    }

    static func isDomain(_ domain: Substring) -> Bool {
        let labels = domain.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // A last label of digits only would be an IP address.
        guard domain.utf8.count <= 253, labels.count >= 2, let last = labels.last, last.contains(where: isLetter) else {
            return false
        }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// RFC 5322's atext.
    static func isAtomByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }
}
