import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Meta's Cloud API", .timeLimit(.minutes(10)))
struct MetaTests {
    private static let path = "/v25.0/106540352242922/messages"
    private static let token = ["Authorization": "Bearer sandbox-access-token"]

    private static func text(to: String = "15551234567", _ more: String = "") -> String {
        #"{"messaging_product":"whatsapp","to":"\#(to)","type":"text","text":{"body":"hello"}\#(more)}"#
    }

    private static func template(to: String) -> String {
        #"{"messaging_product":"whatsapp","to":"\#(to)","type":"template","#
            + #""template":{"name":"hello_world","language":{"code":"en_US"}}}"#
    }

    @Test("signatures as published")
    func signatures() throws {
        for vector in try SignatureVectors.of("meta_whatsapp") {
            let secret = try #require(vector["app_secret"]?.text)
            let body = ByteBuffer(string: try #require(vector["body"]?.text))
            #expect(MetaSigner(secret: secret).signature(of: body) == vector["signature"]?.text)
        }
    }

    @Test("a message is answered with its id and the recipient's")
    func answer() async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(Self.text(to: "+1 555-123-4567"), to: Self.path, headers: Self.token)
            #expect(response.status == .ok)
            let json = try #require(JSONParser.parse(response.body))
            #expect(json["messaging_product"]?.text == "whatsapp")
            #expect(json["contacts"]?.elements == [["input": "+1 555-123-4567", "wa_id": "15551234567"]])
            let id = try #require(json["messages"]?.elements?.first?["id"]?.text)
            #expect(id.hasPrefix("wamid."))
            #expect(try await sandbox.ledger().messages.first?.sid == id)
        }
    }

    @Test(
        "errors, as the Graph API numbers them",
        arguments: [
            (path, "Bearer other", text(), 401, 190), (path, "", text(), 401, 190),
            ("/v25.0/1/messages", nil, text(), 400, 100), ("/25/106540352242922/messages", nil, text(), 400, 2500),
            (path, nil, "no", 400, 100), (path, nil, "[]", 400, 100), (path, nil, #"{"to":"1555"}"#, 400, 100),
            (path, nil, #"{"messaging_product":"whatsapp"}"#, 400, 131008), (path, nil, text(to: "Ada"), 400, 131009),
            (path, nil, #"{"messaging_product":"whatsapp","to":"15551234567","type":"fax"}"#, 400, 131051),
            (path, nil, #"{"messaging_product":"whatsapp","to":"15551234567","type":"template"}"#, 400, 131008),
            (path, nil, text().replacing("hello", with: String(repeating: "x", count: 4097)), 400, 100),
            (path, nil, text(to: "15005560003"), 400, 131026), (path, nil, text(to: "15005560004"), 400, 131050),
            (path, nil, text(to: "15005560010"), 400, 131047), (path, nil, text(to: "15005560008"), 503, 2),
        ] as [(String, String?, String, Int, Int)])
    func errors(path: String, authorization: String?, body: String, status: Int, code: Int) async throws {
        try await LiveSandbox.run { sandbox in
            let headers = authorization.map { ["Authorization": $0] } ?? Self.token
            let response = try await sandbox.post(body, to: path, headers: headers)
            #expect(response.status.code == status)
            #expect(JSONParser.parse(response.body)?["error"]?["code"] == .number("\(code)"))
            #expect(try await sandbox.summary()["accepted"] == 0)
        }
    }

    private static func run(
        _ webhook: String = "/webhooks/wa", batchWindow: TimeAmount = .zero,
        _ body: @Sendable (LiveSandbox, CallbackReceiver) async throws -> Void
    ) async throws {
        try await CallbackReceiver.run { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)\(webhook)")
            let settings = ProviderSettings(meta: MetaSettings(webhook: url))
            try await LiveSandbox.run(providers: settings, batchWindow: batchWindow) { try await body($0, receiver) }
        }
    }

    /// Checked with an implementation of its own, over the bytes that came.
    private static func isSigned(_ request: CallbackReceiver.Received, secret: String = "sandbox-app-secret") -> Bool {
        let key = SymmetricKey(data: Data(secret.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data(request.body.readableBytesView), using: key)
        let hexadecimal = code.map { String(format: "%02x", $0) }.joined()
        return request[header: "X-Hub-Signature-256"] == "sha256=" + hexadecimal
    }

    private static func updates(_ request: CallbackReceiver.Received, _ kind: String) throws -> [JSON] {
        let change = request.json?["entry"]?.elements?.first?["changes"]?.elements?.first
        #expect(request.json?["object"]?.text == "whatsapp_business_account")
        #expect(change?["field"]?.text == "messages")
        return try #require(change?["value"]?[kind]?.elements)
    }

    @Test("statuses are signed, and carry what the sender wants back, in ASCII")
    func statuses() async throws {
        try await Self.run { sandbox, receiver in
            let body = Self.text(#","biz_opaque_callback_data":"naïve/1""#)
            _ = try await sandbox.post(body, to: Self.path, headers: Self.token)
            let requests = await receiver.next(3)
            #expect(requests.allSatisfy { Self.isSigned($0) && !Self.isSigned($0, secret: "other") })
            #expect(
                requests.allSatisfy { $0.text.contains(#"na\u00efve\/1"#) && $0.text.utf8.allSatisfy { $0 < 0x80 } })
            let statuses = try requests.flatMap { try Self.updates($0, "statuses") }
            #expect(statuses.map { $0["status"]?.text } == ["sent", "delivered", "read"])
            #expect(statuses.allSatisfy { $0["biz_opaque_callback_data"]?.text == "naïve/1" })
            #expect(statuses.allSatisfy { $0["recipient_id"]?.text == "15551234567" })
            #expect(statuses.allSatisfy { $0["timestamp"]?.text?.utf8.count == 10 })
        }
    }

    @Test("many statuses go out in one request, and each is written down")
    func batches() async throws {
        try await Self.run(batchWindow: .milliseconds(400)) { sandbox, receiver in
            for number in 0..<12 {
                let body = Self.text(#","biz_opaque_callback_data":"d\#(number)""#)
                _ = try await sandbox.post(body, to: Self.path, headers: Self.token)
            }
            let summary = try await sandbox.summary { $0["reportsAcknowledged"] == 36 }
            #expect(summary["reportsPending"] == 0)
            var counts: [Int] = []
            while counts.reduce(0, +) < 36 {
                guard let request = await receiver.next(1).first else { break }
                #expect(Self.isSigned(request))
                counts.append(try Self.updates(request, "statuses").count)
            }
            #expect(counts.reduce(0, +) == 36)
            #expect(counts.contains { $0 > 1 })
        }
    }

    @Test(
        "special recipients are reported as documented",
        arguments: [
            (text(to: "15005560001"), ["sent", "failed"], 131026), (text(to: "15005560002"), ["failed"], 131049),
            (text(to: "15005560005"), ["sent"], nil), (text(to: "15005560006"), ["read", "delivered", "sent"], nil),
            (text(to: "15005560011"), ["failed"], 131047),
            (template(to: "15005560010"), ["sent", "delivered", "read"], nil),
        ] as [(String, [String], Int?)])
    func specialRecipients(body: String, expected: [String], code: Int?) async throws {
        try await Self.run { sandbox, receiver in
            #expect(try await sandbox.post(body, to: Self.path, headers: Self.token).status == .ok)
            let statuses = try await receiver.next(expected.count).flatMap { try Self.updates($0, "statuses") }
            #expect(statuses.map { $0["status"]?.text } == expected)
            #expect(statuses.last?["errors"]?.elements?.first?["code"] == code.map { .number("\($0)") })
        }
    }

    @Test("an inbound message reaches the webhook, signed")
    func inbound() async throws {
        try await Self.run { sandbox, receiver in
            let order = #"{"from":"+15551234567","to":"x","body":"héllo"}"#
            let response = try await sandbox.post(order, to: "/sandbox/inbound/meta")
            #expect(response.status == .accepted)
            let request = try #require(await receiver.next(1).first)
            #expect(Self.isSigned(request))
            let message = try #require(try Self.updates(request, "messages").first)
            #expect(message["from"]?.text == "15551234567")
            #expect(message["text"]?["body"]?.text == "héllo")
            #expect(message["id"] == JSONParser.parse(response.body)?["id"])
            _ = try await sandbox.summary { $0["inboundAcknowledged"] == 1 }
        }
    }

    @Test("the webhook's address proves itself by the challenge", arguments: ["hub.challenge", "hub.mode", nil])
    func handshake(echoing: String?) async throws {
        try await CallbackReceiver.run(echoing: echoing) { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/wa?x=1")
            let settings = ProviderSettings(meta: MetaSettings(verifyToken: "a token & more", webhook: url))
            try await LiveSandbox.run(providers: settings) { sandbox in
                let answer = try await sandbox.post("", to: "/sandbox/verify/meta")
                let isRight = echoing == "hub.challenge"
                #expect(answer.status == (isRight ? .ok : .badGateway))
                #expect(JSONParser.parse(answer.body)?["verified"] == .boolean(isRight))
                let request = try #require(await receiver.next(1).first)
                #expect(request.method == .get)
                #expect(request.target.hasPrefix("/webhooks/wa?x=1&hub.mode=subscribe&hub.challenge="))
                #expect(request.target.hasSuffix("&hub.verify_token=a+token+%26+more"))
            }
        }
    }

    @Test("an address that refuses the token, or where nobody is, does not verify")
    func handshakeRefused() async throws {
        let port = try await CallbackReceiver.run(answers: [.forbidden], echoing: "hub.challenge") { receiver in
            try await Self.verify(port: receiver.port, status: .number("403"))
            return receiver.port
        }
        try await Self.verify(port: port, status: nil)
        try await LiveSandbox.run { sandbox in
            let answer = try await sandbox.post("", to: "/sandbox/verify/meta")
            #expect(answer.status == .badRequest)
        }
    }

    private static func verify(port: Int, status: JSON?) async throws {
        let settings = ProviderSettings(
            meta: MetaSettings(webhook: try CallbackURL("http://localhost:\(port)/webhooks/wa")))
        try await LiveSandbox.run(providers: settings) { sandbox in
            let answer = try await sandbox.post("", to: "/sandbox/verify/meta")
            #expect(answer.status == .badGateway)
            #expect(JSONParser.parse(answer.body)?["verified"] == .boolean(false))
            #expect(JSONParser.parse(answer.body)?["status"] == status)
        }
    }

    @Test(
        "an inbound order that makes no sense is 400",
        arguments: [
            "{}", "no", #"{"from":"1","to":"2","body":"c"}"#, #"{"from":"1","to":"2","body":"c","webhook":"x"}"#,
        ])
    func badInbound(order: String) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(order, to: "/sandbox/inbound/meta")
            #expect(response.status == .badRequest)
        }
    }
}
