import ChannelSDK
import Logging
import Synchronization
import Testing

@testable import Pipeline

@Suite(.timeLimit(.minutes(10)))
struct OptOutScreenTests {
    private func message(_ recipient: String, options: [String: String] = [:]) -> OutboundMessage {
        OutboundMessage(
            delivery: DeliveryID(notification: NotificationID(high: 1, low: 1), ordinal: 1), account: "a",
            content: MessageContent(recipient: recipient, body: "x", options: options), attempt: 1, webhookURL: "")
    }

    private func screen(_ list: ListedRecipients, isStopping: Bool = false) -> OptOutScreen {
        OptOutScreen(
            list: "sms", store: list, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ) {
            isStopping
        }
    }

    @Test func oneLookUpForAll() async throws {
        let list = ListedRecipients(["+15550002", "+15550004"])
        let refusals = try #require(
            await screen(list).refusals(of: (1...5).map { message("+1555000\($0)") } + [message("15550002")]))
        #expect(refusals.map(\.index) == [1, 3, 5])
        #expect(refusals.allSatisfy { $0.failure.kind == .optedOut && $0.failure.code == "opted_out" })
        #expect(
            refusals.first?.failure.message
                == "not sent: the recipient opted out of sms at 1970-01-01T00:00:00.007Z (keyword)")
        #expect(list.asked == 1)
    }

    @Test func noLookUpWhereNobodyOptedOut() async {
        let list = ListedRecipients([])
        #expect(await screen(list).refusals(of: [message("+15550001")])?.isEmpty == true)
        #expect(list.asked == 0)
    }

    @Test(arguments: [("true", [1]), ("false", [0, 1]), ("", [0, 1])])
    func theApplicationsWordGoesBeforeTheRecipients(word: String, refused: [Int]) async {
        let list = ListedRecipients(["+15550001"])
        let messages = [message("+15550001", options: ["ignore_opt_out": word]), message("+15550001")]
        #expect(await screen(list).refusals(of: messages)?.map(\.index) == refused)
    }

    @Test func asksUntilItIsAnswered() async {
        let list = ListedRecipients(["+15550001"], failures: 2)
        #expect(await screen(list).refusals(of: [message("+15550001")])?.map(\.index) == [0])
        #expect(list.asked == 3)
    }

    /// Nobody knows who has opted out: then nothing is sent.
    @Test func aHostThatStopsWaitsForNoAnswer() async {
        let list = ListedRecipients(["+15550001"], failures: .max)
        #expect(await screen(list, isStopping: true).refusals(of: [message("+15550009")]) == nil)
    }
}

/// A list that answers from memory, after some failures.
private final class ListedRecipients: OptOutStore {
    private let addresses: Set<String>
    private let state: Mutex<(asked: Int, failures: Int)>

    init(_ addresses: Set<String>, failures: Int = 0) {
        self.addresses = addresses
        state = Mutex((0, failures))
    }

    var asked: Int { state.withLock { $0.asked } }
    var knowsNoOptOuts: Bool { addresses.isEmpty }

    func note(_ changes: [OptOutChange]) async throws(StoreError) {}

    func optOuts(among keys: [OptOutKey]) async throws(StoreError) -> [OptOutKey: OptOutChange] {
        let fails = state.withLock { state in
            state.asked += 1
            state.failures -= 1
            return state.failures >= 0
        }
        if fails { throw StoreError.unavailable("not now") }
        return keys.filter { addresses.contains($0.address) }.reduce(into: [:]) { found, key in
            found[key] = OptOutChange(key: key, isOptedOut: true, at: Timestamp(milliseconds: 7), source: .keyword)
        }
    }

    func optOuts(of list: String?, after last: OptOutKey?, limit: Int) async throws(StoreError) -> [OptOutChange] { [] }
}
