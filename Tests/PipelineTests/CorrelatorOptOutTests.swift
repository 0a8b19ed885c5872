import ChannelSDK
import Foundation
import Testing

@testable import Pipeline

/// What the correlator makes of messages that people send: changes of the opt-out list, and events.
@Suite struct CorrelatorOptOutTests {
    private static let lists = ["sms-eu": "sms", "sms-us": "sms", "wa": "whatsapp"]

    struct Message: Sendable {
        var channel = "sms-eu"
        var sender = "+15551230001"
        var intent: InboundMessage.Intent?
        var occurredAt: Int64?
        var receivedAt: Int64 = 1000
        var id = "MO1"
    }

    private static func change(
        _ isOptedOut: Bool, at: Int64 = 1000, list: String = "sms", _ address: String = "+15551230001"
    ) -> OptOutChange {
        OptOutChange(
            key: OptOutKey(list: list, address: address), isOptedOut: isOptedOut, at: Timestamp(milliseconds: at),
            source: .keyword)
    }

    private static let table: [(name: String, messages: [Message], changes: [OptOutChange])] = [
        ("no intent", [Message()], []), ("help", [Message(intent: .help)], []),
        ("stop", [Message(intent: .optOut)], [change(true)]), ("start", [Message(intent: .optIn)], [change(false)]),
        ("stop, without the plus", [Message(sender: "15551230001", intent: .optOut)], [change(true)]),
        ("the provider's time", [Message(intent: .optOut, occurredAt: 900)], [change(true, at: 900)]),
        ("never a time to come", [Message(intent: .optOut, occurredAt: 99_999)], [change(true)]),
        (
            "stop, then start", [Message(intent: .optOut), Message(intent: .optIn, receivedAt: 2000)],
            [change(false, at: 2000)]
        ),
        (
            "start, then the stop that was said before it",
            [Message(intent: .optIn, occurredAt: 900), Message(intent: .optOut, occurredAt: 800)],
            [change(false, at: 900)]
        ),
        ("both at once", [Message(intent: .optIn), Message(intent: .optOut)], [change(true)]),
        (
            "instances of a module share a list, modules do not",
            [
                Message(intent: .optOut), Message(channel: "sms-us", intent: .optOut),
                Message(channel: "wa", intent: .optOut),
            ],
            [change(true), change(true, list: "whatsapp")]
        ),
        (
            "two senders", [Message(sender: "b", intent: .optOut), Message(sender: "a", intent: .optOut)],
            [change(true, "a"), change(true, "b")]
        ),
    ]

    @Test(arguments: table.indices)
    func intentsBecomeChanges(_ index: Int) throws {
        let (name, messages, changes) = Self.table[index]
        // A replay says the same, and so does each record in a batch of its own when they are put together.
        for machine in [
            CorrelatorMachine(partition: 0, optOutLists: Self.lists), .init(partition: 3, optOutLists: Self.lists),
        ] {
            let run = try Run(machine, messages)
            #expect(run.noted == (changes.isEmpty ? [] : [changes]), "\(name)")
            #expect(run.intents == messages.map { $0.intent?.rawValue }, "\(name)")
        }
        let single = try messages.flatMap {
            try Run(CorrelatorMachine(partition: 0, optOutLists: Self.lists), [$0]).noted
        }
        #expect(OptOutChange.standing(among: single.flatMap(\.self)) == changes, "\(name)")
        let backwards = single.flatMap(\.self).reversed()
        #expect(OptOutChange.standing(among: Array(backwards)) == changes, "\(name)")
    }

    /// What providers report, by name or by the delivery that somebody got.
    @Test func reportsBecomeChanges() throws {
        let delivery = DeliveryID(notification: NotificationID(high: 1, low: 2), ordinal: 1)
        let gone = DeliveryID(notification: NotificationID(high: 3, low: 4), ordinal: 1)
        func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }
        let contents = WebhookContents(optOuts: [
            OptOutReport(.recipient("Ann <ANN@example.com>"), reason: .complaint, occurredAt: at(500)),
            OptOutReport(.recipientOf(delivery), reason: .complaint, occurredAt: at(99_999)),
            OptOutReport(.recipientOf(gone), reason: .unsubscribe),
            OptOutReport(.recipient("eve@example.com"), reason: .unsubscribe, occurredAt: at(700)),
            // Said later, and so it holds, wherever it stands.
            OptOutReport(.recipient("dan@example.com"), isOptedOut: false, reason: .unsubscribe, occurredAt: at(800)),
            OptOutReport(.recipient("dan@example.com"), reason: .complaint, occurredAt: at(700)),
        ])
        func change(_ address: String, _ isOptedOut: Bool, _ at: Int64, _ source: OptOutChange.Source) -> OptOutChange {
            OptOutChange(
                key: OptOutKey(list: "sms", address: address), isOptedOut: isOptedOut, at: Timestamp(milliseconds: at),
                source: source)
        }
        let expected = [
            change("ann@example.com", true, 500, .complaint), change("bob@example.com", true, 1000, .complaint),
            change("dan@example.com", false, 800, .unsubscribe), change("eve@example.com", true, 700, .unsubscribe),
        ]
        var machine = CorrelatorMachine(partition: 0, optOutLists: Self.lists)
        var noted: [[OptOutChange]] = []
        var effect = machine.handle(.records([Run.record(0, Message())]))
        while true {
            switch effect {
            case .parse: effect = machine.handle(.parsed([.success(contents)]))
            case .identify(let ids):
                #expect(ids == [delivery.notification, gone.notification])
                effect = machine.handle(.identified(["Bob <bob@example.com>", nil]))
            case .note(let changes):
                noted.append(changes)
                effect = machine.handle(.noted)
            case .commit: effect = machine.handle(.committed)
            case .finish:
                #expect(noted.map(OptOutChange.standing) == [expected])
                return
            default: return #expect(Bool(false), "not asked for: \(effect)")
            }
        }
    }

    /// Where nothing says when it was said, the store tells a repeat from a new word by the message that says it.
    @Test func onlyWordsWithoutATimeGoByTheirMessage() throws {
        let run = try Run(
            CorrelatorMachine(partition: 0, optOutLists: Self.lists),
            [
                Message(intent: .optOut), Message(intent: .optIn, occurredAt: 900), Message(intent: .optIn, id: ""),
                Message(channel: "wa", intent: .optIn, id: "x"),
            ])
        #expect(run.messages == ["sms-eu/MO1", nil, nil, "wa/x"])
    }

    /// A word is in the store before the record that says it is done with.
    @Test func notedBeforeTheCommit() throws {
        let run = try Run(CorrelatorMachine(partition: 0, optOutLists: Self.lists), [Message(intent: .optOut)])
        #expect(run.effects == ["parse", "note", "append", "commit", "finish"])
    }
}

/// One batch through a machine.
private struct Run {
    private(set) var effects: [String] = []
    private(set) var noted: [[OptOutChange]] = []
    /// Those that the words are said in.
    private(set) var messages: [String?] = []
    /// As published.
    private(set) var intents: [String?] = []

    init(_ machine: CorrelatorMachine, _ sent: [CorrelatorOptOutTests.Message]) throws {
        var machine = machine
        var effect = machine.handle(.records(sent.enumerated().map { Self.record(Int64($0), $1) }))
        while true {
            switch effect {
            case .parse:
                effects.append("parse")
                effect = machine.handle(.parsed(sent.map { .success(Self.contents($0)) }))
            case .correlate: effect = machine.handle(.correlated([]))
            case .identify: effect = machine.handle(.identified([]))
            case .note(let changes):
                effects.append("note")
                messages.append(contentsOf: changes.map(\.message))
                // As a store does that sees each message for the first time.
                noted.append(OptOutChange.standing(among: changes.map { $0.said(at: $0.at) }))
                effect = machine.handle(.noted)
            case .append(let batches):
                effects.append("append")
                for (topic, batch) in batches where topic == .inbound {
                    for entry in batch.entries { intents.append(try Self.intent(batch.bytes[entry.range])) }
                }
                effect = machine.handle(.appended)
            case .commit:
                effects.append("commit")
                effect = machine.handle(.committed)
            case .finish:
                effects.append("finish")
                return
            case .halt(let reason):
                Issue.record("halted: \(reason)")
                return
            }
        }
    }

    fileprivate static func record(_ offset: Int64, _ message: CorrelatorOptOutTests.Message) -> LogRecord {
        let webhook = ReceivedWebhook(
            origin: .channel(message.channel),
            request: WebhookRequest(
                method: "POST", url: "/", headers: [:], body: [],
                receivedAt: Timestamp(milliseconds: message.receivedAt)))
        var bytes: [UInt8] = []
        webhook.write(to: &bytes)
        return LogRecord(offset: offset, key: nil, headers: [], value: bytes[...])
    }

    private static func contents(_ message: CorrelatorOptOutTests.Message) -> WebhookContents {
        WebhookContents(inbound: [
            InboundMessage(
                providerMessageID: message.id, sender: message.sender, recipient: "+15005550006", body: "a word",
                occurredAt: message.occurredAt.map { Timestamp(milliseconds: $0) }, intent: message.intent)
        ])
    }

    private static func intent(_ event: ArraySlice<UInt8>) throws -> String? {
        let json = try JSONSerialization.jsonObject(with: Data(event)) as? [String: Any]
        return json?["intent"] as? String
    }
}
