public import ChannelSDK
internal import YAMLDocument

/// Where the host listens, and how it is reached.
public struct ServerConfiguration: Sendable, Hashable {
    public var host: String
    /// 0: any free port.
    public var port: Int
    /// Where providers reach this host, without a trailing slash.
    public var publicURL: String
    /// Of a request's body, in bytes.
    public var maxBody: Int
    /// Callers whose word about the callers behind them is taken.
    public var trustedProxies: [IPNetwork]
    /// In which header they give it.
    public var proxyHeader: ProxyHeader
    /// How long a stopping host waits for what is under way.
    public var shutdownGrace: Duration
    /// How long a stopping host goes on taking requests after it has begun to say that it is not ready.
    public var drain: Duration

    public init() { self = Section.defaults { Self(&$0) } }
}

/// Where proxies say whom they speak for.
public enum ProxyHeader: String, Sendable, Hashable, CaseIterable {
    case xForwardedFor = "x-forwarded-for"
    case forwarded
}

extension ServerConfiguration {
    init(_ section: inout Section) {
        host = section.value(
            "host", .text, default: "127.0.0.1",
            "The address to listen on; 0.0.0.0 for every interface, which needs 'auth'.")
        port = section.value("port", .integer(0...65535), default: 3000, "The port to listen on; 0 takes a free one.")
        let publicURL = section.optional(
            "public_url", .url, "Where providers reach this host with their reports. Default: http://HOST:PORT.")
        maxBody = section.value(
            "max_body", .size(1024...64 << 20), default: 8 << 20, "The largest request body that is read.")
        shutdownGrace = section.value(
            "shutdown_grace", .duration(.zero ... .seconds(600)), default: .seconds(20),
            "How long a stopping host waits for what is under way.")
        drain = section.value(
            "drain", .duration(.zero ... .seconds(300)), default: .zero,
            "How long a stopping host says at /health/readiness that it is, before it takes no more requests.")
        trustedProxies =
            section.list(
                "trusted_proxies", .network,
                "Addresses of the proxies in front of this host: they are believed about who calls. Default: none.")
            ?? []
        proxyHeader = section.value(
            "proxy_header", .choice, default: .xForwardedFor,
            "The header in which trusted proxies say who calls; the other one is not looked at.")
        self.publicURL = Self.trimmed(publicURL ?? Self.localURL(host: host, port: port))
        if publicURL == nil, !Self.isLoopback(host) {
            section.check.warning(
                "server.public_url is not set, so providers are told to report to \(self.publicURL); "
                    + "set it to the address that they can reach", at: section.position(of: "host"))
        }
    }

    /// Whether only this machine reaches the host.
    var isOnLoopback: Bool { Self.isLoopback(host) }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        // A name that begins so can be any address.
        let bytes = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return bytes.count == 4 && bytes[0] == 127 && !bytes.contains(nil)
    }

    /// By which this machine reaches the host.
    public var localURL: String { Self.url(["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host, port) }

    /// Where the host listens may be a variable's value, which the warning above does not show.
    private static func localURL(host: String, port: Int) -> String { url(isLoopback(host) ? host : "127.0.0.1", port) }

    private static func url(_ host: String, _ port: Int) -> String {
        "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    private static func trimmed(_ url: String) -> String {
        var url = url[...]
        while url.hasSuffix("/") { url = url.dropLast() }
        return String(url)
    }
}

extension Section {
    /// What `read` makes of a section without keys.
    static func defaults<Value>(_ read: (inout Section) -> Value) -> Value {
        let check = FileCheck(
            source: YAMLSource([]), resolver: TemplateResolver(environment: [:], folder: "."))
        var section = Section(path: "", position: YAMLPosition(line: 1, column: 1), entries: [], check: check)
        return read(&section)
    }
}
