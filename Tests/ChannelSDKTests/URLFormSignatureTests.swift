import ChannelSDK
import Testing

@Suite struct URLFormSignatureTests {
    private let vectors: SignatureVectors.Twilio
    private let scheme: URLFormSignature

    init() throws {
        vectors = try SignatureVectors.load().twilio
        scheme = URLFormSignature(key: Secret(vectors.authToken))
    }

    private func verify(_ request: WebhookRequest) -> WebhookVerdict { scheme.verify(request, now: .distantPast) }

    @Test func everyVectorIsGenuineAndSignedAlike() {
        #expect(vectors.vectors.count == 8)
        for vector in vectors.vectors {
            #expect(verify(vector.request()) == .genuine, "\(vector)")
            #expect(scheme.signature(of: vector.request()) == vector.signature)
        }
    }

    @Test(arguments: [
        // What the provider signed, and the address that it is checked against.
        ("https://mycompany.com:443/a?b=1", "https://mycompany.com/a?b=1", true),
        ("https://mycompany.com/a?b=1", "https://mycompany.com:443/a?b=1", true),
        ("http://mycompany.com:80/a", "http://mycompany.com/a", true),
        ("http://mycompany.com/a", "http://mycompany.com:1234/a", true),
        ("https://user:pass@mycompany.com:443/a", "https://user:pass@mycompany.com/a", true),
        ("https://[::1]/a", "https://[::1]:8080/a", true),
        ("https://[::1]:443/a", "https://[::1]/a", true),
        ("https://mycompany.com:443", "https://mycompany.com", true),
        ("https://mycompany.com:443?x=:1", "https://mycompany.com?x=:1", true),
        ("https://mycompany.com:80/a", "https://mycompany.com/a", false),
        ("https://mycompany.com:1234/a", "https://mycompany.com/a", false),
        ("https://other.com/a", "https://mycompany.com/a", false),
        ("https://mycompany.com/a?b=1", "https://mycompany.com/a?b=2", false),
        ("", "not a url", false),
    ])
    func thePortMayBeMissing(signed: String, received: String, isGenuine: Bool) {
        let body = Array("From=%2B1555&To=x".utf8)
        let request = WebhookRequest(
            method: "POST", url: signed, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: body,
            receivedAt: .distantPast)
        let sent = request.with("X-Twilio-Signature", scheme.signature(of: request)).with(url: received)
        #expect((verify(sent) == .genuine) == isGenuine)
    }

    @Test func eachBitOfTheSignatureCounts() {
        for vector in vectors.vectors {
            for altered in vector.request().flippingBits(of: "X-Twilio-Signature") {
                #expect(verify(altered).isRefused, "\(altered.headers)")
            }
        }
    }

    /// An altered escape can spell the same pairs (`%2B` and `%2b`): then nothing was altered for the parser either.
    @Test func eachBitOfTheBodyCounts() {
        for vector in vectors.vectors {
            let request = vector.request()
            for altered in request.flippingBitsOfBody() where altered.form != request.form || vector.jsonBody != nil {
                #expect(verify(altered).isRefused, "\(String(decoding: altered.body, as: UTF8.self))")
            }
        }
    }

    @Test func theBoundaryOfNameAndValueCounts() {
        let body = Array("AccountSid=AC1&MessageSid=SM1".utf8)
        let request = WebhookRequest(
            method: "POST", url: "https://a.example/", headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: body, receivedAt: .distantPast)
        let signed = request.with("X-Twilio-Signature", scheme.signature(of: request))
        #expect(verify(signed) == .genuine)
        #expect(verify(signed.with(body: Array("AccountSid&AC1&MessageSid=SM1".utf8))).isRefused)
        // The scheme itself has no separators: this one has the same signature, so parsers must not trust the names of
        // fields to be all that was sent.
        #expect(verify(signed.with(body: Array("AccountSid=AC1MessageSidSM1".utf8))) == .genuine)
    }

    @Test func aBodyThatNothingCoversIsRefused() throws {
        let signed = try #require(vectors.vectors.first { $0.jsonBody != nil }).request()
        #expect(verify(signed.with(body: [])).isRefused)
        #expect(verify(signed.with("Content-Type", "application/x-www-form-urlencoded").with(body: [])).isRefused)
        let bare = WebhookRequest(
            method: "POST", url: "https://a.example/", headers: [:], body: [], receivedAt: .distantPast)
        let genuine = bare.with("X-Twilio-Signature", scheme.signature(of: bare))
        #expect(verify(genuine) == .genuine)
        #expect(verify(genuine.with(body: Array("{}".utf8))).reason.contains("bodySHA256"))
    }

    @Test func theHeaderMustBeThereOnce() {
        let request = vectors.vectors[0].request()
        #expect(verify(request.with("X-Twilio-Signature", nil)) == .refused("header X-Twilio-Signature is missing"))
        #expect(verify(request.with("X-Twilio-Signature", "")) == .refused("header X-Twilio-Signature is empty"))
        var headers = request.headers
        headers.add("x-twilio-signature", headers["X-Twilio-Signature"] ?? "")
        let doubled = verify(request.with(headers: headers))
        #expect(doubled == .refused("header X-Twilio-Signature occurs 2 times"))
    }

    @Test func anotherKeyOrNoneIsRefused() {
        let request = vectors.vectors[0].request()
        #expect(URLFormSignature(key: Secret("12346")).verify(request, now: .distantPast).isRefused)
        let keyless = URLFormSignature(key: Secret(""))
        #expect(keyless.verify(request, now: .distantPast).reason.contains("no key"))
        #expect(keyless.signature(of: request) == "")
    }

    @Test func theRefusalShowsNoSecretOfTheAddress() {
        let request = vectors.vectors[0].request().with(url: "https://a.example/hook?token=hush")
        #expect(!verify(request).reason.contains("hush"))
        #expect(verify(request).reason.contains("https://a.example/hook"))
    }
}
