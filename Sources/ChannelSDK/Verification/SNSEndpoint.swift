/// Who is believed to be SNS: where the certificates that its messages are signed with are fetched, and where
/// subscriptions are confirmed. No other address in a message is ever visited.
public struct SNSEndpoint: Sendable, Hashable {
    /// `https://sns.REGION.amazonaws.com/…`, or `.com.cn`: Amazon alone answers there.
    public static let amazon = SNSEndpoint()

    /// What a base URL must be, for people.
    public static let rule =
        "must be https://HOST or https://HOST:PORT without a path, or http:// where HOST is this machine's loopback"

    /// Scheme and authority; nil for Amazon's own.
    private let base: String?
    /// PEM file of the certificate authorities to trust there; nil: the transport's own.
    let certificateAuthorityFile: String?

    private init() { (base, certificateAuthorityFile) = (nil, nil) }

    /// Another server that speaks as SNS, for tests and private clouds: whoever answers there can report on any mail.
    /// - Returns: nil when `baseURL` is none by ``rule``.
    public init?(baseURL: String, certificateAuthorityFile: String? = nil) {
        let base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        let parts = base.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let host = Self.host(of: parts[1]) else { return nil }
        guard parts[0] == "https" || (parts[0] == "http" && Self.isLoopback(host)) else { return nil }
        (self.base, self.certificateAuthorityFile) = (base, certificateAuthorityFile)
    }

    /// Whether this SNS, and nobody else, answers at `url`.
    func holds(_ url: String) -> Bool {
        // A backslash is a slash to some readers of URLs.
        guard url.utf8.allSatisfy({ (33...126).contains($0) && $0 != 92 }) else { return false }
        guard let base else { return Self.isOfAmazon(url) }
        return url.hasPrefix(base + "/")
    }

    func holdsCertificate(_ url: String) -> Bool {
        holds(url) && url.hasSuffix(".pem") && !url.contains("?") && !url.contains("#")
    }

    func request(_ url: String) -> HTTPRequest {
        HTTPRequest(method: "GET", url: url, certificateAuthorityFile: certificateAuthorityFile)
    }

    private static func isOfAmazon(_ url: String) -> Bool {
        guard url.hasPrefix("https://sns.") else { return false }
        let host = url.dropFirst("https://".count).prefix { !"/?#".contains($0) }
        guard let end = [".amazonaws.com", ".amazonaws.com.cn"].first(where: host.hasSuffix) else { return false }
        let region = host.dropFirst("sns.".count).dropLast(end.count)
        return host.utf8.count >= "sns.".utf8.count + end.utf8.count + 3
            && region.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 45 }
    }

    /// The host in `HOST` or `HOST:PORT`; nil when it is anything else, such as one with a user or a path.
    private static func host(of authority: Substring) -> Substring? {
        var (host, port) = (authority, Substring("443"))
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            (host, port) = (authority[..<colon], authority[authority.index(after: colon)...])
        }
        guard let number = Int(port), (1...65535).contains(number), port.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        let isAddress = host.hasPrefix("[") && host.hasSuffix("]")
        let name = isAddress ? host.dropFirst().dropLast() : host
        let others = isAddress ? ":." : "-."
        guard (1...253).contains(name.utf8.count),
            name.utf8.allSatisfy({ isLetterOrDigit($0) || others.utf8.contains($0) })
        else { return nil }
        return host
    }

    private static func isLoopback(_ host: Substring) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (48...57).contains($0) }
                    && Int(part).map { $0 <= 255 } == true
            }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte | 0x20)
    }
}
