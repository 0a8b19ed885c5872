import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

/// How Meta proves itself, and we prove ourselves to Meta.
@Suite struct MetaVerificationTests {
    private func handshake(_ query: String, method: String = "GET", token: String = MetaAccount.verifyToken) throws
        -> WebhookReply?
    {
        let kit = try MetaAccount.kit(["verify_token": .secret(Secret(token))])
        return kit.channel.webhooks.handshake(
            WebhookRequest(
                method: method, url: "https://notify.example.com/webhooks/whatsapp\(query)", headers: [:], body: [],
                receivedAt: .distantPast))
    }

    @Test func theChallengeComesBack() throws {
        let query = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=\(MetaAccount.verifyToken)"
        let reply = WebhookReply(status: 200, contentType: "text/plain", body: Array("1158201444".utf8))
        #expect(try handshake(query) == reply)
        let odd = "?hub.mode=subscribe&hub.verify_token=a%26+%C3%A9&hub.challenge=%3Cb%3E+1"
        #expect(try handshake(odd, token: "a& é")?.body == Array("<b> 1".utf8))
    }

    @Test(arguments: [
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=our-own-verify-tokeN",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=our-own-verify-token2",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=", "?hub.mode=subscribe&hub.challenge=1",
        "?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=our-own-verify-token",
        "?hub.challenge=1&hub.verify_token=our-own-verify-token",
        "?hub.mode=subscribe&hub.verify_token=our-own-verify-token",
        "?hub.mode=subscribe&hub.challenge=&hub.verify_token=our-own-verify-token",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong&hub.verify_token=our-own-verify-token",
        "?hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=our-own-verify-token",
    ])
    func strangersAreTurnedAway(query: String) throws {
        let reply = try #require(try handshake(query))
        #expect(reply.status == 403)
        #expect(!String(decoding: reply.body, as: UTF8.self).contains(MetaAccount.verifyToken))
    }

    @Test func everythingElseIsNoHandshake() throws {
        #expect(try handshake("") == nil)
        #expect(try handshake("?delivery=x") == nil)
        let query = "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=\(MetaAccount.verifyToken)"
        #expect(try handshake(query, method: "POST") == nil)
    }

    @Test func onlyMetaIsBelieved() async throws {
        let kit = try MetaAccount.kit()
        let scheme = HMACSignature(
            header: "X-Hub-Signature-256", prefix: "sha256=", key: Secret(MetaAccount.appSecret))
        let requests = [MetaAccount.webhook(statuses: MetaAccount.status("read")), MetaAccount.webhook("Żółć")]
        await kit.check(verificationOf: requests) { request in
            var headers = request.headers
            headers["X-Hub-Signature-256"] = scheme.signature(of: request.body)
            return WebhookRequest(
                method: request.method, url: request.url, headers: headers, body: request.body,
                receivedAt: request.receivedAt)
        }
    }

    @Test func theAnswerIsBare() throws {
        let reply = try MetaAccount.kit().channel.webhooks.acknowledgement(
            of: MetaAccount.webhook(statuses: MetaAccount.status("read")))
        #expect(reply == WebhookReply())
    }
}
