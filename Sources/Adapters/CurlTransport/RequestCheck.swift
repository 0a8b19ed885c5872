internal import ChannelSDK

/// What must hold before a request is given to libcurl, which takes its arguments as C strings and lines: nothing in
/// them may end a line or a string early, and nothing may contradict how the transport itself frames the message.
enum RequestCheck {
    /// Why `request` can't be sent, in words free of its values; nil when it can.
    static func problem(with request: HTTPRequest) -> String? {
        method(request) ?? url(request.url) ?? headers(request.headers)
    }

    /// The scheme and authority of a URL that was checked, without userinfo.
    static func originName(of url: String) -> String {
        let bytes = url.utf8
        guard let authority = authority(bytes) else { return "" }
        let host = bytes[authority].lastIndex(of: UInt8(ascii: "@")).map { bytes.index(after: $0) }
        let name = bytes[..<authority.lowerBound]
        return String(Substring(name)) + String(Substring(bytes[(host ?? authority.lowerBound)..<authority.upperBound]))
    }

    private static func method(_ request: HTTPRequest) -> String? {
        guard isToken(request.method.utf8) else { return "its method is not an HTTP token" }
        switch request.method {
        case "CONNECT": return "CONNECT is not a request to a provider"
        case "HEAD" where !request.body.isEmpty: return "a HEAD request has no body"
        default: return nil
        }
    }

    private static func url(_ url: String) -> String? {
        let bytes = url.utf8
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "its URL contains a control character, a space or a byte that is not ASCII; percent-encode it"
        }
        guard let authority = authority(bytes) else { return "its URL does not begin with http:// or https://" }
        let userinfo = bytes[authority].count { $0 == UInt8(ascii: "@") }
        // More than one @, or a backslash, and two parsers may see two different hosts.
        guard !authority.isEmpty, userinfo <= 1, !bytes[authority].contains(UInt8(ascii: "\\")) else {
            return "its URL has no host, or one that can be read in two ways"
        }
        return nil
    }

    /// Set by the transport, from the body and the connection.
    private static let reserved = [
        "connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    private static func headers(_ headers: HTTPHeaders) -> String? {
        for (index, field) in headers.fields.enumerated() {
            guard isToken(field.name.utf8) else { return "the name of header \(index + 1) is not an HTTP token" }
            guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                return "the value of header \(field.name) contains a line break or another control character"
            }
            guard !reserved.contains(where: { $0.count == field.name.utf8.count && $0 == field.name.lowercased() })
            else { return "header \(field.name) is set by the transport itself" }
        }
        return nil
    }

    private static func authority(_ bytes: String.UTF8View) -> Range<String.Index>? {
        guard let start = endOfScheme(bytes) else { return nil }
        let rest = bytes[start...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        return start..<(end ?? bytes.endIndex)
    }

    private static func endOfScheme(_ bytes: String.UTF8View) -> String.Index? {
        for scheme in ["http://", "https://"] {
            let start = bytes.prefix(scheme.utf8.count)
            if start.count == scheme.utf8.count, zip(start, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                return start.endIndex
            }
        }
        return nil
    }

    /// RFC 9110 token: letters, digits and !#$%&'*+-.^_`|~
    private static func isToken(_ bytes: String.UTF8View) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x7C, 0x7E: true
                default: false
                }
            }
    }
}
