import ChannelSDK
import Testing

@testable import Pipeline

@Suite struct NotificationIDTests {
    /// Worked out with another program: SHA-256 over both texts, each behind its length in four little-endian bytes.
    @Test(arguments: [
        ("default", "order-1", "b96972f5-3b00-891a-8261-d2c5f8147f1f"),
        ("default", "order-2", "83defda5-db5d-88a6-a879-1a66946643f4"),
        ("", "", "af5570f5-a181-8b7a-b78c-af4bc70a660f"),
        ("a", String(repeating: "x", count: 200), "581b4ff4-a8a8-8485-b915-ca1a5bab2a6a"),
        ("konto-ü", "zamówienie", "64ee398f-b65f-80d0-9521-9632bf20d3e6"),
    ])
    func anExternalIDHasOneID(account: String, externalID: String, id: String) {
        #expect(NotificationID(account: account, externalID: externalID).description == id)
    }

    @Test func noTwoPairsRunTogether() {
        let pairs = [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", ""), ("ab", "c\0"), ("ab\0", "c")]
        #expect(Set(pairs.map { NotificationID(account: $0, externalID: $1) }).count == pairs.count)
    }

    @Test func otherIDsAreInTheOrderOfTheirTimes() {
        var generator = SplitMix64(seed: 7)
        let moments = [0, 1, 2, 1_800_000_000_000, 1_800_000_000_001, (1 << 48) - 1].map {
            Timestamp(milliseconds: Int64($0))
        }
        let ids = moments.map { NotificationID(at: $0, using: &generator).description }
        #expect(ids == ids.sorted())
        for id in ids {
            let bytes = Array(id)
            #expect(bytes[14] == "7" && "89ab".contains(bytes[19]), "\(id)")
        }
        #expect(ids[3].hasPrefix("01a3185c-5000-7"))
    }
}
