import ChannelSDK
import ChannelSMS
import Foundation
import Pipeline
import Testing

@testable import API

/// Attachments as requests have them.
@Suite struct AttachmentTests {
    private static func admit(
        _ json: String, limit: Int = 1000, channels: [String] = ["mail"],
        validate: @escaping @Sendable (String, MessageContent) -> [FieldProblem] = { _, _ in [] }
    ) throws -> Result<AcceptedNotification, InvalidNotification> {
        var json = json
        return try json.withUTF8 { text in
            var scanner = JSONScanner(UnsafeRawBufferPointer(text))
            var reader = NotificationDraftReader()
            try reader.read(&scanner)
            try scanner.expectEnd()
            let entries = channels.map { name in
                let door = TwilioDoor(token: "t").channel.webhooks
                return (name, APIChannel(module: name, validate: { validate(name, $0) }, webhooks: door))
            }
            var admission = NotificationAdmission(
                channels: Dictionary(uniqueKeysWithValues: entries),
                routing: RoutingTable(channels: Set(channels), routes: ["all": [.init(channels: channels)]]),
                templates: nil, account: "default", now: .distantPast, attachmentBytes: limit)
            return admission.admit(reader.draft, problems: reader.problems)
        }
    }

    private static func request(_ attachments: String, body: String = "b") -> String {
        #"{"route":"all","to":"ada@example.com","body":"\#(body)","attachments":\#(attachments)}"#
    }

    private static func file(_ fields: String) -> String { "[{\(fields)}]" }

    private static let sound = #""name":"a.pdf","mediaType":"application/pdf","data":"JVBERg==""#

    @Test func whatIsReadIsInThePayload() throws {
        let notification = try Self.admit(
            Self.request(
                #"[{\#(Self.sound)},{"name":"b.png","mediaType":"image/PNG","url":"https://a.example/b","contentId":"b"}]"#
            )
        ).get()
        #expect(
            try notification.payload.decoded().content.attachments == [
                .init(name: "a.pdf", mediaType: "application/pdf", content: .bytes(Array("%PDF".utf8))),
                .init(name: "b.png", mediaType: "image/png", content: .link("https://a.example/b"), contentID: "b"),
            ])
        for none in ["[]", "null"] {
            #expect(try Self.admit(Self.request(none)).get().payload.decoded().content.attachments.isEmpty)
        }
    }

    private static let problems: [(attachments: String, fields: [String])] = [
        ("7", ["attachments"]), ("{}", ["attachments"]), ("[7]", ["attachments[0]"]),
        ("[{}]", ["attachments[0].name", "attachments[0].mediaType", "attachments[0].data"]),
        (file(#""name":"a.pdf","mediaType":"application/pdf""#), ["attachments[0].data"]),
        (file(#""name":"a.pdf","mediaType":"application/pdf","data":7"#), ["attachments[0].data"]),
        (file(#""name":"a.pdf","mediaType":"application/pdf","data":"JVBE*g==""#), ["attachments[0].data"]),
        (file(#""name":"a.pdf","mediaType":"application/pdf","data":"JVBERg""#), ["attachments[0].data"]),
        (file(#""name":"a.pdf","mediaType":"application/pdf","data":"JVBE\nRg==""#), ["attachments[0].data"]),
        (file(sound + #","url":"https://a.example/""#), ["attachments[0].url"]),
        (file(#""name":"a.pdf","mediaType":"application/pdf","url":"http://a.example/""#), ["attachments[0].url"]),
        (file(#""name":"../a.pdf","mediaType":"application/pdf","data":"""#), ["attachments[0].name"]),
        (file(#""name":"a\u0000.pdf","mediaType":"application/pdf","data":"""#), ["attachments[0].name"]),
        (file(#""name":"a\r\nb","mediaType":"application/pdf","data":"""#), ["attachments[0].name"]),
        (file(#""name":"a.pdf","mediaType":"pdf","data":"""#), ["attachments[0].mediaType"]),
        (file(sound + #","contentId":"a b""#), ["attachments[0].contentId"]),
        (file(sound + #","size":4"#), ["attachments[0].size"]),
        (file(sound + #","name":"b""#), ["attachments[0].name"]),
        ("[{\(sound)},{}]", ["attachments[1].name", "attachments[1].mediaType", "attachments[1].data"]),
        ("[" + Array(repeating: "{\(sound)}", count: 21).joined(separator: ",") + "]", ["attachments"]),
    ]

    @Test(arguments: problems.indices)
    func everythingThatIsWrongIsSaid(_ index: Int) throws {
        let (attachments, fields) = Self.problems[index]
        let refusal = #expect(throws: InvalidNotification.self) {
            try Self.admit(Self.request(attachments)).get()
        }
        #expect(refusal?.problems.map(\.field) == fields, "\(attachments)")
    }

    @Test func theLimitIsNamed() throws {
        let data = Data(repeating: 0, count: 500).base64EncodedString()
        let two =
            #"[{"name":"a","mediaType":"a/b","data":"\#(data)"},{"name":"b","mediaType":"a/b","data":"\#(data)"}]"#
        #expect(throws: Never.self) { try Self.admit(Self.request(two), limit: 1000).get() }
        let refusal = #expect(throws: InvalidNotification.self) { try Self.admit(Self.request(two), limit: 999).get() }
        #expect(refusal?.problems.map(\.field) == ["attachments"])
        #expect(refusal?.problems.first?.message.contains("limits.attachment_bytes") == true)
    }

    /// What is accepted is never too large for the log, whatever the settings allow.
    @Test func whatIsAcceptedFitsIntoARecord() throws {
        func attempt(_ bytes: Int, body: Int = 0) throws -> Result<AcceptedNotification, InvalidNotification> {
            let data = Data(repeating: 0, count: bytes).base64EncodedString()
            return try Self.admit(
                Self.request(
                    #"[{"name":"a","mediaType":"a/b","data":"\#(data)"}]"#, body: String(repeating: "x", count: body)),
                limit: .max)
        }
        let most = AcceptedNotification.mostPayloadBytes
        let around = try attempt(0).get().payload.bytes.count
        let notification = try attempt(most - around - 1, body: 1).get()
        #expect(notification.payload.bytes.count == most)
        var record: [UInt8] = []
        notification.write(to: &record)
        #expect(record.count <= RecordBatch.mostValueBytes)
        for (bytes, body) in [(most - around, 1), (most - around - 1, 2), (most * 2, 1)] {
            let refusal = #expect(throws: InvalidNotification.self) { try attempt(bytes, body: body).get() }
            #expect(refusal?.problems.map(\.field) == ["attachments"])
        }
        let options = (0..<50).map { "\"\($0)\(String(repeating: "k", count: 200_000))\":\"v\"" }.joined(separator: ",")
        let refusal = #expect(throws: InvalidNotification.self) {
            try Self.admit(#"{"channel":"mail","to":"a","body":"b","options":{\#(options)}}"#).get()
        }
        #expect(refusal?.problems.map(\.field) == [""])
    }

    @Test func everyChannelOfARouteMustCarryThem() throws {
        let validate: @Sendable (String, MessageContent) -> [FieldProblem] = { channel, content in
            guard channel == "sms" else { return [] }
            // What else is wrong with a later step is seen when it is its turn.
            return [.init(field: "to", message: "is no number")]
                + (content.attachments.isEmpty ? [] : [.init(field: "attachments", message: "can't be sent by SMS")])
        }
        let attached = Self.request(Self.file(Self.sound))
        let refusal = #expect(throws: InvalidNotification.self) {
            try Self.admit(attached, channels: ["mail", "sms"], validate: validate).get()
        }
        #expect(refusal?.problems.map(\.field) == ["attachments"])
        #expect(refusal?.problems.first?.message.contains("'sms'") == true)
        #expect(throws: Never.self) {
            try Self.admit(Self.request("[]"), channels: ["mail", "sms"], validate: validate).get()
        }
    }
}
