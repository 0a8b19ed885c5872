import ChannelSDK
import Testing

@testable import Pipeline

/// The records of the log: what is written can be read, and nothing else can do harm.
@Suite struct RecordTests {
    /// One kind of record: how a sample is written, and that bytes read back as what they were.
    struct Sample: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        /// Reads the bytes and writes them again.
        let rewrite: @Sendable (ArraySlice<UInt8>) throws(RecordProblem) -> [UInt8]

        static func report(_ name: String, _ event: DeliveryReport.Event) -> Sample {
            let delivery = DeliveryID(notification: NotificationID(high: 1, low: 2), ordinal: 3)
            let report = DeliveryReport(delivery: delivery, at: Timestamp(milliseconds: 77), event: event)
            var bytes: [UInt8] = []
            report.write(to: &bytes)
            return Sample(testDescription: name, bytes: bytes) { (slice) throws(RecordProblem) in
                var again: [UInt8] = []
                try DeliveryReport(record: slice).write(to: &again)
                return again
            }
        }
    }

    static let failure = DeliveryFailure(.blocked, code: "30007", message: "filtered, ümlaut")

    static let samples: [Sample] =
        reports + [
            notification(full: true), notification(full: false), templated, attached, webhook, unsubscribe,
        ]

    private static let reports: [Sample] = [
        .report("accepted", .outcome(attempt: 1, .accepted(.init(providerMessageID: "SM1", parts: ["a", "b"])))),
        .report("accepted with status", .outcome(attempt: 9, .accepted(.init(providerMessageID: nil, status: "sent")))),
        .report("accepted in segments", .outcome(attempt: 1, .accepted(.init(providerMessageID: "x", segments: 3)))),
        .report("rejected", .outcome(attempt: 1, .rejected(failure))),
        .report("retry", .outcome(attempt: 1, .retry(failure, after: .milliseconds(1500)))),
        .report("retry without delay", .outcome(attempt: 1, .retry(failure))),
        .report("throttled", .outcome(attempt: 1, .throttled(failure, after: .seconds(3)))),
        .report("uncertain", .outcome(attempt: 1, .uncertain(failure))),
        .report("taken", .query(attempt: 2, .taken(.init(providerMessageID: "x")))),
        .report("not taken", .query(attempt: 2, .notTaken)),
        .report("not known", .query(attempt: 2, .unknown(failure))),
        .report("status", .report(channel: "sms", status(.status("delivered")))),
        .report("status of a part", .report(channel: "sms", status(.status("delivered"), parts: 3))),
        .report("status of an event", .report(channel: "sms", status(.status("sent"), event: "evt_1"))),
        .report(
            "status of a part, of an event", .report(channel: "sms", status(.status("sent"), parts: 3, event: "e"))),
        .report("engagement", .report(channel: nil, status(.engagement("open")))),
        .report("unknown word", .report(channel: "sms", status(.unknown("beamed")))),
        .report("claim lost", .claimLost(attempt: 4, .query)), .report("released", .claimReleased(attempt: 4, .send)),
        .report("settle", .settleDue), .report("cancel", .cancel), .report("resend", .resolution(.resend)),
        .report("cancel unseen", .cancelRequest(account: "acme")),
        .report("cancel whoever has it", .cancelRequest(account: nil)),
        .report("give up", .resolution(.giveUp)),
    ]

    private static func status(_ kind: StatusReport.Kind, parts: Int? = nil, event: String? = nil) -> StatusReport {
        StatusReport(
            delivery: DeliveryID(notification: NotificationID(high: 5, low: 6), ordinal: 1), providerMessageID: "SM1",
            kind: kind, occurredAt: Timestamp(milliseconds: 5), code: "1", detail: "d", part: "p",
            partCount: parts, eventID: event)
    }

    /// Of some records all that a host can do without stands at the end, where older hosts don't look: cut off just
    /// there, it is the record that they would have written.
    private static let older: [String: Int] = [
        "accepted in segments": 2, "status of an event": 4 + 5, "status of a part, of an event": 4 + 1,
    ]

    @Test func olderHostsReadWhatTheyKnow() throws {
        for sample in Self.samples {
            guard let tail = Self.older[sample.testDescription] else { continue }
            let cut = sample.bytes.dropLast(tail)
            #expect(try sample.rewrite(cut) == Array(cut))
            let version = try #require(sample.bytes.first)
            #expect(version < 3, "\(sample)")
        }
    }

    private static func notification(full: Bool) -> Sample {
        let content = MessageContent(
            recipient: "+15550100", body: "hello", subject: full ? "s" : nil, tags: full ? ["a", "b"] : [],
            options: full ? ["k": "v"] : [:])
        let moment = Timestamp(milliseconds: 1_800_000_000_000)
        let notification = AcceptedNotification(
            id: NotificationID(high: 1, low: 2), account: "default", externalID: full ? "e" : nil, urgency: .bulk,
            steps: full ? ["sms", "mail"] : ["sms"], acceptedAt: moment, notBefore: full ? moment : nil,
            expiresAt: full ? moment : nil, traceParent: full ? "00-1-2-01" : nil,
            payload: .init(content: content, metadata: full ? ["m": "1"] : [:]))
        var bytes: [UInt8] = []
        notification.write(to: &bytes)
        return Sample(testDescription: "notification\(full ? ", full" : "")", bytes: bytes) {
            (slice) throws(RecordProblem) in
            var again: [UInt8] = []
            let read = try AcceptedNotification(record: slice)
            _ = try? read.payload.decoded()
            read.write(to: &again)
            return again
        }
    }

    private static let templated: Sample = {
        let content = MessageContent(recipient: "+15550100", body: "hello")
        let request = RequestFingerprint(
            template: "hello", locale: nil, variables: ["a": "b"], content: content, metadata: [:])
        let notification = AcceptedNotification(
            id: NotificationID(high: 1, low: 2), account: "default", externalID: nil, urgency: .normal,
            steps: ["sms", "mail"], acceptedAt: Timestamp(milliseconds: 1),
            payload: .init(
                content: content, contents: ["mail": MessageContent(recipient: "x", body: "y", subject: "z")],
                request: request))
        var bytes: [UInt8] = []
        notification.write(to: &bytes)
        return Sample(testDescription: "notification of a template", bytes: bytes) { (slice) throws(RecordProblem) in
            var again: [UInt8] = []
            let read = try AcceptedNotification(record: slice)
            _ = try? read.payload.decoded(for: "mail")
            read.write(to: &again)
            return again
        }
    }()

    private static let files = [
        MessageAttachment(name: "ü.pdf", mediaType: "application/pdf", content: .bytes([0, 255, 1])),
        MessageAttachment(name: "b", mediaType: "image/png", content: .link("https://b.example/b"), contentID: "b"),
    ]

    /// With text of its own for one channel: the files go along with each.
    private static let attached: Sample = {
        let content = MessageContent(recipient: "x", body: "hello", attachments: files)
        let request = RequestFingerprint(
            template: "hello", locale: nil, variables: [:], content: content, metadata: [:])
        let own = MessageContent(recipient: "x", body: "y", subject: "z", attachments: files)
        let notification = AcceptedNotification(
            id: NotificationID(high: 1, low: 2), account: "default", externalID: nil, urgency: .normal,
            steps: ["sms", "mail"], acceptedAt: Timestamp(milliseconds: 1),
            payload: .init(content: content, contents: ["mail": own], request: request))
        var bytes: [UInt8] = []
        notification.write(to: &bytes)
        let written = bytes
        return Sample(testDescription: "notification with files", bytes: bytes) { (slice) throws(RecordProblem) in
            var again: [UInt8] = []
            let read = try AcceptedNotification(record: slice)
            if let decoded = try? read.payload.decoded(for: "mail"), written.elementsEqual(slice) {
                #expect(decoded.content == own)
            }
            read.write(to: &again)
            return again
        }
    }()

    @Test func filesComeBack() throws {
        let content = MessageContent(recipient: "x", body: "hello", attachments: Self.files)
        let payload = AcceptedNotification.Payload(content: content, metadata: ["m": "1"])
        let decoded = try payload.decoded(for: "mail")
        #expect(decoded.content == content && decoded.metadata == ["m": "1"])
        for length in 0..<payload.bytes.count {
            let cut = AcceptedNotification.Payload(bytes: Array(payload.bytes.prefix(length)))
            #expect(throws: RecordProblem.self) { try cut.decoded() }
        }
    }

    /// Requests are equal when everything is, to the last byte of the last file.
    @Test func aChangedFileIsAnotherRequest() {
        func payload(_ change: (inout MessageContent) -> Void = { _ in }) -> AcceptedNotification.Payload {
            var content = MessageContent(recipient: "x", body: "hello", attachments: Self.files)
            change(&content)
            return .init(content: content)
        }
        #expect(payload() == payload())
        #expect(payload { $0.attachments[0].content = .bytes([0, 255, 2]) } != payload())
        #expect(payload { $0.attachments[0].name = "u.pdf" } != payload())
        #expect(payload { $0.attachments[1].contentID = nil } != payload())
        #expect(payload { $0.attachments.reverse() } != payload())
        #expect(payload { $0.attachments = [] } != payload())
        #expect(payload { $0.body = "hullo" } != payload())
    }

    /// When it may be sent belongs to the request, in every layout; where it says nothing, nothing is written.
    @Test func timesComeBackAndMakeAnotherRequest() throws {
        let moment = Timestamp(milliseconds: 1_800_000_000_000)
        let windows = [
            SendWindow(), SendWindow(notBefore: moment), SendWindow(expiresAt: moment),
            SendWindow(notBefore: moment, expiresAt: moment + .seconds(1)),
            SendWindow(notBefore: moment, expiresAt: moment + .seconds(2)),
        ]
        for (files, isTemplate) in [([], false), (Self.files, false), ([], true), (Self.files, true)] {
            let content = MessageContent(recipient: "x", body: "hello", attachments: files)
            let payloads = windows.map { window in
                guard isTemplate else {
                    return AcceptedNotification.Payload(content: content, metadata: ["m": "1"], window: window)
                }
                let request = RequestFingerprint(
                    template: "t", locale: nil, variables: [:], content: content, metadata: ["m": "1"], window: window)
                return .init(
                    content: content, contents: ["mail": content], metadata: ["m": "1"], window: window,
                    request: request)
            }
            #expect(Set(payloads).count == windows.count)
            for (payload, window) in zip(payloads, windows) {
                let decoded = try payload.decoded(for: "mail")
                #expect(decoded.window == window && decoded.content == content && decoded.metadata == ["m": "1"])
            }
            #expect(payloads[1].bytes.count == payloads[0].bytes.count + 10)
        }
    }

    /// What is without files is written as before there were any.
    @Test func requestsWithoutFilesAreWrittenAsEver() {
        let content = MessageContent(recipient: "r", body: "b", subject: nil, tags: ["t"], options: ["o": "v"])
        let bytes: [UInt8] = [
            1, 1, 0, 0, 0, 0x72, 1, 0, 0, 0, 0x62, 0, 1, 0, 1, 0, 0, 0, 0x74, 1, 0, 1, 0, 0, 0, 0x6f, 1, 0, 0, 0, 0x76,
            0, 0,
        ]
        #expect(AcceptedNotification.Payload(content: content).bytes == bytes)
    }

    private static let webhook: Sample = {
        let request = WebhookRequest(
            method: "POST", url: "https://x.example/webhooks/sms?delivery=1",
            headers: ["Content-Type": "application/json", "X-Signature": "abc"], body: Array("{}".utf8),
            receivedAt: Timestamp(milliseconds: 9))
        var bytes: [UInt8] = []
        ReceivedWebhook(origin: .channel("sms"), request: request).write(to: &bytes)
        return Sample(testDescription: "webhook", bytes: bytes) { (slice) throws(RecordProblem) in
            var again: [UInt8] = []
            try ReceivedWebhook(record: slice).write(to: &again)
            return again
        }
    }()

    private static let unsubscribe: Sample = {
        let request = WebhookRequest(
            method: "POST", url: "https://x.example/webhooks/sms?delivery=1",
            headers: ["Content-Type": "application/json", "X-Signature": "abc"], body: Array("{}".utf8),
            receivedAt: Timestamp(milliseconds: 9))
        var bytes: [UInt8] = []
        ReceivedWebhook(origin: .unsubscribe(list: "email"), request: request).write(to: &bytes)
        return Sample(testDescription: "unsubscribe", bytes: bytes) { (slice) throws(RecordProblem) in
            var again: [UInt8] = []
            try ReceivedWebhook(record: slice).write(to: &again)
            return again
        }
    }()

    @Test(arguments: samples)
    func whatIsWrittenIsReadBack(sample: Sample) throws {
        #expect(try sample.rewrite(sample.bytes[...]) == sample.bytes)
        // The same in the middle of a larger buffer.
        let inside = [7, 7] + sample.bytes + [7]
        #expect(try sample.rewrite(inside[2..<inside.count - 1]) == sample.bytes)
    }

    @Test(arguments: samples)
    func whatIsCutShortIsRefused(sample: Sample) {
        let whole = sample.bytes.count - (Self.older[sample.testDescription] ?? 0)
        for length in 0..<sample.bytes.count where length != whole {
            #expect(throws: RecordProblem.self, "\(length) bytes") { try sample.rewrite(sample.bytes[..<length]) }
        }
    }

    @Test(arguments: samples)
    func aNewerVersionIsKnownAsNewer(sample: Sample) {
        #expect(throws: RecordProblem.newerVersion(4)) { try sample.rewrite([4] + sample.bytes.dropFirst()) }
        #expect(throws: RecordProblem.newerVersion(255)) { try sample.rewrite([255]) }
        #expect(throws: RecordProblem.self) { try sample.rewrite([0] + sample.bytes.dropFirst()) }
    }

    /// Any change of one byte either still is a record or is refused: it never ends the process.
    @Test(arguments: samples)
    func damageIsRefusedOrRead(sample: Sample) {
        var refused = 0
        for index in sample.bytes.indices {
            for bit in 0..<8 {
                var bytes = sample.bytes
                bytes[index] ^= 1 << bit
                if (try? sample.rewrite(bytes[...])) == nil { refused += 1 }
            }
        }
        #expect(refused > 0)
    }

    @Test func randomBytesNeverDoHarm() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator), !bytes.isEmpty { bytes[0] = 1 }
            for sample in [Self.samples[0], Self.samples[Self.samples.count - 2], Self.webhook] {
                _ = try? sample.rewrite(bytes[...])
            }
        }
    }

    @Test func secretHeadersOfAWebhookAreNotKept() throws {
        let request = WebhookRequest(
            method: "POST", url: "https://x.example/",
            headers: ["Authorization": "Basic c2VjcmV0", "Cookie": "s", "X": "1"],
            body: [], receivedAt: .distantPast)
        var bytes: [UInt8] = []
        ReceivedWebhook(origin: .channel("sms"), request: request).write(to: &bytes)
        #expect(try ReceivedWebhook(record: bytes[...]).request.headers.fields.map(\.name) == ["X"])
    }
}
