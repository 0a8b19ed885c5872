import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Plivo", .timeLimit(.minutes(10)))
struct PlivoTests {
    private static let path = "/v1/Account/MASANDBOX00000000000/Message/"
    private static let headers = [
        "Authorization": ProviderCase.basic("MASANDBOX00000000000", "sandbox-auth-token")
    ]

    private static func message(
        to: String = "15551234567", text: String = "hello", url: String? = nil, method: String = "POST"
    ) -> String {
        let callback = url.map { #","url":"\#($0)","method":"\#(method)""# } ?? ""
        return #"{"src":"+15557654321","dst":"\#(to)","text":"\#(text)","type":"sms"\#(callback)}"#
    }

    @Test("signatures as published")
    func signatures() throws {
        for vector in try SignatureVectors.of("plivo") {
            let signer = PlivoSigner(token: try #require(vector["auth_token"]?.text))
            let url = try #require(vector["url"]?.text)
            let nonce = try #require(vector["nonce"]?.text)
            if vector["version"] == "V2" {
                #expect(signer.version2(url: url, nonce: nonce) == vector["signature"]?.text)
                continue
            }
            let query = url.split(separator: "?").dropFirst().joined()
            let items = try #require(FormFields(ByteBuffer(string: query))).all
            let fields = vector["params"]?.members?.map { ($0.name, $0.value.text ?? "") } ?? []
            let isGET = vector["method"] == "GET"
            let signature = signer.version3(
                url: url, query: isGET ? items + fields : items, form: isGET ? nil : fields, nonce: nonce)
            #expect(signature == vector["signature"]?.text)
        }
    }

    @Test("a message is answered with its UUID")
    func answer() async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(Self.message(), to: Self.path, headers: Self.headers)
            #expect(response.status == .accepted)
            let ids = JSONParser.parse(response.body)?["message_uuid"]?.elements?.compactMap(\.text)
            #expect(ids?.count == 1)
            #expect(try await sandbox.ledger().messages.first?.sid == ids?.first)
        }
    }

    @Test(
        "errors",
        arguments: [
            (path, message(), ["Authorization": "Basic eDp5"], 401),
            ("/v1/Account/MAOTHER/Message/", message(), headers, 401), (path, "no", headers, 400),
            (path, "{}", headers, 400), (path, message(to: "nobody"), headers, 400),
            (path, message(to: "15551234567<15551234568"), headers, 400), (path, message(text: ""), headers, 400),
            (path, message(text: String(repeating: "x", count: 1601)), headers, 400),
            (path, message(url: "nonsense"), headers, 400), (path, message(to: "+15005560003"), headers, 400),
            (path, message().replacing("src", with: "source"), headers, 400),
            (path, message(to: "15005560008"), headers, 503),
        ] as [(String, String, [String: String], Int)])
    func errors(path: String, body: String, headers: [String: String], status: Int) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(body, to: path, headers: headers)
            #expect(response.status.code == status)
            #expect(JSONParser.parse(response.body)?["error"]?.nonEmpty != nil)
        }
    }

    /// Version 3, written out for an address with the one item `delivery`.
    private static func isSigned(_ request: CallbackReceiver.Received, by url: String) -> Bool {
        let form = request.fields.sorted { $0.key < $1.key }.map { $0.key + $0.value }.joined()
        let nonce = request[header: "X-Plivo-Signature-V3-Nonce"] ?? ""
        let signed = form.isEmpty ? "\(url).\(nonce)" : "\(url).\(form).\(nonce)"
        let key = SymmetricKey(data: Data("sandbox-auth-token".utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)
        return request[header: "X-Plivo-Signature-V3"] == Data(code).base64EncodedString()
    }

    @Test(
        "callbacks are signed, and carry the status",
        arguments: [
            ("15551234567", ["sent", "delivered"], "000"), ("15005560001", ["sent", "undelivered"], "80"),
            ("15005560002", ["failed"], "30"), ("15005560004", ["failed"], "200"), ("15005560005", ["sent"], "000"),
        ])
    func callbacks(to: String, expected: [String], code: String) async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let url = receiver.url("d1")
                let body = Self.message(to: to, url: url)
                let response = try await sandbox.post(body, to: Self.path, headers: Self.headers)
                let callbacks = await receiver.next(expected.count)
                #expect(callbacks.map { $0.fields["Status"] } == expected)
                #expect(callbacks.allSatisfy { Self.isSigned($0, by: url) })
                #expect(callbacks.last?.fields["ErrorCode"] == code)
                let id = JSONParser.parse(response.body)?["message_uuid"]?.elements?.first?.text
                #expect(callbacks.allSatisfy { $0.fields["ParentMessageUUID"] == id && id != nil })
                #expect(callbacks.allSatisfy { $0.fields["PartInfo"] == "1 of 1" })
            }
        }
    }

    @Test("each segment is reported on where the account asks for it")
    func segments() async throws {
        let settings = ProviderSettings(plivo: PlivoSettings(reportsSegments: true))
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run(providers: settings) { sandbox in
                let body = Self.message(text: String(repeating: "x", count: 161), url: receiver.url("d1"))
                _ = try await sandbox.post(body, to: Self.path, headers: Self.headers)
                let callbacks = await receiver.next(4)
                #expect(callbacks.map { $0.fields["PartInfo"] } == ["1 of 2", "2 of 2", "1 of 2", "2 of 2"])
                #expect(callbacks.map { $0.fields["Status"] } == ["sent", "sent", "delivered", "delivered"])
                #expect(Set(callbacks.map { $0.fields["MessageUUID"] }).count == 2)
                #expect(Set(callbacks.map { $0.fields["ParentMessageUUID"] }).count == 1)
            }
        }
    }

    @Test("a callback by GET has its fields in the query, and signs them there")
    func byGET() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let body = Self.message(url: receiver.url("d1"), method: "GET")
                _ = try await sandbox.post(body, to: Self.path, headers: Self.headers)
                let callback = try #require(await receiver.next(1).first)
                #expect(callback.method == .get)
                let query = callback.target.split(separator: "?").dropFirst().joined()
                let items = try #require(FormFields(ByteBuffer(string: query)))
                #expect(items["Status"] == "sent")
                #expect(items["delivery"] == "d1")
                let sorted = items.all.sorted { $0.name < $1.name }.map { "\($0.name)=\($0.value)" }
                let address = "http://localhost:\(receiver.port)/webhooks/sms?" + sorted.joined(separator: "&")
                #expect(Self.isSigned(callback, by: address))
            }
        }
    }

    @Test("an inbound message reaches the webhook, signed")
    func inbound() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let url = receiver.url("in")
                let order = #"{"from":"+15551234567","to":"+15557654321","body":"STOP & go","webhook":"\#(url)"}"#
                let response = try await sandbox.post(order, to: "/sandbox/inbound/plivo")
                #expect(response.status == .accepted)
                let webhook = try #require(await receiver.next(1).first)
                #expect(Self.isSigned(webhook, by: url))
                #expect(webhook.fields["Text"] == "STOP & go")
                #expect(webhook.fields["From"] == "15551234567")
            }
        }
    }
}
