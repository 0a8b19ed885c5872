/// An IPv4 or IPv6 address. One value per address: an IPv4 address that was written or came as IPv6 (`::ffff:192.0.2.1`)
/// is the IPv4 address.
public struct IPAddress: Sendable, Hashable {
    /// The address as a number; of IPv4 the lower 32 bits.
    public let bits: UInt128
    /// False: an IPv6 address.
    public let isIPv4: Bool

    public init(v4 bits: UInt32) {
        self.bits = UInt128(bits)
        isIPv4 = true
    }

    public init(v6 bits: UInt128) {
        isIPv4 = bits >> 32 == 0xFFFF
        self.bits = isIPv4 ? bits & 0xFFFF_FFFF : bits
    }

    /// The width of an address of this kind.
    public var bitCount: Int { isIPv4 ? 32 : 128 }

    /// The address with all but its first `prefix` bits set to zero.
    public func masked(to prefix: Int) -> IPAddress {
        let dropped = max(0, bitCount - prefix)
        guard dropped < 128 else { return IPAddress(bits: 0, isIPv4: false) }
        return IPAddress(bits: (bits >> UInt128(dropped)) << UInt128(dropped), isIPv4: isIPv4)
    }

    private init(bits: UInt128, isIPv4: Bool) {
        self.bits = bits
        self.isIPv4 = isIPv4
    }
}

extension IPAddress {
    /// - Parameter text: four decimal numbers (`192.0.2.1`, without leading zeros, which some read as octal), or any form
    ///   of IPv6 without brackets and zone (`2001:db8::1`).
    public init?(_ text: some StringProtocol) {
        // The longest form of IPv6 has 45 characters.
        guard (2...45).contains(text.utf8.count) else { return nil }
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            guard let bits = Self.groups(bytes[...]) else { return nil }
            self.init(v6: bits)
        } else {
            guard let bits = Self.quad(bytes[...]) else { return nil }
            self.init(v4: bits)
        }
    }

    private static func quad(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var number: UInt32 = 0
            for byte in part {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard number <= 255 else { return nil }
            bits = bits << 8 | number
        }
        return bits
    }

    /// Eight groups of 16 bits; `::` stands once for one or more that are zero, and an IPv4 address for the last two.
    private static func groups(_ bytes: ArraySlice<UInt8>) -> UInt128? {
        let colon = UInt8(ascii: ":")
        let gap = zip(bytes.indices, bytes.indices.dropFirst()).first { bytes[$0] == colon && bytes[$1] == colon }
        guard let gap else {
            guard let whole = list(bytes, mayEndInQuad: true), whole.count == 8 else { return nil }
            return number(whole)
        }
        let (left, right) = (bytes[..<gap.0], bytes[(gap.1 + 1)...])
        guard let left = left.isEmpty ? [] : list(left, mayEndInQuad: false),
            let right = right.isEmpty ? [] : list(right, mayEndInQuad: true), left.count + right.count <= 7
        else { return nil }
        return number(left + Array(repeating: 0, count: 8 - left.count - right.count) + right)
    }

    private static func list(_ bytes: ArraySlice<UInt8>, mayEndInQuad: Bool) -> [UInt16]? {
        var parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var tail: [UInt16] = []
        if mayEndInQuad, let last = parts.last, last.contains(UInt8(ascii: ".")) {
            guard let quad = quad(last) else { return nil }
            tail = [UInt16(quad >> 16), UInt16(truncatingIfNeeded: quad)]
            parts.removeLast()
        }
        var groups: [UInt16] = []
        for part in parts {
            // UInt16 would take a sign, too.
            guard (1...4).contains(part.count), part.first != UInt8(ascii: "+"),
                let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
            else { return nil }
            groups.append(group)
        }
        return groups + tail
    }

    private static func number(_ groups: [UInt16]) -> UInt128 { groups.reduce(0) { $0 << 16 | UInt128($1) } }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text (RFC 5952).
    public var description: String {
        if isIPv4 {
            return stride(from: 24, through: 0, by: -8).map { String(bits >> $0 & 0xFF) }.joined(separator: ".")
        }
        let groups = stride(from: 112, through: 0, by: -16).map { String(bits >> $0 & 0xFFFF, radix: 16) }
        guard let gap = Self.longestGap(groups) else { return groups.joined(separator: ":") }
        return groups[..<gap.lowerBound].joined(separator: ":") + "::"
            + groups[gap.upperBound...].joined(separator: ":")
    }

    /// The first of the longest runs of two or more groups that are zero.
    private static func longestGap(_ groups: [String]) -> Range<Int>? {
        var (best, start) = (0..<0, 0)
        for index in 0...groups.count where index == groups.count || groups[index] != "0" {
            if index - start > best.count { best = start..<index }
            start = index + 1
        }
        return best.count > 1 ? best : nil
    }
}
