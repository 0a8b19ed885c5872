import ChannelSDK
import ChannelTesting
import FoundationEssentials
import Testing

@testable import ChannelEmail

@Suite struct SESTests {
    private let kit: ChannelTestKit<EmailChannel>

    init() throws { kit = try Accounts.kit("ses") }

    private var tag: String { kit.delivery.description.replacing(".", with: "_") }

    /// The signature was worked out with Python's hmac.
    @Test func aRequest() {
        let body =
            #"{"ConfigurationSetName":"events","Content":{"Simple":{"Body":{"Text":{"Charset":"UTF-8","Data":"#
            + #""Hi there"}},"Headers":[{"Name":"X-Switchboard-Delivery","Value":"\#(kit.delivery)"}],"#
            + #""Subject":{"Charset":"UTF-8","Data":"Hello"}}},"Destination":{"ToAddresses":["ada@example.com"]},"#
            + #""EmailTags":[{"Name":"delivery","Value":"\#(tag)"}],"FromEmailAddress":"Acme <hello@acme.example>"}"#
        kit.check(requests: [
            RequestCase(
                "text", Accounts.content,
                becomes: HTTPRequest(
                    url: "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails",
                    headers: [
                        "Authorization":
                            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/ses/aws4_request, "
                            + "SignedHeaders=content-type;host;x-amz-date, "
                            + "Signature=e9a973c2c5c05e6777134cd3c9ef3e7f049a751708ecdcae0ffe3dfd53a1864f",
                        "Content-Type": "application/json", "X-Amz-Date": "20260102T030405Z",
                    ], body: Array(body.utf8)))
        ])
    }

    @Test func everythingIsInTheRequest() throws {
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        var content = Accounts.fullContent
        content.options["from"] = "Zoë <z@acme.example>"
        let body = try #require(JSONValue(try client.request(for: kit.message(content)).body))
        #expect(body["FromEmailAddress"] == "=?UTF-8?B?Wm/Dqw==?= <z@acme.example>")
        #expect(body["ReplyToAddresses"] == ["help@acme.example"])
        let simple = body["Content"]?["Simple"]
        #expect(simple?["Body"]?["Html"]?["Data"] == "<p>Hi</p>")
        #expect(simple?["Subject"]?["Data"] == "Hellö \"you\"")
        #expect(
            simple?["Headers"]?.elements?.compactMap { $0["Name"]?.text } == [
                "List-Unsubscribe", "List-Unsubscribe-Post", "X-Switchboard-Delivery",
            ])
    }

    /// Of AWS's published test suite for Signature Version 4.
    @Test(arguments: [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ])
    func signatures(method: String, signature: String) {
        let signer = AWSSignature(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", service: "service")
        let value = signer.authorization(
            method: method, path: "/",
            headers: [("x-amz-date", "20150830T123600Z"), ("host", "example.amazonaws.com")], body: [],
            date: "20150830T123600Z")
        #expect(
            value == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=\(signature)")
    }

    @Test func answers() {
        func error(_ status: Int, _ name: String, _ words: String = "Amazon's words") -> HTTPResponse {
            Accounts.answer(status, #"{"message":"\#(words)"}"#, ["x-amzn-ErrorType": name])
        }
        func rejected(_ kind: DeliveryFailure.Kind, _ names: [String]) -> [AnswerCase] {
            names.map { AnswerCase($0, error(400, $0), means: Accounts.rejected(kind, $0, "Amazon's words")) }
        }
        func limit(_ name: String, _ after: Duration?) -> AnswerCase {
            let failure = DeliveryFailure(.rateLimit, code: name, message: "Amazon's words")
            return AnswerCase(name, error(429, name), means: .throttled(failure, after: after))
        }
        kit.check(
            answers: rejected(
                .configuration,
                [
                    "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException",
                    "NotFoundException", "AccessDeniedException", "UnrecognizedClientException",
                    "InvalidSignatureException", "SignatureDoesNotMatch", "ExpiredTokenException",
                ]) + rejected(.content, ["BadRequestException", "MessageRejected"]) + rejected(.other, ["BrandNew"])
                + [
                    limit("TooManyRequestsException", nil), limit("ThrottlingException", nil),
                    limit("LimitExceededException", .seconds(3600)),
                    AnswerCase(
                        "taken", Accounts.answer(200, #"{"MessageId":"0100-abc-000000"}"#),
                        means: Accounts.accepted("0100-abc-000000")),
                    AnswerCase(
                        "sender", error(400, "MessageRejected:http://a/", "Email address is not verified"),
                        means: Accounts.rejected(
                            .configuration, "MessageRejected", "Email address is not verified")),
                    AnswerCase(
                        "named in the body",
                        Accounts.answer(400, #"{"__type":"com.amazonaws.ses#BadRequestException"}"#),
                        means: Accounts.rejected(
                            .content, "BadRequestException", "HTTP 400 without an explanation that can be read")),
                    AnswerCase(
                        "within", error(500, "InternalFailure"),
                        means: .retry(
                            DeliveryFailure(.transient, code: "InternalFailure", message: "Amazon's words"))),
                ], to: Accounts.content)
    }

    @Test func anotherSNS() throws {
        for (base, file) in [("http://127.0.0.1:4010", nil), ("https://sns.acme.example", #filePath)] {
            let settings: [String: SettingValue?] = [
                "sns_base_url": .string(base), "sns_ca_file": file.map { .string($0) },
            ]
            _ = try Accounts.kit("ses", settings)
        }
    }

    @Test(
        arguments: [
            (["sns_base_url": .string("http://sns.acme.example")], "sns_base_url"),
            (["sns_base_url": .string("https://sns.acme.example/x")], "sns_base_url"),
            (["sns_ca_file": .string(#filePath)], "sns_ca_file"),
            (["sns_base_url": .string("https://a.example"), "sns_ca_file": .string("ca.pem")], "sns_ca_file"),
            (["sns_base_url": .string("https://a.example"), "sns_ca_file": .string("/no/such.pem")], "sns_ca_file"),
        ] as [([String: SettingValue?], String)])
    func badSettingsAreExplained(changes: [String: SettingValue?], setting: String) {
        let refusal = #expect(throws: ConfigurationProblems.self) { try Accounts.kit("ses", changes) }
        #expect(refusal?.problems.map(\.setting) == [setting])
    }

    private func event(_ word: String, _ more: String = "", key: String = "eventType") throws -> WebhookRequest {
        let message =
            #"{"\#(key)":"\#(word)","mail":{"timestamp":"2026-01-02T03:04:00.000Z","messageId":"0100-abc","#
            + #""tags":{"delivery":["\#(tag)"]}}\#(more)}"#
        let envelope: JSONValue = ["Type": "Notification", "MessageId": "sns-1", "Message": .string(message)]
        return Accounts.webhook(String(decoding: envelope.bytes, as: UTF8.self))
    }

    @Test func everyWord() throws {
        func says(_ kind: StatusReport.Kind, at seconds: Int64? = nil, code: String? = nil, detail: String? = nil)
            -> WebhookContents
        {
            WebhookContents(reports: [
                StatusReport(
                    delivery: kit.delivery, providerMessageID: "0100-abc", kind: kind,
                    occurredAt: seconds.map { Timestamp(seconds: $0) }, code: code, detail: detail, eventID: "sns-1")
            ])
        }
        let bounce =
            #""timestamp":"2026-01-02T03:04:05Z","bouncedRecipients":[{"status":"5.1.1","diagnosticCode":"550"}]"#
        let words: [(String, StatusReport.Kind)] = [
            ("DeliveryDelay", .status("deferred")), ("Reject", .status("dropped")),
            ("Rendering Failure", .status("dropped")), ("Delivery", .status("delivered")),
            ("Bounce", .status("bounced")), ("Complaint", .status("complained")), ("Open", .engagement("open")),
            ("Click", .engagement("click")), ("Subscription", .engagement("unsubscribe")),
            ("BrandNew", .unknown("BrandNew")),
        ]
        kit.check(
            webhooks: try words.map { WebhookCase($0.0, try event($0.0), says: says($0.1)) } + [
                WebhookCase("Send", try event("Send"), says: says(.status("sent"), at: 1_767_323_040)),
                WebhookCase(
                    "a delay",
                    try event("DeliveryDelay", #","deliveryDelay":{"delayedRecipients":[{"status":"4.4.1"}]}"#),
                    says: says(.status("deferred"), code: "4.4.1")),
                WebhookCase(
                    "a bounce", try event("Bounce", #","bounce":{\#(bounce)}"#, key: "notificationType"),
                    says: says(.status("bounced"), at: 1_767_323_045, code: "5.1.1", detail: "550")),
                WebhookCase(
                    "suppressed", try event("Bounce", #","bounce":{"bounceSubType":"OnAccountSuppressionList"}"#),
                    says: says(.status("dropped"), code: "OnAccountSuppressionList")),
                WebhookCase(
                    "a complaint", try event("Complaint", #","complaint":{"complaintFeedbackType":"abuse"}"#),
                    says: says(.status("complained"), code: "abuse")),
                WebhookCase(
                    "a confirmation", Accounts.webhook(#"{"Type":"SubscriptionConfirmation","Message":"x"}"#),
                    says: WebhookContents()),
                WebhookCase(refusing: "no JSON in it", Accounts.webhook(#"{"Type":"Notification","Message":"x"}"#)),
                WebhookCase(refusing: "nothing", Accounts.webhook("{}")),
            ])
        kit.check(
            anyOrderOf: try ["Send", "DeliveryDelay", "Delivery", "Bounce", "Complaint"].map { try event($0) },
            endsIn: "complained")
    }
}

extension Accounts {
    static let ses: [String: SettingValue] = [
        "region": .string("eu-west-1"), "access_key_id": .string("AKIDEXAMPLE"),
        "secret_access_key": .secret(Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")), "from": from,
        "configuration_set": .string("events"),
        "topic_arn": .string("arn:aws:sns:us-east-1:123456789012:ses-events"),
    ]
}
