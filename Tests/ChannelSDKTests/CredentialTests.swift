import ChannelSDK
import Testing

/// Secrets in the address, and Basic authentication.
@Suite struct CredentialTests {
    private func request(_ query: String, _ headers: HTTPHeaders = [:]) -> WebhookRequest {
        WebhookRequest(
            method: "POST", url: "https://a.example/webhooks/sms\(query)", headers: headers, body: [],
            receivedAt: .distantPast)
    }

    @Test(arguments: [
        ("?secret=s3cr%20et", ""), ("?delivery=1&secret=s3cr+et", ""), ("", "is missing"), ("?secret", "is not the"),
        ("?secret=", "is not the"), ("?secret=s3cr", "is not the"), ("?secret=S3cr+et", "is not the"),
        ("?Secret=s3cr+et", "is missing"), ("?secret=s3cr+et&secret=s3cr+et", "occurs 2 times"),
    ])
    func secretInTheAddress(query: String, words: String) {
        let verdict = SharedSecret(value: Secret("s3cr et")).verify(request(query), now: .distantPast)
        #expect((verdict == .genuine) == words.isEmpty)
        #expect(verdict.reason.contains(words) || words.isEmpty)
    }

    @Test(
        arguments: [
            (["Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="], ""),
            (["authorization": "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="], ""),
            ([:], "is missing"), (["Authorization": ""], "is empty"), (["Authorization": "Basic"], "scheme Basic"),
            (["Authorization": "Basic "], "scheme Basic"), (["Authorization": "Bearer QWxh"], "scheme Basic"),
            (["Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ="], "configured user"),
            (["Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZR=="], "configured user"),
            (["Authorization": "Basic x", "authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="], "occurs 2 times"),
        ] as [(HTTPHeaders, String)])
    func basicAuthentication(headers: HTTPHeaders, words: String) {
        let scheme = BasicAuthentication(username: "Aladdin", password: Secret("open sesame"))
        let verdict = scheme.verify(request("", headers), now: .distantPast)
        #expect((verdict == .genuine) == words.isEmpty)
        #expect(verdict.reason.contains(words) || words.isEmpty)
    }

    /// What is stored of a genuine request shows no secret, and is else as it came.
    @Test(arguments: [
        ("?secret=s3cr%20et", ""), ("?delivery=1.1&secret=s3cr+et", "?delivery=1.1"),
        ("?secret=x&a=%2B+&&b", "?a=%2B+&&b"), ("?a&%73ecret=x&c=", "?a&c="),
        ("?secrets=1&x=secret", "?secrets=1&x=secret"),
        ("?a=1?secret=2", "?a=1?secret=2"), ("?x=1&secret=a&secret=b", "?x=1"), ("?secret", ""), ("", ""),
    ])
    func theSecretInTheAddressIsNotKept(query: String, kept: String) {
        let given = request(query, ["X-Other": "1"])
        #expect(SharedSecret(value: Secret("s3cr et")).withoutSecret(given) == request(kept, ["X-Other": "1"]))
    }

    @Test func noOpenProofIsKept() {
        let headers: HTTPHeaders = ["X-Token": "s3cr et", "Authorization": "Basic x", "Content-Type": "text/plain"]
        let header = HeaderSecret(header: "x-token", value: Secret("s3cr et"))
        let basic = BasicAuthentication(username: "u", password: Secret("p"))
        let query = SharedSecret(value: Secret("s3cr et"))
        let given = request("?secret=s3cr+et&a=1", headers)
        #expect(header.withoutSecret(given).headers["X-Token"] == nil)
        #expect(basic.withoutSecret(given).headers["Authorization"] == nil)
        let all = WebhookVerification.scheme(CombinedVerification([header, basic, query]))
        #expect(all.withoutSecret(given) == request("?a=1", ["Content-Type": "text/plain"]))
        #expect(WebhookVerification.none(reason: "").withoutSecret(given) == given)
    }

    @Test func anEmptySecretLetsNobodyIn() {
        #expect(SharedSecret(value: Secret("")).verify(request("?secret="), now: .distantPast).isRefused)
        let basic = BasicAuthentication(username: "u", password: Secret(""))
        let headers: HTTPHeaders = ["Authorization": basic.headerValue.revealed]
        #expect(basic.verify(request("", headers), now: .distantPast).isRefused)
    }
}
