import ChannelSDK
import ChannelTesting
import FoundationEssentials
import Synchronization
import Testing

@testable import ChannelEmail

@Suite struct SNSSignatureTests {
    struct Vectors: Decodable {
        struct Vector: Decodable {
            let certificate: String
            let message: [String: String]?
            let messages: [[String: String]]?

            enum CodingKeys: String, CodingKey {
                case message, messages
                case certificate = "cert_pem"
            }

            var all: [[String: String]] { (messages ?? []) + (message.map { [$0] } ?? []) }
        }

        struct Group: Decodable { let vectors: [Vector] }

        let sns: Group
    }

    private let vectors: [Vectors.Vector]

    init() throws {
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/\(tests)/Fixtures/provider-signatures.json"))
        vectors = try JSONDecoder().decode(Vectors.self, from: data).sns.vectors
    }

    private func request(_ message: [String: String]) -> WebhookRequest {
        let json = JSONValue.object(message.mapValues { .string($0) })
        return Accounts.webhook(String(decoding: json.bytes, as: UTF8.self))
    }

    /// The verdict, and the addresses that were asked on the way.
    private func verify(
        _ message: [String: String], topic: String? = nil, endpoint: SNSEndpoint = .amazon, authorities: String? = nil,
        certificate: String, status: Int = 200, confirmationStatus: Int? = nil
    ) async -> (verdict: WebhookVerdict, asked: [String]) {
        let transport = ScriptedTransport { request in
            let isCertificate = request.url.hasSuffix(".pem")
            let answer = isCertificate ? status : confirmationStatus ?? status
            // Nobody is there.
            if answer == 0 { return .failure(TransportFailure(reason: .connect, mayHaveBeenSent: false, message: "")) }
            return .success(HTTPResponse(status: answer, body: isCertificate ? Array(certificate.utf8) : []))
        }
        let scheme = SNSSignature(
            topicARN: topic ?? message["TopicArn"] ?? "", endpoint: endpoint, transport: transport, cache: EmptyCache())
        let verdict = await scheme.verify(request(message), now: .distantPast)
        #expect(transport.requests.allSatisfy { $0.certificateAuthorityFile == authorities })
        return (verdict, transport.requests.map(\.url))
    }

    @Test func everyVectorIsGenuineAndConfirmed() async {
        let all = vectors.flatMap { vector in vector.all.map { ($0, vector.certificate) } }
        #expect(all.count == 5)
        for (message, certificate) in all {
            let (verdict, asked) = await verify(message, certificate: certificate)
            #expect(verdict == .genuine)
            let isConfirmation = message["Type"] == "SubscriptionConfirmation"
            let addresses = [message["SigningCertURL"]] + (isConfirmation ? [message["SubscribeURL"]] : [])
            #expect(asked == addresses.compactMap(\.self))
        }
    }

    /// Nothing is asked of anybody's server, and no subscription confirmed, for a message that is not Amazon's.
    @Test func everySignedFieldCounts() async {
        for vector in vectors {
            for message in vector.all {
                let isNotice = message["Type"] == "Notification"
                let signed =
                    ["Message", "MessageId", "Timestamp"] + (isNotice ? ["Subject"] : ["Token", "SubscribeURL"])
                for name in signed {
                    var altered = message
                    altered[name]? += "x"
                    let (verdict, asked) = await verify(altered, certificate: vector.certificate)
                    #expect(verdict != .genuine, "\(name)")
                    #expect(asked.count == 1)
                }
                for (name, value) in [
                    ("SignatureVersion", "3"), ("Signature", ""), ("Type", "X"), ("Signature", "AAAA"),
                ] {
                    var altered = message
                    altered[name] = value
                    #expect(await verify(altered, certificate: vector.certificate).verdict != .genuine)
                }
                let version = message["SignatureVersion"] == "1" ? "2" : "1"
                var other = message
                other["SignatureVersion"] = version
                #expect(await verify(other, certificate: vector.certificate).verdict != .genuine)
                let stranger = await verify(
                    message, topic: "arn:aws:sns:us-east-1:1:x", certificate: vector.certificate)
                #expect(stranger.verdict != .genuine && stranger.asked.isEmpty)
                let down = await verify(message, certificate: vector.certificate, status: 503)
                #expect(down.verdict != .genuine)
                #expect(await verify(message, certificate: "-----BEGIN CERTIFICATE-----").verdict != .genuine)
                let cut = String(vector.certificate.prefix(600)) + "\n-----END CERTIFICATE-----"
                #expect(await verify(message, certificate: cut).verdict != .genuine)
            }
        }
    }

    /// SNS tries again after a 5xx only: what can't be told now is not refused.
    @Test(arguments: [
        (0, true), (500, true), (503, true), (429, true), (408, true), (302, true), (404, false), (403, false),
    ])
    func whatCannotBeToldNowIsUndecided(status: Int, isPassing: Bool) async throws {
        func isUndecided(_ verdict: WebhookVerdict) -> Bool {
            if case .undecided = verdict { true } else { false }
        }
        for vector in vectors {
            for message in vector.all {
                let (verdict, _) = await verify(message, certificate: vector.certificate, status: status)
                #expect(verdict != .genuine && isUndecided(verdict) == isPassing)
                guard message["Type"] == "SubscriptionConfirmation" else { continue }
                let confirmed = await verify(message, certificate: vector.certificate, confirmationStatus: status)
                #expect(confirmed.verdict != .genuine && isUndecided(confirmed.verdict) == isPassing)
            }
        }
        let vector = try #require(vectors.last)
        let page = await verify(try #require(vector.all.first), certificate: "<html>Log in</html>")
        #expect(isUndecided(page.verdict))
        // What is wrong by itself is refused, whatever else can't be told.
        var forged = try #require(vector.all.first)
        forged["Message"]? += "x"
        #expect(await !isUndecided(verify(forged, certificate: vector.certificate).verdict))
    }

    @Test(arguments: [
        "http://sns.us-east-1.amazonaws.com/a.pem", "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.us-east-1.amazonaws.com/a.pem", "https://sns.a@evil.example/.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com:8443/a.pem", "https://x@sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.pem?x", "https://sns.us-east-1.amazonaws.com/?a.pem",
        "https://sns.ab.amazonaws.com/a.pem", "https://sns.amazonaws.com/a.pem", "https://sns.a.b.amazonaws.com/a.pem",
        "https://s3.us-east-1.amazonaws.com/a.pem", "https://sns.us-east-1.amazonaws.com/a", "",
        "https://sns.evil.example\\.us-east-1.amazonaws.com/a.pem", "https://sns.us-east-1.amazonaws.com/ a.pem",
    ])
    func certificatesFromElsewhereAreNotAsked(address: String) async throws {
        var message = try #require(vectors.last?.all.first)
        message["SigningCertURL"] = address
        let (verdict, asked) = await verify(message, certificate: vectors[1].certificate)
        #expect(verdict == .refused("SigningCertURL is not an address of SNS"))
        #expect(asked.isEmpty)
    }

    @Test(arguments: ["us-gov-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn"])
    func everyPartitionHasAddresses(host: String) async throws {
        var message = try #require(vectors.last?.all.first)
        message["SigningCertURL"] = "https://sns.\(host)/SimpleNotificationService-1.pem"
        #expect(await verify(message, certificate: vectors[1].certificate).verdict == .genuine)
    }

    /// Where another server is named, it alone is believed: Amazon's addresses are no longer.
    @Test(arguments: [
        ("https://sns.acme.example", "https://sns.acme.example/a.pem", true),
        ("https://sns.acme.example/", "https://sns.acme.example/a.pem", true),
        ("https://sns.acme.example:8443", "https://sns.acme.example:8443/x/a.pem", true),
        ("http://127.0.0.1:4010", "http://127.0.0.1:4010/a.pem", true),
        ("http://[::1]:4010", "http://[::1]:4010/a.pem", true), ("http://localhost", "http://localhost/a.pem", true),
        ("https://sns.acme.example", "https://sns.us-east-1.amazonaws.com/a.pem", false),
        ("https://sns.acme.example", "http://sns.acme.example/a.pem", false),
        ("https://sns.acme.example", "https://sns.acme.example.evil.example/a.pem", false),
        ("https://sns.acme.example", "https://sns.acme.example@evil.example/a.pem", false),
        ("https://sns.acme.example", "https://sns.acme.example:8443/a.pem", false),
        ("https://sns.acme.example", "https://sns.acme.example\\.evil.example/a.pem", false),
        ("https://sns.acme.example", "https://sns.acme.example/a.pem?x", false),
        ("http://127.0.0.1:4010", "http://127.0.0.1:40100/a.pem", false),
        ("http://127.0.0.1:4010", "http://169.254.169.254/a.pem", false),
    ])
    func anotherServer(base: String, address: String, isBelieved: Bool) async throws {
        let endpoint = try #require(SNSEndpoint(baseURL: base, certificateAuthorityFile: "/etc/acme.pem"))
        var message = try #require(vectors.last?.all.first)
        message["SigningCertURL"] = address
        let (verdict, asked) = await verify(
            message, endpoint: endpoint, authorities: "/etc/acme.pem", certificate: vectors[1].certificate)
        #expect(verdict == (isBelieved ? .genuine : .refused("SigningCertURL is not an address of SNS")))
        #expect(asked == (isBelieved ? [address] : []))
    }

    /// The address of a confirmation is signed, so it is altered with the topic's own key here: by whoever holds that.
    @Test func confirmationsElsewhereAreNotVisited() async throws {
        let endpoint = try #require(SNSEndpoint(baseURL: "https://sns.acme.example"))
        let confirmations = vectors.flatMap { vector in
            vector.all.filter { $0["Type"] == "SubscriptionConfirmation" }.map { ($0, vector.certificate) }
        }
        #expect(!confirmations.isEmpty)
        for (message, certificate) in confirmations {
            var moved = message
            moved["SigningCertURL"] = "https://sns.acme.example/a.pem"
            let (verdict, asked) = await verify(moved, endpoint: endpoint, certificate: certificate)
            #expect(verdict == .refused("SubscribeURL is not an address of SNS"))
            #expect(asked == ["https://sns.acme.example/a.pem"])
        }
    }

    @Test(arguments: [
        "", "sns.acme.example", "ftp://sns.acme.example", "http://sns.acme.example", "http://127.0.0.1.evil.example",
        "http://127.0.0.256", "http://127.1", "http://localhost.evil.example", "http://x@localhost", "http://10.0.0.1",
        "https://", "https:///", "https://a.example/path", "https://a.example?x", "https://a.example#x",
        "https://a@b.example", "https://a.example:", "https://a.example:0", "https://a.example:65536",
        "https://a.example:+1", "https://a.example\\b", "https://a b", "https://é.example", "https://[::1",
        "http://[::2]", "https://a.example//", "https://a:b:1", "http://127.0.0.1:4010:1",
    ])
    func noServer(base: String) {
        #expect(SNSEndpoint(baseURL: base) == nil)
    }
}
