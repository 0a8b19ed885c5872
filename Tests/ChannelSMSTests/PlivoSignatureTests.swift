import ChannelSDK
import ChannelSMS
import ChannelTesting
import Synchronization
import Testing

@Suite struct PlivoSignatureTests {
    private let body = Array("MessageUUID=a&Status=sent&From=1".utf8)
    private let url = "https://notify.example.com/webhooks/sms?delivery=1&b=2"

    /// As the scheme is described, made by hand from a string.
    private func signature(_ signed: String, token: String = PlivoAccount.token) -> String {
        HMACSignature(header: "", key: Secret(token), encoding: .base64).signature(of: Array(signed.utf8))
    }

    private func request(
        _ headers: HTTPHeaders, url: String? = nil, body: [UInt8]? = nil, method: String = "POST",
        type: String = "application/x-www-form-urlencoded; charset=utf-8"
    ) -> WebhookRequest {
        var headers = headers
        headers["Content-Type"] = type
        return WebhookRequest(
            method: method, url: url ?? self.url, headers: headers, body: body ?? self.body,
            receivedAt: .distantPast)
    }

    private func verdict(_ request: WebhookRequest, _ kit: ChannelTestKit<SMSChannel>? = nil) async throws -> Bool {
        let kit = try kit ?? PlivoAccount.kit()
        guard case .scheme(let verifier) = kit.channel.webhooks.verification else { return false }
        return await verifier.verify(request, now: .distantPast) == .genuine
    }

    private var v3: String {
        signature("https://notify.example.com/webhooks/sms?b=2&delivery=1.From1MessageUUIDaStatussent.77")
    }
    private var v2: String { signature("https://notify.example.com/webhooks/sms77") }

    @Test func everyHeaderThatCounts() async throws {
        let nonce = ("X-Plivo-Signature-V3-Nonce", "77")
        let cases: [(Bool, [(String, String)])] = [
            (true, [("X-Plivo-Signature-V3", v3), nonce]), (true, [("X-Plivo-Signature-MA-V3", v3), nonce]),
            (true, [("X-Plivo-Signature-V3", "bm8=,\(v3)"), nonce]),
            (true, [("x-plivo-signature-v3", "bm8="), ("X-Plivo-Signature-Ma-V3", "bm8=, \(v3)"), nonce]),
            (true, [("X-Plivo-Signature-V2", v2), ("X-Plivo-Signature-V2-Nonce", "77")]),
            (true, [("X-Plivo-Signature-Ma-V2", v2), ("X-Plivo-Signature-V2-Nonce", "77")]),
            (false, [("X-Plivo-Signature-V3", v3)]), (false, [("X-Plivo-Signature-V3", v3), nonce, nonce]),
            (false, [("X-Plivo-Signature-V3", v3), ("X-Plivo-Signature-V3-Nonce", "78")]),
            (false, [("X-Plivo-Signature-V3", ""), nonce]), (false, [("X-Plivo-Signature-V3", ",,"), nonce]),
            (false, [("X-Plivo-Signature-V2", v2)]), (false, [("X-Plivo-Signature-V2", v3), nonce]), (false, [nonce]),
            // V3 decides where it is there.
            (
                false,
                [
                    ("X-Plivo-Signature-V3", "bm8="), nonce, ("X-Plivo-Signature-V2", v2),
                    ("X-Plivo-Signature-V2-Nonce", "77"),
                ]
            ),
        ]
        for (isGenuine, headers) in cases {
            let fields = headers.map { HTTPHeaders.Field(name: $0.0, value: $0.1) }
            #expect(try await verdict(request(HTTPHeaders(fields))) == isGenuine, "\(headers.map(\.0))")
        }
    }

    @Test func whatIsSigned() async throws {
        func isGenuine(_ signed: String, url: String, _ body: String = "", method: String = "POST") async throws -> Bool
        {
            let headers: HTTPHeaders = [
                "X-Plivo-Signature-V3": signature(signed + ".1"), "X-Plivo-Signature-V3-Nonce": "1",
            ]
            return try await verdict(request(headers, url: url, body: Array(body.utf8), method: method))
        }
        #expect(try await isGenuine("https://a/b?x1", url: "https://a/b", "x=1"))
        #expect(
            try await isGenuine("https://a/b?q=é 2&q=3.x&=y1", url: "https://a/b?q=3&q=%C3%A9+2", "x=%26%3Dy1") == false
        )
        #expect(try await isGenuine("https://a/b?q=3&q=é 2.x&=y1", url: "https://a/b?q=é 2&q=3", "x=%26%3Dy1"))
        #expect(try await isGenuine("https://a/b", url: "https://a/b"))
        #expect(try await isGenuine("https://a/b?c=", url: "https://a/b?c="))
        #expect(try await isGenuine("https://a/b?a=1&z=2", url: "https://a/b?z=2&a=1", method: "GET"))
        #expect(try await isGenuine("https://a/b?x1y", url: "https://a/b", "x=1&y") == false)
        #expect(try await isGenuine("https://a/b", url: "https://a/b", "x=1", method: "GET") == false)
    }

    @Test func onlyPlivoIsBelieved() async throws {
        let requests = [request([:]), request([:], body: Array("Status=sent".utf8))]
        try await PlivoAccount.kit().check(verificationOf: requests) { request in
            let form = request.form.sorted { $0.name < $1.name }.map { $0.name + $0.value }.joined()
            var headers = request.headers
            headers["X-Plivo-Signature-V3"] = signature(
                "https://notify.example.com/webhooks/sms?b=2&delivery=1.\(form).5")
            headers["X-Plivo-Signature-V3-Nonce"] = "5"
            return WebhookRequest(
                method: request.method, url: request.url, headers: headers, body: request.body,
                receivedAt: request.receivedAt)
        }
    }

    @Test func nothingIsGenuineAsAnotherType() async throws {
        let headers: HTTPHeaders = ["X-Plivo-Signature-V3": v3, "X-Plivo-Signature-V3-Nonce": "77"]
        #expect(try await verdict(request(headers, type: "application/json")) == false)
    }

    /// V2 does not cover the body: its nonce is good for one request, and for that one again.
    @Test func aNonceOfV2IsGoodForOneRequest() async throws {
        let verifier = try remembering()
        let headers: HTTPHeaders = ["X-Plivo-Signature-V2": v2, "X-Plivo-Signature-V2-Nonce": "77"]
        let first = request(headers)
        #expect(await verifier.verify(first, now: .distantPast) == .genuine)
        #expect(await verifier.verify(first, now: .distantPast) == .genuine)
        let others = [
            request(headers, body: Array("Status=delivered".utf8)),
            request(headers, url: "https://notify.example.com/webhooks/sms?delivery=2"),
        ]
        for other in others { #expect(await verifier.verify(other, now: .distantPast) != .genuine) }
        #expect(await verifier.verify(first, now: .distantPast) == .genuine)
    }

    /// Without V3's headers a request with both could be changed and sent again: V2 covers neither form nor query.
    @Test func whatV3ProvesUsesUpTheNonceOfV2() async throws {
        let verifier = try remembering()
        let headers: HTTPHeaders = [
            "X-Plivo-Signature-V3": v3, "X-Plivo-Signature-V3-Nonce": "77", "X-Plivo-Signature-V2": v2,
            "X-Plivo-Signature-V2-Nonce": "77",
        ]
        let v2Alone: HTTPHeaders = ["X-Plivo-Signature-V2": v2, "X-Plivo-Signature-V2-Nonce": "77"]
        let genuine = request(headers)
        #expect(await verifier.verify(genuine, now: .distantPast) == .genuine)
        #expect(await verifier.verify(genuine, now: .distantPast) == .genuine)
        let forged = [
            request(v2Alone, body: Array("MessageUUID=a&Status=delivered".utf8)),
            request(v2Alone, url: "https://notify.example.com/webhooks/sms?delivery=2"),
        ]
        for other in forged { #expect(await verifier.verify(other, now: .distantPast) != .genuine) }
        #expect(await verifier.verify(request(v2Alone), now: .distantPast) == .genuine, "the same request")
    }

    /// V3 does not cover V2's headers: who adds them to a genuine request uses up nobody's nonce.
    @Test func aNonceThatWasAddedIsNotUsedUp() async throws {
        let verifier = try remembering()
        let added: HTTPHeaders = [
            "X-Plivo-Signature-V3": v3, "X-Plivo-Signature-V3-Nonce": "77", "X-Plivo-Signature-V2": "bm8=",
            "X-Plivo-Signature-V2-Nonce": "77",
        ]
        #expect(await verifier.verify(request(added), now: .distantPast) == .genuine)
        let next = request(
            ["X-Plivo-Signature-V2": v2, "X-Plivo-Signature-V2-Nonce": "77"], body: Array("Status=sent".utf8))
        #expect(await verifier.verify(next, now: .distantPast) == .genuine)
    }

    /// With a host whose cache keeps everything.
    private func remembering() throws -> any WebhookVerifier {
        let kit = try PlivoAccount.kit()
        let host = ChannelHost(
            channel: "sms", publicURL: kit.host.publicURL, transport: kit.host.transport, cache: KeptCache(),
            rateLimiter: kit.host.rateLimiter, clock: kit.host.clock, logger: kit.host.logger)
        let channel = try SMSChannel(
            configuration: ChannelConfiguration(provider: "plivo", values: PlivoAccount.settings()), host: host)
        guard case .scheme(let verifier) = channel.webhooks.verification else { throw NoVerifier() }
        return verifier
    }

    private struct NoVerifier: Error {}

    /// Requests that were signed elsewhere.
    @Test func publishedVectors() async throws {
        let vectors = try SignatureVectors.load().plivo.vectors
        #expect(vectors.count == 3)
        for vector in vectors {
            let kit = try PlivoAccount.kit(["auth_token": .secret(Secret(vector.auth_token))])
            #expect(try await verdict(vector.request, kit), "\(vector.signature)")
            let stranger = try PlivoAccount.kit(["auth_token": .secret(Secret("another"))])
            #expect(try await verdict(vector.request, stranger) == false, "\(vector.signature)")
        }
    }
}

private final class KeptCache: Cache {
    private let kept = Mutex<[String: [UInt8]]>([:])

    func values(for keys: [String]) async -> [[UInt8]?] { kept.withLock { kept in keys.map { kept[$0] } } }
    func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async {
        kept.withLock { $0[key] = value }
    }
    func remove(_ keys: [String]) async {}
    func invalidate(tag: String) async {}
}
