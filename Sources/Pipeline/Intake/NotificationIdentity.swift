public import ChannelSDK
import Crypto

extension NotificationID {
    /// The identity of (account, `externalId`): the first 128 bits of a SHA-256 over both, each with its length before
    /// it so that no two pairs run together, marked as a version 8 UUID.
    public init(account: String, externalID: String) {
        var input: [UInt8] = []
        input.reserveCapacity(account.utf8.count + externalID.utf8.count + 8)
        input.write(account)
        input.write(externalID)
        self.init(hashing: input)
    }

    /// The identity of a request by its `Idempotency-Key`; never that of an `externalId`, of which nothing follows the
    /// second text.
    /// - Parameter index: the place in a batch, from 0; nil: it is no batch.
    public init(account: String, idempotencyKey: String, index: Int? = nil) {
        var input: [UInt8] = []
        input.write(account)
        input.write(idempotencyKey)
        input.write(UInt32(truncatingIfNeeded: index.map { $0 + 1 } ?? 0))
        self.init(hashing: input)
    }

    init(hashing input: [UInt8]) {
        let (high, low) = SHA256.hash(data: input).withUnsafeBytes { digest in
            (
                UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        self.init(high: high, low: low, uuidVersion: 8)
    }

    /// A UUIDv7: `moment`, then 74 random bits.
    public init(at moment: Timestamp, using generator: inout some RandomNumberGenerator) {
        let high = UInt64(truncatingIfNeeded: moment.milliseconds) << 16 | generator.next() & 0xFFFF
        self.init(high: high, low: generator.next(), uuidVersion: 7)
    }

    private init(high: UInt64, low: UInt64, uuidVersion: UInt64) {
        self.init(high: high & ~0xF000 | uuidVersion << 12, low: low & ~(3 << 62) | 2 << 62)
    }
}
