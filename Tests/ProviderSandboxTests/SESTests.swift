import Crypto
import CryptoExtras
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import SwiftASN1
import Testing
import X509

@testable import ProviderSandbox

@Suite("Amazon SES", .timeLimit(.minutes(10)))
struct SESTests {
    static let path = "/v2/email/outbound-emails"

    static func mail(to: String = "ada@example.com", delivery: String = "d.1") -> String {
        """
        {"FromEmailAddress":"Acme <hello@acme.example>","Destination":{"ToAddresses":["\(to)"]},
         "ConfigurationSetName":"sandbox-events","EmailTags":[{"Name":"delivery","Value":"d_1"}],
         "Content":{"Simple":{"Subject":{"Data":"Hi"},"Body":{"Text":{"Data":"hello"}},
                              "Headers":[{"Name":"X-Our-Delivery","Value":"\(delivery)"}]}}}
        """
    }

    /// Signature Version 4 as a client makes it, written out step by step.
    static func headers(_ body: String, secret: String = "sandbox-secret-access-key") -> [String: String] {
        func hash(_ text: String) -> String {
            SHA256.hash(data: Data(text.utf8)).map { String(format: "%02x", $0) }.joined()
        }
        func code(_ key: Data, _ text: String) -> Data {
            Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key)))
        }
        let canonical =
            "POST\n\(path)\n\ncontent-type:application/json\nhost:email.us-east-1.amazonaws.com\n"
            + "x-amz-date:20260102T030405Z\n\ncontent-type;host;x-amz-date\n" + hash(body)
        let text = "AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/us-east-1/ses/aws4_request\n" + hash(canonical)
        let date = code(Data("AWS4\(secret)".utf8), "20260102")
        let key = code(code(code(date, "us-east-1"), "ses"), "aws4_request")
        let signature = code(key, text).map { String(format: "%02x", $0) }.joined()
        return [
            "Host": "email.us-east-1.amazonaws.com", "X-Amz-Date": "20260102T030405Z",
            "Content-Type": "application/json",
            "Authorization": "AWS4-HMAC-SHA256 Credential=AKIASANDBOX000000000/20260102/us-east-1/ses/aws4_request, "
                + "SignedHeaders=content-type;host;x-amz-date, Signature=\(signature)",
        ]
    }

    /// `get-vanilla` of AWS's test suite.
    @Test("a request's signature as published")
    func signature() throws {
        let published = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        let given = try AWSSignature(
            authorization: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=\(published)")
        let expected = given.expected(
            method: "GET", path: "/", headers: ["example.amazonaws.com", "20150830T123600Z"], body: ByteBuffer(),
            time: "20150830T123600Z", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        #expect(expected == published)
        #expect(given.signature == published)
    }

    @Test(
        "an authorization without its parts is refused",
        arguments: [
            "", "Bearer x", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0",
            "AWS4-HMAC-SHA256 Credential=a/20260102/r/ses/aws4_request, Signature=0",
            "AWS4-HMAC-SHA256 Credential=a/20260102/r/ses/aws4_request, SignedHeaders=host, Signature=0",
        ])
    func incomplete(authorization: String) {
        let error = #expect(throws: SESError.self) { try AWSSignature(authorization: authorization) }
        #expect(error?.type == "IncompleteSignatureException")
    }

    @Test("a mail is answered with its id")
    func answer() async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(Self.mail(), to: Self.path, headers: Self.headers(Self.mail()))
            #expect(response.status == .ok)
            let id = try #require(JSONParser.parse(response.body)?["MessageId"]?.text)
            let message = try #require(try await sandbox.ledger().messages.first)
            #expect(message.sid == id)
            #expect(message.delivery == "d.1")
        }
    }

    @Test(
        "errors, by their type",
        arguments: [
            (mail(), [:], 403, "MissingAuthenticationTokenException"),
            (mail(), headers(mail(), secret: "other"), 403, "InvalidSignatureException"),
            (mail(to: "b@example.com"), headers(mail()), 403, "InvalidSignatureException"),
            ("no", nil, 400, "BadRequestException"), ("{}", nil, 400, "BadRequestException"),
            (mail(to: "nobody"), nil, 400, "BadRequestException"),
            (mail().replacing("Simple", with: "Other"), nil, 400, "BadRequestException"),
            (mail().replacing("sandbox-events", with: "others"), nil, 404, "NotFoundException"),
            (mail(to: "refused@x.example"), nil, 400, "MessageRejected"),
            (mail(to: "unavailable@x.example"), nil, 503, "ServiceUnavailable"),
        ] as [(String, [String: String]?, Int, String)])
    func errors(body: String, headers: [String: String]?, status: Int, type: String) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(body, to: Self.path, headers: headers ?? Self.headers(body))
            #expect(response.status.code == status)
            #expect(response.headers[.init("x-amzn-ErrorType")!] == type)
        }
    }

    private static func run(
        version: Int, sns: String? = nil,
        _ body: @Sendable (LiveSandbox, CallbackReceiver, Certificate.PublicKey) async throws -> Void
    ) async throws {
        try await CallbackReceiver.run { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/email")
            let settings = ProviderSettings(ses: SESSettings(webhook: url, signatureVersion: version, snsBase: sns))
            try await LiveSandbox.run(providers: settings) { sandbox in
                let pem = try await sandbox.client.execute(uri: "/\(SNSTopic.certificatePath)", method: .get)
                #expect(pem.status == .ok)
                let certificate = try Certificate(pemEncoded: String(buffer: pem.body))
                #expect(certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
                try await body(sandbox, receiver, certificate.publicKey)
            }
        }
    }

    /// Checked with the served certificate, as SNS documents it.
    private static func isSigned(_ message: JSON?, by key: Certificate.PublicKey) throws -> Bool {
        let names =
            message?["Type"]?.text == "Notification"
            ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
            : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        let text = names.map { "\($0)\n\(message?[$0]?.text ?? "")\n" }.joined()
        let encoded = try #require(message?["Signature"]?.text.flatMap { Data(base64Encoded: $0) })
        let signature = _RSA.Signing.RSASignature(rawRepresentation: encoded)
        let publicKey = try #require(_RSA.Signing.PublicKey(key))
        return message?["SignatureVersion"] == "1"
            ? publicKey.isValidSignature(
                signature, for: Insecure.SHA1.hash(data: Data(text.utf8)), padding: .insecurePKCS1v1_5)
            : publicKey.isValidSignature(
                signature, for: SHA256.hash(data: Data(text.utf8)), padding: .insecurePKCS1v1_5)
    }

    @Test("events are signed through SNS by the certificate that is shown", arguments: [1, 2])
    func events(version: Int) async throws {
        try await Self.run(version: version) { sandbox, receiver, key in
            let body = Self.mail(to: "complained@x.example")
            let response = try await sandbox.post(body, to: Self.path, headers: Self.headers(body))
            let requests = await receiver.next(3)
            for request in requests {
                #expect(try Self.isSigned(request.json, by: key))
                #expect(request.json?["SignatureVersion"]?.text == "\(version)")
                #expect(request[header: "x-amz-sns-message-type"] == "Notification")
                let certificate = request.json?["SigningCertURL"]?.text
                #expect(certificate == "https://sns.us-east-1.amazonaws.com/\(SNSTopic.certificatePath)")
            }
            let events = requests.map { request in
                request.json?["Message"]?.text.flatMap { JSONParser.parse(ByteBuffer(string: $0)) }
            }
            #expect(events.map { $0?["eventType"]?.text } == ["Send", "Delivery", "Complaint"])
            let id = JSONParser.parse(response.body)?["MessageId"]
            #expect(events.allSatisfy { $0?["mail"]?["messageId"] == id && id != nil })
            #expect(events.allSatisfy { $0?["mail"]?["tags"]?["delivery"] == ["d_1"] })
        }
    }

    @Test(
        "addresses with a meaning",
        arguments: [
            ("bounced@x.example", ["Send", "Bounce"]), ("dropped@x.example", ["Reject"]),
            ("deferred@x.example", ["Send", "DeliveryDelay", "Delivery"]),
        ])
    func mailboxes(to: String, expected: [String]) async throws {
        try await Self.run(version: 1) { sandbox, receiver, _ in
            let body = Self.mail(to: to)
            _ = try await sandbox.post(body, to: Self.path, headers: Self.headers(body))
            let events = await receiver.next(expected.count).map { request in
                request.json?["Message"]?.text.flatMap { JSONParser.parse(ByteBuffer(string: $0)) }
            }
            #expect(events.map { $0?["eventType"]?.text } == expected)
        }
    }

    @Test("a subscription is to be confirmed")
    func subscription() async throws {
        try await Self.run(version: 1) { sandbox, receiver, key in
            let response = try await sandbox.post("", to: "/sandbox/subscribe/ses")
            #expect(response.status == .accepted)
            let request = try #require(await receiver.next(1).first)
            #expect(request.json?["Type"]?.text == "SubscriptionConfirmation")
            #expect(try Self.isSigned(request.json, by: key))
            let prefix = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn="
            #expect(request.json?["SubscribeURL"]?.text?.hasPrefix(prefix) == true)
        }
    }

    @Test("a subscription is confirmed at the address that was sent, and by its token only")
    func confirmation() async throws {
        try await Self.run(version: 2, sns: "http://sns.example:4010") { sandbox, receiver, _ in
            func isConfirmed() async throws -> JSON? {
                let answer = try await sandbox.client.execute(uri: "/sandbox/subscribe/ses", method: .get)
                return JSONParser.parse(answer.body)?["confirmed"]
            }
            _ = try await sandbox.post("", to: "/sandbox/subscribe/ses")
            let request = try #require(await receiver.next(1).first)
            let text = try #require(request.json?["SubscribeURL"]?.text)
            #expect(text.hasPrefix("http://sns.example:4010/?"))
            let path = String(text.dropFirst("http://sns.example:4010".count))
            for wrong in [path + "0", path.replacing("TopicArn=arn", with: "TopicArn=x")] {
                let refused = try await sandbox.client.execute(uri: wrong, method: .get)
                #expect(refused.status == .badRequest)
                let early = try await isConfirmed()
                #expect(early == .boolean(false))
            }
            let answer = try await sandbox.client.execute(uri: path, method: .get)
            #expect(answer.status == .ok)
            #expect(String(buffer: answer.body).contains("<SubscriptionArn>arn:aws:sns:"))
            let late = try await isConfirmed()
            #expect(late == .boolean(true))
        }
    }
}
