import ChannelSDK
import Testing

@Suite struct StandardWebhooksTests {
    private let vectors: [(vector: SignatureVectors.Timed.Vector, headers: StandardWebhooks.Headers)]

    init() throws {
        let all = try SignatureVectors.load()
        vectors = all.standard.vectors.map { ($0, .standard) } + all.svix.vectors.map { ($0, .svix) }
    }

    @Test func everyVectorIsGenuineAndSignedAlike() throws {
        #expect(vectors.count == 4)
        for (vector, headers) in vectors {
            let scheme = try StandardWebhooks(key: Secret(vector.key), headers: headers)
            let now = Timestamp(seconds: vector.timestamp)
            #expect(scheme.verify(vector.request(headers), now: now) == .genuine)
            let body = Array(vector.body.utf8)
            guard vector.key.hasPrefix("whsec_") else { continue }
            #expect(try scheme.sign(id: vector.id, timestamp: now, body: body) == vector.signature)
            #expect(try scheme.signedHeaders(id: vector.id, timestamp: now, body: body)[headers.signature] != nil)
        }
    }

    @Test func aPrivateKeySignsWhatItsPublicKeyVerifies() throws {
        let vector = try #require(vectors.first { $0.vector.privateKey != nil }).vector
        let signer = try StandardWebhooks(key: Secret(try #require(vector.privateKey)))
        let now = Timestamp(seconds: vector.timestamp)
        let headers = try signer.signedHeaders(id: vector.id, timestamp: now, body: Array(vector.body.utf8))
        let sent = vector.request(.standard).with(headers: headers)
        #expect(try StandardWebhooks(key: Secret(vector.key)).verify(sent, now: now) == .genuine)
        #expect(signer.verify(sent, now: now) == .genuine)
        #expect(throws: InvalidWebhookKey.self) {
            try StandardWebhooks(key: Secret(vector.key)).sign(id: "m", timestamp: now, body: [])
        }
    }

    @Test func eachBitOfSignatureBodyIdAndTimeCounts() throws {
        for (vector, headers) in vectors {
            // Without a limit on time it is the signature that has to refuse an altered time.
            let scheme = try StandardWebhooks(key: Secret(vector.key), headers: headers, tolerance: .seconds(1 << 40))
            let good = vector.request(headers)
            let now = Timestamp(seconds: vector.timestamp)
            #expect(scheme.verify(good, now: now) == .genuine)
            let altered =
                good.flippingBits(of: headers.signature) + good.flippingBits(of: headers.id)
                + good.flippingBits(of: headers.timestamp) + good.flippingBitsOfBody()
            for request in altered { #expect(scheme.verify(request, now: now).isRefused, "\(request)") }
        }
    }

    @Test(arguments: [(-301, false), (-300, true), (0, true), (300, true), (301, false)])
    func timeIsToleratedForFiveMinutes(offset: Int, isGenuine: Bool) throws {
        let (vector, headers) = vectors[0]
        let scheme = try StandardWebhooks(key: Secret(vector.key), headers: headers)
        let now = Timestamp(seconds: vector.timestamp) + .seconds(offset)
        #expect((scheme.verify(vector.request(headers), now: now) == .genuine) == isGenuine)
    }

    @Test(arguments: ["", "abc", "-1614265330", "+1614265330", "1614265330.5", "99999999999999999999", " 1614265330"])
    func aTimeOfAnotherFormIsRefused(time: String) throws {
        let (vector, headers) = vectors[0]
        let scheme = try StandardWebhooks(key: Secret(vector.key), headers: headers)
        let request = vector.request(headers).with(headers.timestamp, time)
        #expect(scheme.verify(request, now: Timestamp(seconds: vector.timestamp)).reason.contains("webhook-timestamp"))
    }

    @Test func oneOfSeveralSignaturesIsEnough() throws {
        let (vector, headers) = vectors[0]
        let scheme = try StandardWebhooks(key: Secret(vector.key), headers: headers)
        let now = Timestamp(seconds: vector.timestamp)
        for list in ["v1,AAAA v2,x \(vector.signature)", "\(vector.signature) v1a,zzz", "v1, \(vector.signature)"] {
            #expect(scheme.verify(vector.request(headers).with(headers.signature, list), now: now) == .genuine)
        }
        for list in ["v1,AAAA v2,x", "v1", ",", " ", "v2\(vector.signature.dropFirst(2))"] {
            #expect(scheme.verify(vector.request(headers).with(headers.signature, list), now: now).isRefused)
        }
    }

    @Test func eachHeaderMustBeThereOnce() throws {
        let (vector, headers) = vectors[0]
        let scheme = try StandardWebhooks(key: Secret(vector.key), headers: headers)
        let now = Timestamp(seconds: vector.timestamp)
        let good = vector.request(headers)
        for name in [headers.id, headers.timestamp, headers.signature] {
            #expect(scheme.verify(good.with(name, nil), now: now) == .refused("header \(name) is missing"))
            #expect(scheme.verify(good.with(name, ""), now: now) == .refused("header \(name) is empty"))
            var doubled = good.headers
            doubled.add(name, good.headers[name] ?? "")
            let verdict = scheme.verify(good.with(headers: doubled), now: now)
            #expect(verdict == .refused("header \(name) occurs 2 times"))
        }
    }

    /// `m.1` at 2 and `m` at 1 with a body that starts with `2.` would be signed alike.
    @Test func anIdCannotReachIntoTheTime() throws {
        let scheme = try StandardWebhooks(key: Secret(vectors[0].vector.key))
        let now = Timestamp(seconds: 1)
        var headers = try scheme.signedHeaders(id: "m", timestamp: now, body: Array("2.x".utf8))
        headers["webhook-id"] = "m.1"
        headers["webhook-timestamp"] = "2"
        let forged = vectors[0].vector.request(.standard).with(headers: headers, body: Array("x".utf8))
        #expect(scheme.verify(forged, now: now).isRefused)
        #expect(throws: InvalidWebhookKey.self) { try scheme.sign(id: "m.1", timestamp: now, body: []) }
        #expect(throws: InvalidWebhookKey.self) { try scheme.sign(id: "", timestamp: now, body: []) }
    }

    @Test(arguments: [
        ("", "must start with"), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "must start with"),
        ("whsec_", "24 to 64 bytes, not 0"), ("whsec_AAAA", "24 to 64 bytes, not 3"), ("whsec_***", "base64"),
        ("whsec_" + String(repeating: "AAAA", count: 22), "not 66"), ("whpk_AAAA", "Ed25519 public key"),
        ("whsk_AAAA", "Ed25519 private key"), ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx=", "base64"),
    ])
    func aBadKeyIsExplained(key: String, words: String) {
        let error = #expect(throws: InvalidWebhookKey.self) { try StandardWebhooks(key: Secret(key)) }
        #expect(error?.message.contains(words) == true)
        #expect(key.count < 10 || error?.message.contains(key.dropFirst(6)) == false)
    }
}
