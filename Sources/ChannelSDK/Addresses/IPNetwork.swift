/// A block of addresses in CIDR notation, e.g. `10.0.0.0/8` or `2001:db8::/32`.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    /// The first address of the block.
    public let base: IPAddress
    /// How many leading bits the block's addresses have in common.
    public let prefix: Int

    /// The block of `address` and all that begin with the same `prefix` bits.
    public init(_ address: IPAddress, prefix: Int) {
        self.prefix = min(max(0, prefix), address.bitCount)
        base = address.masked(to: self.prefix)
    }

    /// - Parameter text: an address and the length of its prefix, or an address alone for the block of only that one. What
    ///   is behind the prefix must be zero: `10.0.0.1/8` is more likely a slip than a wish.
    public init?(_ text: some StringProtocol) {
        guard let (address, prefix) = Self.parts(text) else { return nil }
        self.init(address, prefix: prefix)
        guard base == address else { return nil }
    }

    /// What `text` was probably meant to be, when it is no block only because of what is behind its prefix.
    public static func meant(by text: some StringProtocol) -> IPNetwork? {
        parts(text).map { IPNetwork($0.0, prefix: $0.1) }
    }

    /// Whether `address` is in the block: never an address of the other kind.
    public func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == base.isIPv4 && address.masked(to: prefix) == base
    }

    public var description: String { "\(base)/\(prefix)" }

    private static func parts(_ text: some StringProtocol) -> (IPAddress, Int)? {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = halves.first.flatMap({ IPAddress($0) }) else { return nil }
        guard halves.count > 1 else { return (address, address.bitCount) }
        let digits = halves[1].utf8
        let isNumber = digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        // An IPv4 address that is written as IPv6 has no prefix that people would agree on.
        guard halves.count == 2, isNumber, (1...3).contains(digits.count), let prefix = Int(halves[1]),
            prefix <= address.bitCount, !address.isIPv4 || !halves[0].contains(":")
        else { return nil }
        return (address, prefix)
    }
}
