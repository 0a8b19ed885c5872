import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct VonageSignatureTests {
    private func isGenuine(_ request: WebhookRequest, _ kit: ChannelTestKit<SMSChannel>) async -> Bool {
        guard case .scheme(let verifier) = kit.channel.webhooks.verification else { return false }
        return await verifier.verify(request, now: .distantPast) == .genuine
    }

    /// Requests that were signed elsewhere, each in every form that Vonage may be told to use.
    @Test(arguments: VonageSMSAccount.Form.allCases)
    func publishedVectors(form: VonageSMSAccount.Form) async throws {
        let vectors = try SignatureVectors.load().vonage_sms_sig.vectors
        #expect(
            vectors.flatMap(\.signatures).map(\.method).sorted() == [
                "hmac-md5", "hmac-md5", "hmac-sha256", "hmac-sha256", "md5hash", "md5hash",
            ])
        for vector in vectors {
            for (method, sig) in vector.signatures {
                let pairs = vector.params.map { FormEncoding.Pair($0.key, $0.value) } + [.init("sig", sig)]
                let request = VonageSMSAccount.webhook(pairs, as: form)
                for other in ["md5hash", "hmac-md5", "hmac-sha1", "hmac-sha256", "hmac-sha512"] {
                    let settings: [String: SettingValue?] = [
                        "signature_secret": .secret(Secret(vector.secret)), "signature_method": .string(other),
                    ]
                    let kit = try VonageSMSAccount.kit(settings)
                    #expect(await isGenuine(request, kit) == (other == method), "\(sig) as \(other)")
                }
                let stranger = try VonageSMSAccount.kit(["signature_method": .string(method)])
                #expect(await isGenuine(request, stranger) == false, "\(sig)")
            }
        }
    }

    /// For these there is no published vector: made with OpenSSL.
    @Test(arguments: [
        ("hmac-sha1", "cbaca04b5fb33a40dc442f870e69b79b4d45bae3"),
        (
            "hmac-sha512",
            "8a757890747f122dc0ab918e9ee39814a3c41798fa515f9ba1364a41cbfc0a10"
                + "3d10e7dc7b385ad5fbd8fd7e68a08340a5a163dcd26c7e4cc6ea7a6744f611af"
        ),
    ])
    func otherDigests(method: String, expected: String) async throws {
        let kit = try VonageSMSAccount.kit(["signature_method": .string(method)])
        let pairs = [FormEncoding.Pair("a", "1"), FormEncoding.Pair("sig", expected)]
        #expect(await isGenuine(VonageSMSAccount.webhook(pairs), kit))
    }

    @Test(arguments: VonageSMSAccount.Form.allCases)
    func onlyVonageIsBelieved(form: VonageSMSAccount.Form) async throws {
        let pairs = [
            FormEncoding.Pair("status", "delivered"), FormEncoding.Pair("messageId", "a"),
            FormEncoding.Pair("text", "é & = ж"), FormEncoding.Pair("empty", ""),
        ]
        try await VonageSMSAccount.kit().check(
            verificationOf: [VonageSMSAccount.webhook(pairs, as: form)], coversBody: form != .query
        ) { _ in
            VonageSMSAccount.signed(pairs, as: form)
        }
    }

    @Test func whatIsNotCoveredIsNotGenuine() async throws {
        let kit = try VonageSMSAccount.kit()
        func signed(_ pairs: [(String, String)]) -> WebhookRequest {
            VonageSMSAccount.signed(pairs.map { FormEncoding.Pair($0.0, $0.1) }, as: .form)
        }
        func with(_ request: WebhookRequest, body: String) -> WebhookRequest {
            WebhookRequest(
                method: "POST", url: request.url, headers: request.headers, body: Array(body.utf8),
                receivedAt: request.receivedAt)
        }
        let genuine = signed([("a", "1"), ("b", "2")])
        let body = String(decoding: genuine.body, as: UTF8.self)
        #expect(await isGenuine(genuine, kit))
        #expect(
            await isGenuine(with(genuine, body: body.uppercased().replacing("A=1&B=2&SIG", with: "a=1&b=2&sig")), kit))
        // Both fields in the name of one have the same text to sign.
        #expect(await isGenuine(with(genuine, body: body.replacing("a=1&b=2", with: "a%3D1%26b=2")), kit) == false)
        #expect(await isGenuine(with(genuine, body: body + "&b=2"), kit) == false)
        #expect(await isGenuine(with(genuine, body: body.replacing("sig=", with: "sig=&sig=")), kit) == false)
        #expect(await isGenuine(with(genuine, body: body + "&c=3"), kit) == false)
        #expect(await isGenuine(with(genuine, body: body.replacing("b=2", with: "b=3")), kit) == false)
        #expect(await isGenuine(with(genuine, body: ""), kit) == false)
        #expect(
            await isGenuine(with(genuine, body: #"{"a":"1","b":"2","c":{},"sig":"\#(body.suffix(64))"}"#), kit) == false
        )
        #expect(await isGenuine(with(genuine, body: #"{"a":1,"b":"2","sig":"\#(body.suffix(64))"}"#), kit))
    }
}
