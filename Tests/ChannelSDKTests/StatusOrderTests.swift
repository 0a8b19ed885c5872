import ChannelSDK
import Testing

@Suite struct StatusOrderTests {
    @Test func aChainIsOrderedAfterTheHostsStatuses() throws {
        let order = try StatusOrder(
            checking: StatusGraph(
                version: 1, statuses: [.goal("delivered"), .progress("queued"), .failure("failed")],
                transitions: .chain("queued", "failed", "delivered")))
        #expect(
            order.statuses.map(\.name) == [
                .accepted, .rejected, .expired, .canceled, .uncertain, "queued", "failed", "delivered",
            ])
    }

    @Test func twoStatusesThatDoNotCompareAreNamed() {
        let refusal = #expect(throws: StatusGraphRefusal.self) {
            try StatusOrder(
                checking: StatusGraph(
                    version: 1, statuses: [.progress("sent"), .failure("failed"), .goal("delivered")],
                    transitions: [.init("sent", "failed"), .init("sent", "delivered")]))
        }
        #expect(refusal?.violations == [.incomparable("failed", "delivered")])
    }
}
