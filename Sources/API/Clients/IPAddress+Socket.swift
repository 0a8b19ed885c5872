import ChannelSDK
import NIOCore

extension IPAddress {
    /// Nil for a socket that has no such address.
    init?(_ address: SocketAddress) {
        switch address {
        // Where sockaddr_in and sockaddr_in6 have the address, in network order.
        case .v4: self.init(v4: UInt32(bigEndian: address.load(at: 4)))
        case .v6: self.init(v6: UInt128(bigEndian: address.load(at: 8)))
        case .unixDomainSocket: return nil
        }
    }
}

extension SocketAddress {
    fileprivate func load<Value: BitwiseCopyable>(at offset: Int) -> Value {
        withSockAddr { address, _ in UnsafeRawPointer(address).loadUnaligned(fromByteOffset: offset, as: Value.self) }
    }
}
