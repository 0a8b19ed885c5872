import ChannelSDK
import Synchronization
import Testing

@testable import Pipeline

/// How modules are asked whose code runs on threads of its own.
@Suite(.timeLimit(.minutes(10))) struct IsolatedModuleTests {
    private func webhook(_ text: String) -> ReceivedWebhook {
        ReceivedWebhook(
            origin: .channel("sms"),
            request: WebhookRequest(
                method: "POST", url: "https://notify.example.com/webhooks/sms", headers: HTTPHeaders(),
                body: Array(text.utf8), receivedAt: Timestamp(seconds: 1)))
    }

    /// What a module did not come to stands behind the others in the line, as it was, before it is done with.
    @Test func whatIsNotReadYetIsAppendedAgain() throws {
        let webhooks = ["one", "two", "three"].map(webhook)
        let records = webhooks.enumerated().map { offset, webhook in
            var value: [UInt8] = []
            webhook.write(to: &value)
            return LogRecord(offset: Int64(offset), key: nil, headers: [], value: value[...])
        }
        var machine = CorrelatorMachine(partition: 0, optOutLists: [:])
        guard case .parse(let asked) = machine.handle(.records(records)) else {
            Issue.record("nothing to read")
            return
        }
        #expect(asked == webhooks)
        let read: [Result<WebhookContents, WebhookRefusal>?] = [
            nil, .failure(WebhookRefusal("did not return")), .success(WebhookContents()),
        ]
        guard case .append(let batches) = machine.handle(.parsed(read)) else {
            Issue.record("nothing is appended")
            return
        }
        #expect(batches.map(\.topic) == [.deadLetter, .webhookReceived])
        let again = batches[1].batch
        #expect(again.entries.map(\.key) == [nil])
        #expect(try again.entries.map { try ReceivedWebhook(record: again.bytes[$0.range]) } == [webhooks[0]])
        guard case .commit(3) = machine.handle(.appended) else {
            Issue.record("not done with")
            return
        }
    }
}
