import ChannelSDK
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Pipeline
import SQLiteBackend
import Testing

@Suite(.timeLimit(.minutes(10)))
struct WebhookTests {
    private func send(_ api: LiveAPI) async throws -> (id: String, sid: String) {
        let response = try await api.post("/notifications", #"{"channel":"sms","to":"+15551230001","body":"b"}"#)
        let id = try #require(response.json["id"] as? String)
        let view = try await api.notification(id) { $0["status"] as? String == "queued" }
        let deliveries = view["deliveries"] as? [[String: Any]]
        return (id, try #require(deliveries?.first?["providerMessageId"] as? String))
    }

    @Test func aSignedReportMovesTheStatus() async throws {
        try await LiveAPI.run { (api) async throws in
            let (id, sid) = try await send(api)
            let form = "MessageSid=\(sid)&MessageStatus=delivered"
            #expect(try await api.callback(form, query: "delivery=\(id).1").status == .ok)
            _ = try await api.notification(id) { $0["status"] as? String == "delivered" }
        }
    }

    @Test func whatIsNotGenuineIsRefusedAndChangesNothing() async throws {
        try await LiveAPI.run { (api) async throws in
            let (id, sid) = try await send(api)
            let form = "MessageSid=\(sid)&MessageStatus=delivered"
            let before = try await api.backend.log.endOffset(of: .webhookReceived, partition: 0)
            for signature in ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "not base64"] {
                let response = try await api.callback(form, query: "delivery=\(id).1", signature: signature)
                #expect(response.status == .forbidden)
            }
            let unsigned = try await api.post("/webhooks/sms", form, type: "application/x-www-form-urlencoded")
            #expect(unsigned.status == .forbidden)
            #expect(try await api.post("/webhooks/fax", form).status == .notFound)
            #expect(try await api.backend.log.endOffset(of: .webhookReceived, partition: 0) == before)
            #expect(try await api.get("/notifications/\(id)").json["status"] as? String == "queued")
        }
    }

    /// Providers come again after a 503 only; and nothing is stored that may not be genuine.
    @Test func whatCannotBeToldNowIsAskedForAgain() async throws {
        try await LiveAPI.run { (api) async throws in
            let before = try await api.backend.log.endOffset(of: .webhookReceived, partition: 0)
            let response = try await api.post("/webhooks/unsure", "{}")
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers[.retryAfter] == "10")
            #expect(response.json["detail"] as? String == "the certificate is away")
            #expect(try await api.backend.log.endOffset(of: .webhookReceived, partition: 0) == before)
        }
    }

    /// A report by the provider's id alone, before we have learned that id.
    @Test func aReportThatComesTooEarlyWaitsAndIsClaimed() async throws {
        try await LiveAPI.run { (api) async throws in
            let sid = "SM" + String(repeating: "0", count: 24) + "10000001"
            #expect(try await api.callback("MessageSid=\(sid)&MessageStatus=delivered").status == .ok)
            while try await api.backend.store.counts().parked == 0 { await Task.yield() }
            let response = try await api.post("/notifications", #"{"channel":"sms","to":"+15551230001","body":"b"}"#)
            let id = try #require(response.json["id"] as? String)
            _ = try await api.notification(id) { $0["status"] as? String == "delivered" }
            while try await api.backend.store.counts().parked > 0 { await Task.yield() }
        }
    }

    @Test func anAccountReportsBySignedWebhook() async throws {
        try await LiveAPI.run { (api) async throws in
            let response = try await api.post(
                "/notifications", #"{"channel":"sms","to":"+15551230001","body":"b","externalId":"own"}"#)
            let id = try #require(response.json["id"] as? String)
            let body = #"{"externalId":"own","event":"delivered"}"#
            let signed = try StandardWebhooks(key: LiveAPI.webhookKey).signedHeaders(
                id: "msg_1", timestamp: SQLiteBackend.SystemClock().now(), body: Array(body.utf8))
            var headers: HTTPFields = [.contentType: "application/json"]
            for field in signed.fields { headers[.init(field.name)!] = field.value }
            let path = "/webhooks"
            #expect(try await api.post(path, body).status == .forbidden)
            let altered = ByteBuffer(string: body.replacingOccurrences(of: "delivered", with: "failed"))
            let forged = try await api.client.execute(uri: path, method: .post, headers: headers, body: altered)
            #expect(forged.status == .forbidden)
            let genuine = try await api.client.execute(
                uri: path, method: .post, headers: headers, body: ByteBuffer(string: body))
            #expect(genuine.status == .accepted)
            _ = try await api.notification(id) { $0["status"] as? String == "delivered" }
        }
    }

    @Test(arguments: [
        ("2026-03-01T09:30:00Z", true), ("2026-03-01T10:30:00.5+01:00", true), ("2026-13-99T00:00:00Zjunk", false),
        ("2026-02-29T00:00:00Z", false), ("yesterday", false), ("", false),
    ])
    func anAccountsReportHappenedAtSomeTime(text: String, isTime: Bool) async throws {
        try await LiveAPI.run { (api) async throws in
            let body = #"{"externalId":"own","event":"delivered","occurredAt":"\#(text)"}"#
            let answer = try await api.report(body)
            #expect(answer.status == (isTime ? .accepted : .unprocessableContent))
            #expect(answer.fields == (isTime ? [] : ["occurredAt"]))
        }
    }
}

extension LiveAPI {
    /// A report of an account's own, genuinely signed.
    fileprivate func report(_ body: String) async throws -> TestResponse {
        let signed = try StandardWebhooks(key: Self.webhookKey).signedHeaders(
            id: "msg_1", timestamp: SQLiteBackend.SystemClock().now(), body: Array(body.utf8))
        var headers: HTTPFields = [.contentType: "application/json"]
        for field in signed.fields { headers[.init(field.name)!] = field.value }
        return try await client.execute(
            uri: "/webhooks", method: .post, headers: headers, body: ByteBuffer(string: body))
    }
}
