import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Twilio's API, over HTTP", .timeLimit(.minutes(10)))
struct TwilioAPITests {
    @Test("a message is taken, answered as Twilio does, and can be read")
    func create() async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.send()
            #expect(response.status == .created)
            #expect(response.headers[.contentType] == "application/json")
            let json = try #require(
                JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any])
            #expect(
                Set(json.keys) == [
                    "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction",
                    "error_code", "error_message", "from", "messaging_service_sid", "num_media", "num_segments",
                    "price",
                    "price_unit", "sid", "status", "subresource_uris", "to", "uri",
                ])
            #expect(json["status"] as? String == "queued")
            #expect(json["to"] as? String == "+15551234567")
            let uri = try #require(json["uri"] as? String)
            let read = try await sandbox.client.execute(
                uri: uri, method: .get, headers: [.authorization: LiveSandbox.authorization])
            #expect(read.status == .ok)
            #expect(String(buffer: read.body).contains(#""status":"delivered""#))
        }
    }

    @Test("wrong credentials are 401, an unknown message 404, a bad request 400, each with Twilio's code")
    func errors() async throws {
        try await LiveSandbox.run { sandbox in
            let wrong = try await sandbox.post([], authorization: "Basic eDp5")
            #expect(wrong.status == .unauthorized)
            #expect(String(buffer: wrong.body).contains("\"code\":20003"))
            let other = try await sandbox.post([], to: "/2010-04-01/Accounts/ACother/Messages.json")
            #expect(other.status == .unauthorized)
            let unknown = try await sandbox.client.execute(
                uri: LiveSandbox.messages.replacing("Messages.json", with: "Messages/SM1.json"), method: .get,
                headers: [.authorization: LiveSandbox.authorization])
            #expect(unknown.status == .notFound)
            #expect(String(buffer: unknown.body).contains("\"code\":20404"))
            let invalid = try await sandbox.send(to: "nobody")
            #expect(invalid.status == .badRequest)
            #expect(String(buffer: invalid.body).contains("\"code\":21211"))
            #expect(try await sandbox.summary()["requests"] == 0)
        }
    }

    @Test("status callbacks are signed, and come in the script's order with Twilio's fields")
    func callbacks() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run(script: [.queued, .sent, .delivered]) { sandbox in
                let url = receiver.url("d1")
                _ = try await sandbox.send(callback: url)
                let callbacks = await receiver.next(3)
                #expect(callbacks.map { $0.fields["MessageStatus"] } == ["queued", "sent", "delivered"])
                #expect(callbacks.allSatisfy { $0.isSigned(for: url) && !$0.isSigned(for: url, token: "other") })
                #expect(callbacks.allSatisfy { $0.target == "/webhooks/sms?delivery=d1" })
                let common: Set = [
                    "AccountSid", "ApiVersion", "From", "MessageSid", "MessageStatus", "SmsSid", "SmsStatus", "To",
                ]
                #expect(Set(callbacks[1].fields.keys) == common)
                #expect(Set(callbacks[2].fields.keys) == common.union(["RawDlrDoneDate"]))
                #expect(try await sandbox.drained()["reportsAcknowledged"] == 3)
            }
        }
    }

    @Test(
        "special recipients are refused by the API",
        arguments: [(SpecialNumber.notMobile, 400, 21614), (.optedOut, 400, 21610), (.unavailable, 503, 20503)])
    func refusedRecipients(recipient: SpecialNumber, status: Int, code: Int) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.send(to: recipient.rawValue)
            #expect(response.status.code == status)
            #expect(String(buffer: response.body).contains("\"code\":\(code)"))
            #expect(try await sandbox.summary()["accepted"] == 0)
        }
    }

    @Test(
        "special recipients are reported as documented",
        arguments: [
            (SpecialNumber.unreachable, ["sent", "undelivered"], "30003"), (.filtered, ["failed"], "30007"),
            (.neverFinal, ["sent"], nil), (.reversed, ["delivered", "sent"], nil),
            (.twice, ["sent", "sent", "delivered", "delivered"], nil),
        ] as [(SpecialNumber, [String], String?)])
    func reportedRecipients(recipient: SpecialNumber, statuses: [String], code: String?) async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                _ = try await sandbox.send(to: recipient.rawValue, callback: receiver.url("d1"))
                let callbacks = await receiver.next(statuses.count)
                #expect(callbacks.map { $0.fields["MessageStatus"] } == statuses)
                #expect(callbacks.last?.fields["ErrorCode"] == code)
                #expect(try await sandbox.drained()["reportsSent"] == statuses.count)
            }
        }
    }

    @Test("an inbound message reaches the webhook, signed")
    func inbound() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let url = "http://localhost:\(receiver.port)/webhooks/sms"
                let order = #"{"from":"+15551234567","to":"+15557654321","body":"héllo & STOP","webhook":"\#(url)"}"#
                let response = try await sandbox.client.execute(
                    uri: "/sandbox/inbound", method: .post, headers: [.contentType: "application/json"],
                    body: ByteBuffer(string: order))
                #expect(response.status == .accepted)
                let webhook = try #require(await receiver.next(1).first)
                #expect(webhook.isSigned(for: url))
                #expect(webhook.fields["Body"] == "héllo & STOP")
                #expect(webhook.fields["SmsStatus"] == "received")
                #expect(webhook.fields["MessageSid"].map { String(buffer: response.body).contains($0) } == true)
                _ = try await sandbox.summary { $0["inboundAcknowledged"] == 1 }
            }
        }
    }

    @Test(
        "an inbound order that makes no sense is 400",
        arguments: ["{}", "no", #"{"from":"a","to":"b","body":"c","webhook":"https://h/"}"#])
    func badInbound(order: String) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.client.execute(
                uri: "/sandbox/inbound", method: .post, headers: [.contentType: "application/json"],
                body: ByteBuffer(string: order))
            #expect(response.status == .badRequest)
        }
    }
}
