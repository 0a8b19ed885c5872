import ChannelCallback
import ChannelSDK
import Foundation
import Testing

@testable import Pipeline

@Suite struct CallbackMachineTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let delivery = DeliveryID(notification: NotificationID(high: 1, low: 2), ordinal: 1)

    /// A change as the applier publishes it.
    private static func record(
        _ offset: Int64, status: StatusName = "delivered", settlement: Settlement = .settled, account: String = "acme",
        channel: String = "sms", at time: Timestamp = now
    ) throws -> LogRecord {
        var state = NotificationState(
            id: delivery.notification, row: 1, account: account, externalID: "order-\"7\"", urgency: .normal,
            steps: [channel],
            deliveries: [
                DeliveryState(id: delivery, channel: channel, step: 0, graphVersion: 1, createdAt: time)
            ])
        state.deliveries[0].status = status
        let entry = TimelineEntry(
            delivery: delivery, row: 1, source: LogPosition(partition: 0, offset: offset), kind: .report, at: time,
            reported: status.rawValue,
            change: .init(
                sequence: 2, previous: "sent", status: status, settlement: settlement, notificationStatus: status))
        var batch = RecordBatch()
        try #require(StatusChange(entry, of: state)).append(to: &batch)
        let written = batch.entries[0]
        return LogRecord(
            offset: offset, key: written.key, headers: written.headers, value: batch.bytes[written.range])
    }

    private func subscription(
        _ name: String = "orders", _ change: (inout CallbackSubscription) -> Void = { _ in }
    ) -> CallbackSubscription {
        var subscription = CallbackSubscription(name: name)
        change(&subscription)
        return subscription
    }

    /// The notifications that the machine makes of `records`, and the dead letters, to its end.
    private func run(
        _ records: [LogRecord], _ subscriptions: [CallbackSubscription], now: Timestamp = now
    ) throws -> (made: [AcceptedNotification], dead: Int) {
        var machine = CallbackMachine(partition: 3, subscriptions: subscriptions)
        var made: [AcceptedNotification] = []
        var dead = 0
        var effect = machine.handle(.records(records, now: now))
        if case .append(let batches) = effect {
            for (topic, batch) in batches {
                if topic == .deadLetter { dead += batch.count }
                for entry in batch.entries where topic == .notificationRequested {
                    made.append(try AcceptedNotification(record: batch.bytes[entry.range]))
                    #expect(entry.key == made.last?.id)
                }
            }
            effect = machine.handle(.appended)
        }
        guard case .commit(let end) = effect, case .finish = machine.handle(.committed) else {
            Issue.record("the batch does not end: \(effect)")
            return (made, dead)
        }
        #expect(end == (records.last?.offset ?? -1) + 1)
        return (made, dead)
    }

    private struct Structured: Decodable, Equatable {
        struct Change: Decodable, Equatable {
            let notificationId, externalId, account, deliveryId, channel, status, settlement: String
            let sequence: Int
        }
        let specversion, id, source, type, subject, time, datacontenttype: String
        let data: Change
    }

    @Test func aChangeBecomesAnEventToDeliver() throws {
        let made = try run([Self.record(7)], [subscription()]).made
        let callback = try #require(made.first)
        #expect(made.count == 1)
        #expect(callback.account == "acme" && callback.externalID == nil)
        #expect(callback.steps == ["callback:orders"])
        #expect(callback.expiresAt == Self.now + .seconds(72 * 3600))
        let content = try callback.payload.decoded().content
        #expect(content.recipient == "orders")
        #expect(content.options == [CallbackModule.eventID: "\(Self.delivery)/delivered"])
        let event = try JSONDecoder().decode(Structured.self, from: Data(content.body.utf8))
        #expect(
            event
                == Structured(
                    specversion: "1.0", id: "\(Self.delivery)/delivered", source: "/switchboard",
                    type: "notification.status.change", subject: "\(Self.delivery.notification)",
                    time: "\(Self.now)", datacontenttype: "application/json",
                    data: .init(
                        notificationId: "\(Self.delivery.notification)", externalId: "order-\"7\"", account: "acme",
                        deliveryId: "\(Self.delivery)", channel: "sms", status: "delivered", settlement: "settled",
                        sequence: 2)))
    }

    /// The projector drops the second: both are the same, whenever they were made.
    @Test func aReplayMakesTheSame() throws {
        let first = try run([Self.record(7)], [subscription()]).made
        let again = try run([Self.record(9)], [subscription()], now: Self.now + .seconds(60)).made
        #expect(first.map(\.id) == again.map(\.id))
        #expect(first.map(\.payload) == again.map(\.payload))
        let others = try run([Self.record(7, status: "sent")], [subscription()]).made
        let elsewhere = try run([Self.record(7)], [subscription("stock")]).made
        #expect(Set([first, others, elsewhere].flatMap { $0.map(\.id) }).count == 3)
    }

    @Test(arguments: [
        (CallbackSubscription(name: "a"), true), (.init(name: "a") { $0.accounts = ["acme", "x"] }, true),
        (.init(name: "a") { $0.accounts = ["x"] }, false), (.init(name: "a") { $0.channels = ["sms"] }, true),
        (.init(name: "a") { $0.channels = ["mail"] }, false), (.init(name: "a") { $0.statuses = ["sent"] }, true),
        (.init(name: "a") { $0.statuses = ["delivered"] }, false), (.init(name: "a") { $0.settledOnly = true }, false),
        (.init(name: "a") { ($0.accounts, $0.channels, $0.statuses) = (["acme"], ["sms"], ["sent"]) }, true),
        (.init(name: "a") { ($0.accounts, $0.channels, $0.statuses) = (["acme"], ["sms"], ["failed"]) }, false),
    ])
    func filters(_ subscription: CallbackSubscription, isWanted: Bool) throws {
        let made = try run([Self.record(1, status: "sent", settlement: .open)], [subscription]).made
        #expect(made.count == (isWanted ? 1 : 0))
    }

    @Test(arguments: [(Settlement.open, 0), (.settled, 1), (.closed, 1)])
    func settledOnly(settlement: Settlement, count: Int) throws {
        let made = try run(
            [Self.record(1, settlement: settlement)], [subscription { $0.settledOnly = true }]
        ).made
        #expect(made.count == count)
    }

    @Test func oneBatchForAll() throws {
        let records = try ["sent", "delivered"].enumerated().map { try Self.record(Int64($0), status: StatusName($1)) }
        let made = try run(records, [subscription("a"), subscription("b") { $0.statuses = ["delivered"] }]).made
        #expect(made.map(\.steps) == [["callback:a"], ["callback:a"], ["callback:b"]])
    }

    /// Else each callback would bring another.
    @Test func nobodyIsCalledBackAboutCallbacks() throws {
        #expect(try run([Self.record(1, channel: "callback:orders")], [subscription()]).made.isEmpty)
    }

    @Test func whatIsTooOldIsPassedOver() throws {
        let subscription = subscription { $0.giveUpAfter = .seconds(60) }
        let old = try run([Self.record(1, at: Self.now - .seconds(60))], [subscription])
        #expect(old.made.isEmpty && old.dead == 0)
        #expect(try run([Self.record(1, at: Self.now - .seconds(59))], [subscription]).made.count == 1)
    }

    @Test(arguments: ["", "{", "[]", "{\"account\":1}", String(repeating: "[", count: 600)])
    func whatIsNoEventIsPutAside(_ value: String) throws {
        let good = try Self.record(2)
        let bad = LogRecord(offset: 1, key: nil, headers: good.headers, value: Array(value.utf8)[...])
        let bare = LogRecord(offset: 3, key: nil, headers: [], value: good.value)
        let result = try run([bad, good, bare], [subscription()])
        #expect(result.made.count == 1)
        #expect(result.dead == 2)
    }

    @Test func aRecordThatEndsRunsIsPutAside() throws {
        var machine = CallbackMachine(partition: 0, subscriptions: [subscription()])
        guard case .append(let batches) = machine.quarantine(try Self.record(5)) else {
            Issue.record("it is not put aside")
            return
        }
        #expect(batches.map(\.topic) == [.deadLetter])
        guard case .commit(6) = machine.handle(.appended) else {
            Issue.record("it is not passed")
            return
        }
    }

    @Test func theOptionIsTheModules() { #expect(CallbackMachine.eventOption == CallbackModule.eventID) }
}

extension CallbackSubscription {
    fileprivate init(name: String, _ change: (inout CallbackSubscription) -> Void) {
        self.init(name: name)
        change(&self)
    }
}
