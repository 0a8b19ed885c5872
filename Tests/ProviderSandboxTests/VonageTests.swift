import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Vonage's SMS API", .timeLimit(.minutes(10)))
struct VonageTests {
    private static let form = ["Content-Type": "application/x-www-form-urlencoded"]
    private static let key = "api_key=5a4db0c5&api_secret=sandbox-api-secret"

    private static func message(to: String = "15551234567", text: String = "hello", _ more: String = "") -> String {
        "\(key)&from=Acme&to=\(to)&text=\(text)&client-ref=d1\(more)"
    }

    @Test("signatures as published")
    func signatures() throws {
        let methods: [String: VonageSigner.Method] = [
            "hmac-sha256": .sha256, "hmac-md5": .md5, "md5hash (secret appended, not HMAC)": .md5hash,
        ]
        var count = 0
        for vector in try SignatureVectors.of("vonage_sms_sig") {
            guard let expected = vector["sig"]?.text else { continue }
            let method = try #require(methods[vector["alg"]?.text ?? ""])
            let signer = VonageSigner(secret: try #require(vector["secret"]?.text), method: method)
            let fields = try #require(vector["params"]?.members).map { ($0.name, $0.value.text ?? "") }
            #expect(signer.signature(of: fields) == expected)
            count += 1
        }
        #expect(count == 4)
    }

    @Test("a message is answered with an id for each segment")
    func answer() async throws {
        try await LiveSandbox.run { sandbox in
            let text = String(repeating: "x", count: 161)
            let response = try await sandbox.post(Self.message(text: text), to: "/sms/json", headers: Self.form)
            #expect(response.status == .ok)
            let json = try #require(JSONParser.parse(response.body))
            #expect(json["message-count"]?.text == "2")
            let messages = try #require(json["messages"]?.elements)
            #expect(messages.map { $0["status"]?.text } == ["0", "0"])
            #expect(Set(messages.map { $0["message-id"]?.text }).count == 2)
            #expect(try await sandbox.ledger().messages.first?.sid == messages.first?["message-id"]?.text)
        }
    }

    @Test("JSON and Basic authentication are taken, and a signature in place of the secret")
    func otherRequests() async throws {
        try await LiveSandbox.run { sandbox in
            let json = try await sandbox.post(
                #"{"from":"Acme","to":"15551234567","text":"hi"}"#, to: "/sms/json",
                headers: ["Authorization": ProviderCase.basic("5a4db0c5", "sandbox-api-secret")])
            #expect(JSONParser.parse(json.body)?["messages"]?.elements?.first?["status"]?.text == "0")
            let fields = [
                ("api_key", "5a4db0c5"), ("from", "Acme"), ("text", "a&b=c"), ("timestamp", "1767323045"),
                ("to", "15551234567"),
            ]
            let text = fields.map { "&\($0)=\($1 == "a&b=c" ? "a_b_c" : $1)" }.joined()
            let code = HMAC<SHA256>.authenticationCode(
                for: Data(text.utf8), using: SymmetricKey(data: Data("sandbox-signature-secret".utf8)))
            let signature = code.map { String(format: "%02x", $0) }.joined()
            let form = fields.map { "\($0)=\(ProviderCase.form($1))" }.joined(separator: "&")
            for (given, status) in [(signature, "0"), (signature.replacing("a", with: "b"), "14")] {
                let response = try await sandbox.post("\(form)&sig=\(given)", to: "/sms/json", headers: Self.form)
                #expect(JSONParser.parse(response.body)?["messages"]?.elements?.first?["status"]?.text == status)
            }
        }
    }

    @Test(
        "errors are numbers inside of 200",
        arguments: [
            ("api_key=x&api_secret=y&from=Acme&to=15551234567&text=x", "4"), (key + "&from=Acme&text=x", "2"),
            (key + "&to=15551234567&text=x", "2"), (key + "&from=Acme&to=15551234567", "2"),
            (message(to: "nobody"), "3"), ("%zz", "3"), (message("&callback=nonsense"), "3"),
            (message(to: "15005560003"), "6"),
        ])
    func errors(body: String, status: String) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(body, to: "/sms/json", headers: Self.form)
            #expect(response.status == .ok)
            let message = JSONParser.parse(response.body)?["messages"]?.elements?.first
            #expect(message?["status"]?.text == status)
            #expect(message?["error-text"]?.nonEmpty != nil)
            #expect(try await sandbox.summary()["accepted"] == 0)
        }
    }

    /// Checked with an implementation of its own.
    private static func isSigned(_ fields: [String: String]) -> Bool {
        let text = fields.filter { $0.key != "sig" }.sorted { $0.key < $1.key }.map { "&\($0.key)=\($0.value)" }
            .joined()
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(text.utf8), using: SymmetricKey(data: Data("sandbox-signature-secret".utf8)))
        return fields["sig"] == code.map { String(format: "%02x", $0) }.joined()
    }

    @Test("receipts are signed, by each method", arguments: VonageSettings.ReceiptMethod.allCases)
    func receipts(method: VonageSettings.ReceiptMethod) async throws {
        try await CallbackReceiver.run { receiver in
            let settings = ProviderSettings(vonage: VonageSettings(receiptMethod: method))
            try await LiveSandbox.run(providers: settings) { sandbox in
                let url = "http://localhost:\(receiver.port)/webhooks/sms?delivery=d2"
                let body = Self.message("&callback=\(ProviderCase.form(url))")
                let response = try await sandbox.post(body, to: "/sms/json", headers: Self.form)
                let requests = await receiver.next(2)
                let receipts = try requests.map { request in
                    switch method {
                    case .post: return request.fields
                    case .json:
                        let members = try #require(request.json?.members)
                        return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value.text ?? "") })
                    case .get:
                        let query = request.target.split(separator: "?").dropFirst().joined()
                        let fields = try #require(FormFields(ByteBuffer(string: query))).all
                        return Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) })
                    }
                }
                #expect(receipts.allSatisfy(Self.isSigned))
                #expect(receipts.map { $0["status"] } == ["buffered", "delivered"])
                #expect(receipts.allSatisfy { $0["msisdn"] == "15551234567" && $0["to"] == "Acme" })
                #expect(receipts.allSatisfy { $0["client-ref"] == "d1" && $0["err-code"] == "0" })
                let id = JSONParser.parse(response.body)?["messages"]?.elements?.first?["message-id"]?.text
                #expect(receipts.allSatisfy { $0["messageId"] == id && id != nil })
                #expect(try await sandbox.ledger().messages.first?.delivery == "d2")
            }
        }
    }

    @Test(
        "special recipients are reported as documented",
        arguments: [
            ("15005560001", ["buffered", "failed"], "3"), ("15005560002", ["rejected"], "6"),
            ("15005560004", ["rejected"], "4"), ("15005560006", ["delivered", "buffered"], "0"),
        ])
    func specialRecipients(to: String, expected: [String], code: String) async throws {
        try await CallbackReceiver.run { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/sms")
            try await LiveSandbox.run(providers: ProviderSettings(vonage: VonageSettings(webhook: url))) { sandbox in
                _ = try await sandbox.post(Self.message(to: to), to: "/sms/json", headers: Self.form)
                let receipts = await receiver.next(expected.count)
                #expect(receipts.map { $0.fields["status"] } == expected)
                #expect(receipts.last?.fields["err-code"] == code)
            }
        }
    }

    @Test("an inbound message reaches the webhook, signed")
    func inbound() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let url = "http://localhost:\(receiver.port)/webhooks/sms"
                let order = #"{"from":"+15551234567","to":"+15557654321","body":"stop it","webhook":"\#(url)"}"#
                let response = try await sandbox.post(order, to: "/sandbox/inbound/vonage")
                #expect(response.status == .accepted)
                let webhook = try #require(await receiver.next(1).first)
                #expect(Self.isSigned(webhook.fields))
                #expect(webhook.fields["keyword"] == "STOP")
                #expect(webhook.fields["msisdn"] == "15551234567")
            }
        }
    }
}
