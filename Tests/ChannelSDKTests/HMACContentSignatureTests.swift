import ChannelSDK
import Testing

@Suite struct HMACContentSignatureTests {
    /// The example of Slack's documentation of its request signatures.
    private static let body =
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        + "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url="
        + "https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        + "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    private static let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    private static let verifier = HMACContentSignature(
        header: "X-Slack-Signature", prefix: "v0=", key: Secret("8f742231b10e8888abcd99yyyzzz85a5"),
        content: [.text("v0:"), .timestamp, .text(":"), .body], timestampHeader: "X-Slack-Request-Timestamp")

    private static func request(
        _ signature: String = signature, at time: String = "1531420618", body: String = body
    ) -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks/slack",
            headers: ["X-Slack-Signature": signature, "X-Slack-Request-Timestamp": time], body: Array(body.utf8),
            receivedAt: Timestamp(seconds: 1_531_420_618))
    }

    @Test(
        arguments: [
            (request(), 1_531_420_618, true), (request(), 1_531_420_918, true), (request(), 1_531_420_318, true),
            (request(), 1_531_420_919, false), (request(), 1_531_420_317, false),
            (request(at: "1531420619"), 1_531_420_618, false), (request(at: "soon"), 1_531_420_618, false),
            (request(at: ""), 1_531_420_618, false), (request(at: "15314206180000"), 1_531_420_618, false),
            (request(body: body + "x"), 1_531_420_618, false),
            (request("v1=" + signature.dropFirst(3)), 1_531_420_618, false),
            (request(signature.uppercased()), 1_531_420_618, false), (request(""), 1_531_420_618, false),
        ] as [(WebhookRequest, Int64, Bool)])
    func `the documented example is genuine in its time, and nothing else`(
        _ request: WebhookRequest, _ now: Int64, _ isGenuine: Bool
    ) {
        #expect((Self.verifier.verify(request, now: Timestamp(seconds: now)) == .genuine) == isGenuine)
    }

    @Test func `a sender signs as the receiver verifies`() {
        #expect(Self.verifier.signature(of: Self.request("")) == Self.signature)
        let nobody = HMACContentSignature(header: "X", key: Secret(""), content: [.body])
        #expect(nobody.signature(of: Self.request()).isEmpty)
        #expect(nobody.verify(Self.request(), now: Timestamp(seconds: 0)) != .genuine)
    }

    /// A signature over the address holds whether the provider wrote the port or not, and for no other address.
    @Test(arguments: [
        ("https://notify.example.com/webhooks/x?delivery=1", true),
        ("https://notify.example.com:443/webhooks/x?delivery=1", true),
        ("https://notify.example.com/webhooks/x?delivery=2", false),
    ])
    func `the address is covered`(_ signed: String, _ isGenuine: Bool) {
        let verifier = HMACContentSignature(
            header: "X-Sign", key: Secret("key"), encoding: .base64, content: [.method, .url, .body])
        func request(_ url: String, _ headers: HTTPHeaders = [:]) -> WebhookRequest {
            WebhookRequest(
                method: "PUT", url: url, headers: headers, body: [1, 2], receivedAt: Timestamp(seconds: 0))
        }
        let called = request(
            "https://notify.example.com/webhooks/x?delivery=1", ["X-Sign": verifier.signature(of: request(signed))])
        #expect((verifier.verify(called, now: Timestamp(seconds: 0)) == .genuine) == isGenuine)
    }

    @Test(arguments: [
        ("Bearer sesame", true), ("sesame", false), ("bearer sesame", false), ("Bearer sesame ", false),
        ("Bearer ", false), ("", false),
    ])
    func `a bearer token is the whole one`(_ header: String, _ isGenuine: Bool) {
        func verdict(_ headers: HTTPHeaders) -> WebhookVerdict {
            let request = WebhookRequest(
                method: "POST", url: "https://x.example/", headers: headers, body: [], receivedAt: Timestamp(seconds: 0)
            )
            return HeaderSecret.bearer(Secret("sesame")).verify(request, now: Timestamp(seconds: 0))
        }
        #expect((verdict(["Authorization": header]) == .genuine) == isGenuine)
        #expect(verdict([:]) != .genuine)
        var twice: HTTPHeaders = ["Authorization": header]
        twice.add("Authorization", header)
        #expect(verdict(twice) != .genuine)
    }
}
