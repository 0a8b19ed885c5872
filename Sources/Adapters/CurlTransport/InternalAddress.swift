internal import ChannelSDK
internal import Glibc

/// Whether an address is of the public internet. Everything that is not, or that is not known, is internal.
enum InternalAddress {
    /// `address` points to `length` bytes of a socket address.
    static func contains(_ address: UnsafeRawPointer, length: Int) -> Bool {
        guard let address = IPAddress(socketAddress: address, length: length) else { return true }
        return contains(address)
    }

    static func contains(_ address: IPAddress) -> Bool {
        guard !address.isIPv4 else { return contains(v4: UInt32(truncatingIfNeeded: address.bits)) }
        return contains(
            v6: UInt64(truncatingIfNeeded: address.bits >> 64), UInt64(truncatingIfNeeded: address.bits))
    }

    private struct Range4 {
        let base: UInt32
        let prefix: UInt32

        init(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ prefix: UInt32) {
            base = a << 24 | b << 16 | c << 8 | d
            self.prefix = prefix
        }

        func contains(_ address: UInt32) -> Bool { (address ^ base) >> (32 - prefix) == 0 }
    }

    /// IANA's registry of special-purpose IPv4 addresses, and one that a cloud serves metadata from.
    private static let ranges4 = [
        Range4(0, 0, 0, 0, 8),  // this network
        Range4(10, 0, 0, 0, 8),  // private
        Range4(100, 64, 0, 0, 10),  // shared by carriers; Alibaba's metadata
        Range4(127, 0, 0, 0, 8),  // loopback
        Range4(168, 63, 129, 16, 32),  // Azure's host
        Range4(169, 254, 0, 0, 16),  // link-local; most clouds' metadata
        Range4(172, 16, 0, 0, 12),  // private
        Range4(192, 0, 0, 0, 24),  // protocol assignments; Oracle's metadata
        Range4(192, 0, 2, 0, 24),  // documentation
        Range4(192, 88, 99, 0, 24),  // 6to4 relays
        Range4(192, 168, 0, 0, 16),  // private
        Range4(198, 18, 0, 0, 15),  // benchmarks
        Range4(198, 51, 100, 0, 24),  // documentation
        Range4(203, 0, 113, 0, 24),  // documentation
        Range4(224, 0, 0, 0, 3),  // multicast, reserved, broadcast
    ]

    private static func contains(v4 address: UInt32) -> Bool { ranges4.contains { $0.contains(address) } }

    /// Only 2000::/3 is handed out for the public internet; in it, what is set aside is internal, and what carries an
    /// IPv4 address is what that address is.
    private static func contains(v6 high: UInt64, _ low: UInt64) -> Bool {
        let embedded = UInt32(truncatingIfNeeded: low)
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return contains(v4: embedded) }  // NAT64
        guard high >> 61 == 1 else { return true }
        switch high >> 48 {
        case 0x2001:
            let second = (high >> 32) & 0xFFFF
            return second < 0x200 || second == 0xDB8  // 2001::/23 (Teredo and other protocols), documentation
        case 0x2002: return contains(v4: UInt32(truncatingIfNeeded: high >> 16))  // 6to4
        case 0x3FFF: return (high >> 44) & 0xF == 0  // 3fff::/20, documentation
        default: return false
        }
    }
}

extension IPAddress {
    /// Nil for what is no address of IPv4 or IPv6.
    init?(socketAddress address: UnsafeRawPointer, length: Int) {
        guard length >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(address.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            let offset = MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)!
            self.init(v4: UInt32(bigEndian: address.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!
            self.init(v6: UInt128(bigEndian: address.loadUnaligned(fromByteOffset: offset, as: UInt128.self)))
        default: return nil
        }
    }
}

extension Reach {
    func allows(_ address: IPAddress) -> Bool {
        switch self {
        case .anywhere: true
        case .publicInternet(let networks):
            !InternalAddress.contains(address) || networks.contains { $0.contains(address) }
        }
    }
}
