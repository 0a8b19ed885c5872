import ChannelSDK
import Testing

@Suite struct HMACSignatureTests {
    private let vectors: [SignatureVectors.Meta.Vector]

    init() throws { vectors = try SignatureVectors.load().meta.vectors }

    private func scheme(_ key: String) -> HMACSignature {
        HMACSignature(header: "X-Hub-Signature-256", prefix: "sha256=", key: Secret(key))
    }

    private func request(_ vector: SignatureVectors.Meta.Vector) -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://a.example/", headers: ["x-hub-signature-256": vector.signature],
            body: Array(vector.body.utf8), receivedAt: .distantPast)
    }

    @Test func everyVectorIsGenuineAndSignedAlike() {
        #expect(vectors.count == 3)
        for vector in vectors {
            #expect(scheme(vector.secret).verify(request(vector), now: .distantPast) == .genuine)
            #expect(scheme(vector.secret).signature(of: Array(vector.body.utf8)) == vector.signature)
        }
    }

    @Test func eachBitOfSignatureAndBodyCounts() {
        for vector in vectors {
            let whole = request(vector)
            for altered in whole.flippingBits(of: "X-Hub-Signature-256") + whole.flippingBitsOfBody() {
                #expect(scheme(vector.secret).verify(altered, now: .distantPast).isRefused)
            }
        }
    }

    @Test func theHeaderMustBeThereOnceWithItsPrefix() {
        let vector = vectors[1]
        let good = request(vector)
        var doubled = good.headers
        doubled.add("X-Hub-Signature-256", vector.signature)
        let cases: [(WebhookRequest, String)] = [
            (good.with("X-Hub-Signature-256", nil), "missing"),
            (good.with("X-Hub-Signature-256", ""), "empty"),
            (good.with(headers: doubled), "2 times"),
            (good.with("X-Hub-Signature-256", String(vector.signature.dropFirst(7))), "does not start with 'sha256='"),
            (good.with("X-Hub-Signature-256", "sha256="), "does not match"),
            (good.with("X-Hub-Signature-256", vector.signature.uppercased()), "does not start"),
        ]
        for (request, words) in cases {
            #expect(scheme(vector.secret).verify(request, now: .distantPast).reason.contains(words))
        }
    }

    @Test func anotherKeyOrNoneIsRefused() {
        #expect(scheme("app-secreT").verify(request(vectors[2]), now: .distantPast).isRefused)
        #expect(scheme("").verify(request(vectors[2]), now: .distantPast).reason.contains("no key"))
    }

    /// RFC 2202 and RFC 4231, test case 2.
    @Test(arguments: [
        (SignatureHash.sha1, SignatureEncoding.hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (.sha256, .hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (.sha256, .base64, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
        (
            .sha384, .hex,
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
        ),
        (
            .sha512, .hex,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
                + "caeab1a34d4a6b4b636e070a38bce737"
        ),
    ])
    func everyHash(hash: SignatureHash, encoding: SignatureEncoding, expected: String) {
        let scheme = HMACSignature(header: "X-Signature", key: Secret("Jefe"), hash: hash, encoding: encoding)
        #expect(scheme.signature(of: Array("what do ya want for nothing?".utf8)) == expected)
    }
}
