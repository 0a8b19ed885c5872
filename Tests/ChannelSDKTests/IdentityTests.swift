import ChannelConformance
import ChannelSDK
import Testing

@Suite struct IdentityTests {
    private let text = "0190163d-8694-739b-aea5-966c26f8ad90"

    @Test(arguments: [UInt64.random(in: 0 ... .max), 1])
    func everyIdSurvivesItsText(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let id = NotificationID(high: generator.next(), low: generator.next())
            #expect(NotificationID(id.description) == id, "seed \(seed)")
            #expect(NotificationID(id.description.uppercased()) == id, "seed \(seed)")
            let delivery = DeliveryID(notification: id, ordinal: .random(in: 1 ... .max, using: &generator))
            #expect(DeliveryID(delivery.description) == delivery, "seed \(seed)")
        }
    }

    @Test func theTextIsAUUID() {
        #expect(NotificationID(high: 0x0190_163d_8694_739b, low: 0xaea5_966c_26f8_ad90).description == text)
        #expect(NotificationID(high: 0, low: 0).description == "00000000-0000-0000-0000-000000000000")
        #expect(NotificationID(high: .max, low: .max).description == "ffffffff-ffff-ffff-ffff-ffffffffffff")
    }

    @Test(arguments: [
        "", "x", "0190163d8694739baea5966c26f8ad90", "0190163d-8694-739b-aea5-966c26f8ad9",
        "0190163d-8694-739b-aea5-966c26f8ad901", "0190163d-8694-739b-aea5_966c26f8ad90",
        "g190163d-8694-739b-aea5-966c26f8ad90", "{0190163d-8694-739b-aea5-966c26f8ad9",
        " 190163d-8694-739b-aea5-966c26f8ad90",
        "0190163d-8694-739b-aea5-966c26f8ad9é", "٠190163d-8694-739b-aea5-966c26f8ad90",
    ])
    func anotherTextIsNoId(text: String) {
        #expect(NotificationID(text) == nil)
        #expect(DeliveryID("\(text).1") == nil)
    }

    @Test(arguments: [
        "", ".", ".0", ".00", ".01", ".+1", ".-1", ".1 ", ".65536", ".99999999999999999999", ".1.1", ".x", ".٣", "1",
    ])
    func anotherNumberIsNoDelivery(suffix: String) {
        #expect(DeliveryID(text + suffix) == nil)
    }

    @Test func idsAreOrdered() {
        let ids = [(0, 1), (0, 2), (1, 0), (2, 0)].map { NotificationID(high: $0.0, low: $0.1) }
        #expect(ids.reversed().sorted() == ids)
        let deliveries = [1, 2, 10].map { DeliveryID(notification: ids[0], ordinal: $0) }
        #expect(deliveries.reversed().sorted() == deliveries)
        #expect(DeliveryID(text + ".65535")?.ordinal == 65_535)
    }
}
