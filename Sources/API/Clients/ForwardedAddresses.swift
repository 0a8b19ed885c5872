import ChannelSDK

/// The addresses in a header that proxies add to, the nearest first. Reads no further than it is asked: what is on the
/// left may be anything that the caller wrote.
struct ForwardedAddresses: Sequence, IteratorProtocol {
    enum Hop: Equatable {
        case address(IPAddress)
        /// Not an address: nothing on the left of it can be believed.
        case unreadable
    }

    private var rest: Substring.UTF8View
    private let header: ProxyHeader
    private var isOver = false

    /// - Parameter values: the header's values in the order in which they came.
    init(_ values: [String], _ header: ProxyHeader) {
        rest = Substring(values.count == 1 ? values[0] : values.joined(separator: ",")).utf8
        self.header = header
        isOver = values.isEmpty
    }

    mutating func next() -> Hop? {
        guard !isOver else { return nil }
        let element = Substring(takeLast()).trimmed
        let text =
            switch header {
            case .xForwardedFor: Substring?.some(element)
            case .forwarded: Self.forParameter(element)
            }
        guard let address = text.flatMap(Self.address) else {
            isOver = true
            return .unreadable
        }
        return .address(address)
    }

    /// What is behind the last comma that stands in no quotes. Seen from the right, the quotes of the nearest proxy are
    /// whole, whatever comes before them.
    private mutating func takeLast() -> Substring.UTF8View {
        var isQuoted = false
        var index = rest.endIndex
        while index > rest.startIndex {
            let before = rest.index(before: index)
            if rest[before] == UInt8(ascii: "\""), header == .forwarded { isQuoted.toggle() }
            if rest[before] == UInt8(ascii: ","), !isQuoted {
                defer { rest = rest[..<before] }
                return rest[index...]
            }
            index = before
        }
        isOver = true
        return rest
    }

    /// The value of `for` in an element of `Forwarded` (RFC 7239), e.g. `for="[2001:db8::1]:443";proto=https`. Once only:
    /// of two, readers could choose differently.
    private static func forParameter(_ element: Substring) -> Substring? {
        let values = element.split(separator: ";").compactMap { pair -> Substring? in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, halves[0].trimmed.lowercased() == "for" else { return nil }
            return halves[1].trimmed
        }
        guard values.count == 1, let value = values.first else { return nil }
        guard value.hasPrefix("\"") else { return value }
        return value.utf8.count >= 2 && value.hasSuffix("\"") ? value.dropFirst().dropLast() : nil
    }

    /// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`,
    /// `[2001:db8::1]:80`.
    private static func address(_ text: Substring) -> IPAddress? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let port = text[text.index(after: end)...]
            guard port.isEmpty || port.hasPrefix(":") && isPort(port.dropFirst()) else { return nil }
            let inner = text[text.index(after: text.startIndex)..<end]
            return inner.contains(":") ? IPAddress(inner) : nil
        }
        guard let colon = text.firstIndex(of: ":"), text[..<colon].contains(".") else { return IPAddress(text) }
        return isPort(text[text.index(after: colon)...]) ? IPAddress(text[..<colon]) : nil
    }

    private static func isPort(_ text: Substring) -> Bool { text.utf8.count <= 5 && UInt16(text) != nil }
}

extension Substring {
    /// Without blanks and tabs around it.
    fileprivate var trimmed: Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        var text = drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
