import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

/// Requests that were signed elsewhere, through the module's own verification and parser.
@Suite struct SignatureVectorTests {
    private func verdict(_ kit: ChannelTestKit<WhatsAppChannel>, _ request: WebhookRequest) async throws
        -> WebhookVerdict
    {
        guard case .scheme(let verifier) = kit.channel.webhooks.verification else { return .refused("no scheme") }
        return await verifier.verify(request, now: .distantPast)
    }

    private func altered(_ request: WebhookRequest) -> WebhookRequest {
        WebhookRequest(
            method: request.method, url: request.url, headers: request.headers, body: request.body + Array("x".utf8),
            receivedAt: request.receivedAt)
    }

    @Test func metas() async throws {
        let vectors = try SignatureVectors.load().meta_whatsapp.vectors
        #expect(vectors.count == 3)
        for vector in vectors {
            let kit = try MetaAccount.kit(["app_secret": .secret(Secret(vector.app_secret))])
            #expect(try await verdict(kit, vector.request) == .genuine, "\(vector.body)")
            #expect(try await verdict(kit, altered(vector.request)) != .genuine, "\(vector.body)")
            let stranger = try MetaAccount.kit(["app_secret": .secret(Secret("another"))])
            #expect(try await verdict(stranger, vector.request) != .genuine, "\(vector.body)")
        }
    }

    @Test func twilios() async throws {
        let twilio = try SignatureVectors.load().twilio
        #expect(twilio.vectors.count == 8)
        let kit = try TwilioAccount.kit(["auth_token": .secret(Secret(twilio.auth_token))])
        let stranger = try TwilioAccount.kit()
        for vector in twilio.vectors {
            #expect(try await verdict(kit, vector.request) == .genuine, "\(vector.signature)")
            #expect(try await verdict(kit, altered(vector.request)) != .genuine, "\(vector.signature)")
            #expect(try await verdict(stranger, vector.request) != .genuine, "\(vector.signature)")
        }
    }

    @Test func whatMetasSay() throws {
        let vectors = try SignatureVectors.load().meta_whatsapp.vectors
        let inbound = InboundMessage(
            providerMessageID: "wamid.HBgMOTcyNTQ0NDAxMjQzFQIAEhggM0RFQTNCMEEwRTY3QzUwODYzMDc4NjQ4QzM4ODAxM0YA",
            sender: "+972544401243", recipient: "+15550953877", body: "Hey there! I am using PyWa.",
            occurredAt: Timestamp(seconds: 1_730_231_903))
        func report(_ id: String, _ status: StatusName, _ second: Int64) -> StatusReport {
            StatusReport(
                providerMessageID: id, kind: .status(status), occurredAt: Timestamp(seconds: 1_700_000_000 + second))
        }
        var failed = report("wamid.B", "failed", 3)
        failed.code = "131026"
        failed.detail = "Message undeliverable: Zażółć ż"
        try MetaAccount.kit().check(webhooks: [
            WebhookCase("a message", vectors[0].request, says: WebhookContents(inbound: [inbound])),
            WebhookCase(refusing: "GitHub's", vectors[1].request),
            WebhookCase(
                "three statuses", vectors[2].request,
                says: WebhookContents(reports: [report("wamid.A", "sent", 0), report("wamid.A", "read", 2), failed])),
        ])
    }

    @Test func whatTwiliosSay() throws {
        let vectors = try SignatureVectors.load().twilio.vectors
        try TwilioAccount.kit().check(webhooks: [
            WebhookCase(
                "delivered", vectors[6].request,
                says: WebhookContents(reports: [
                    StatusReport(
                        providerMessageID: "SM4262411b90e5464b98a4f66a49c57a97", kind: .status("delivered"))
                ])),
            WebhookCase(
                "undelivered on WhatsApp", vectors[7].request,
                says: WebhookContents(reports: [
                    StatusReport(
                        providerMessageID: "SM1", kind: .status("failed"), code: "30003",
                        detail: "the recipient's device is unreachable")
                ])),
        ])
    }
}
