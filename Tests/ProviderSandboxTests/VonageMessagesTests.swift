import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Vonage's Messages API", .timeLimit(.minutes(10)))
struct VonageMessagesTests {
    private static let basic = ["Authorization": ProviderCase.basic("5a4db0c5", "sandbox-api-secret")]

    static func message(to: String = "15551234567", channel: String = "sms", _ more: String = "") -> String {
        #"{"message_type":"text","text":"hello","to":"\#(to)","from":"Acme","channel":"\#(channel)","client_ref":"d1"\#(more)}"#
    }

    private static func token(_ header: String, _ claims: String) -> [String: String] {
        let parts = [header, claims].map { Data($0.utf8).base64EncodedString().replacing("=", with: "") }
        return ["Authorization": "Bearer \(parts.joined(separator: ".")).c2lnbmF0dXJl"]
    }

    @Test(
        "who is let in",
        arguments: [
            (basic, 202), ([:], 401), (["Authorization": ProviderCase.basic("5a4db0c5", "other")], 401),
            (token(#"{"alg":"RS256"}"#, #"{"application_id":"a","iat":1,"jti":"b"}"#), 202),
            (token(#"{"alg":"RS256"}"#, #"{"iat":1,"jti":"b"}"#), 401), (["Authorization": "Bearer x.y.z"], 401),
        ] as [([String: String], Int)])
    func authorization(headers: [String: String], status: Int) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(Self.message(), to: "/v1/messages", headers: headers)
            #expect(response.status.code == status)
        }
    }

    @Test(
        "what is not valid is 422, by its name",
        arguments: [
            ("no", "body"), ("{}", "channel"), (message(channel: "fax"), "channel"), (message(to: "nobody"), "to"),
            (message().replacing(#""from":"Acme""#, with: #""from":"""#), "from"),
            (message().replacing(#""text":"hello""#, with: #""text":"""#), "text"),
            (message(#","webhook_url":"x""#), "webhook_url"), (message(to: "15005560003"), "to"),
        ])
    func invalid(body: String, parameter: String) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(body, to: "/v1/messages", headers: Self.basic)
            #expect(response.status.code == 422)
            let error = JSONParser.parse(response.body)?["invalid_parameters"]?.elements?.first
            #expect(error?["name"]?.text == parameter)
        }
    }

    /// Checked with an implementation of its own: the token's signature, and that it covers the body.
    private static func isSigned(_ request: CallbackReceiver.Received) throws -> Bool {
        let token = try #require(request[header: "Authorization"]).split(separator: " ")
        let parts = token[1].split(separator: ".")
        let signed = "\(parts[0]).\(parts[1])"
        let key = SymmetricKey(data: Data("sandbox-signature-secret".utf8))
        let code = Data(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)).base64EncodedString()
        var base64 = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
        while base64.utf8.count % 4 != 0 { base64 += "=" }
        let decoded = try #require(Data(base64Encoded: base64))
        let claims = JSONParser.parse(ByteBuffer(bytes: decoded))
        let hash = SHA256.hash(data: Data(request.body.readableBytesView)).map { String(format: "%02x", $0) }.joined()
        let urlSafe = code.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return token[0] == "Bearer" && urlSafe == String(parts[2]) && claims?["payload_hash"]?.text == hash
            && claims?["api_key"]?.text == "5a4db0c5" && claims?["iat"] != nil
    }

    @Test(
        "statuses are signed by a token over the body",
        arguments: [
            ("15551234567", "sms", ["submitted", "delivered"], nil),
            ("15551234567", "whatsapp", ["submitted", "delivered", "read"], nil),
            ("15005560001", "sms", ["submitted", "undeliverable"], "1190"),
            ("15005560010", "whatsapp", ["rejected"], "1340"),
            ("15005560010", "sms", ["submitted", "delivered"], nil),
        ] as [(String, String, [String], String?)])
    func statuses(to: String, channel: String, expected: [String], code: String?) async throws {
        try await CallbackReceiver.run { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/sms")
            try await LiveSandbox.run(providers: ProviderSettings(vonage: VonageSettings(webhook: url))) { sandbox in
                let body = Self.message(to: to, channel: channel)
                let response = try await sandbox.post(body, to: "/v1/messages", headers: Self.basic)
                let statuses = await receiver.next(expected.count)
                for status in statuses { #expect(try Self.isSigned(status)) }
                #expect(statuses.map { $0.json?["status"]?.text } == expected)
                #expect(statuses.last?.json?["error"]?["title"]?.text == code)
                let id = JSONParser.parse(response.body)?["message_uuid"]
                #expect(statuses.allSatisfy { $0.json?["message_uuid"] == id && id != nil })
                #expect(statuses.allSatisfy { $0.json?["client_ref"]?.text == "d1" })
            }
        }
    }

    @Test("an inbound message reaches the webhook, signed")
    func inbound() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let url = "http://localhost:\(receiver.port)/webhooks/sms"
                let order = #"{"from":"+15551234567","to":"+15557654321","body":"hi","webhook":"\#(url)"}"#
                let response = try await sandbox.post(order, to: "/sandbox/inbound/vonage-messages")
                #expect(response.status == .accepted)
                let webhook = try #require(await receiver.next(1).first)
                #expect(try Self.isSigned(webhook))
                #expect(webhook.json?["text"]?.text == "hi")
            }
        }
    }
}
