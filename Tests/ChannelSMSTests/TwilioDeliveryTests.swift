import ChannelSDK
import ChannelSMS
import ChannelTesting
import Testing

@Suite struct TwilioDeliveryTests {
    private static let callback =
        "https%3A%2F%2Fnotify.example.com%2Fwebhooks%2Funder-test%3Fdelivery%3D0190163d-8694-739b-aea5-966c26f8ad90.1"

    private func request(_ body: String, base: String = "https://api.twilio.com") -> HTTPRequest {
        HTTPRequest(
            method: "POST", url: "\(base)/2010-04-01/Accounts/\(TwilioAccount.sid)/Messages.json",
            headers: [
                "Authorization":
                    "Basic QUMwZGI5NjZkODBlOWYxNjYyZGEwOWM2MTI4N2Y4YmJhMTowZjFlMmQzYzRiNWE2OTc4ODc5NmE1YjRjM2QyZTFmMA==",
                "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
                "Accept-Charset": "utf-8",
            ],
            body: Array(body.utf8))
    }

    private func content(_ body: String, _ options: [String: String] = [:]) -> MessageContent {
        MessageContent(recipient: "+15551230001", body: body, options: options)
    }

    private var start: String { "To=%2B15551230001&StatusCallback=\(Self.callback)" }

    @Test func requestsFromANumber() throws {
        let template = "HX0db966d80e9f1662da09c61287f8bba1"
        try TwilioAccount.kit().check(requests: [
            RequestCase("text", content("Hi there"), becomes: request("\(start)&From=%2B15551230000&Body=Hi+there")),
            RequestCase(
                "any text", content("a&b=c+d %é🎉\n"),
                becomes: request(
                    "\(start)&From=%2B15551230000&Body=a%26b%3Dc%2Bd+%25%C3%A9%F0%9F%8E%89%0A")),
            RequestCase(
                "media", content("Look", ["media_url": "https://a.example/1.png?x=1  https://a.example/2.png"]),
                becomes: request(
                    "\(start)&From=%2B15551230000&Body=Look&MediaUrl=https%3A%2F%2Fa.example%2F1.png%3Fx%3D1"
                        + "&MediaUrl=https%3A%2F%2Fa.example%2F2.png")),
            RequestCase(
                "template", content("", ["content_sid": template, "content_variables": #"{"1": "Ada"}"#]),
                becomes: request(
                    "\(start)&From=%2B15551230000&ContentSid=\(template)&ContentVariables=%7B%221%22%3A+%22Ada%22%7D")),
            RequestCase(
                "a template stands alone",
                content("Hi", ["content_sid": template, "media_url": "https://a.example/1.png"]),
                becomes: request("\(start)&From=%2B15551230000&ContentSid=\(template)")),
            RequestCase(
                "a sender of its own", content("Hi", ["from": "ACME", "unheard_of": "x"]),
                becomes: request("\(start)&From=ACME&Body=Hi")),
        ])
    }

    @Test func requestsFromAServiceWithAValidityElsewhere() throws {
        let service = "MG0db966d80e9f1662da09c61287f8bba1"
        let kit = try TwilioAccount.kit([
            "from": nil, "messaging_service_sid": .string(service), "validity_period": .duration(.seconds(90)),
            "base_url": .string("http://127.0.0.1:4010/"),
        ])
        kit.check(requests: [
            RequestCase(
                "service", content("Hi"),
                becomes: request(
                    "\(start)&ValidityPeriod=90&MessagingServiceSid=\(service)&Body=Hi", base: "http://127.0.0.1:4010")),
            RequestCase(
                "service and sender", content("Hi", ["from": "+15551239999"]),
                becomes: request(
                    "\(start)&ValidityPeriod=90&From=%2B15551239999&MessagingServiceSid=\(service)&Body=Hi",
                    base: "http://127.0.0.1:4010")),
        ])
    }

    /// Through `deliver`, with a transport that fails in both ways.
    @Test(arguments: [nil, true, false])
    func deliversEachMessageInItsPlace(mayHaveBeenSent: Bool?) async throws {
        let kit = try TwilioAccount.kit(answer: { request in
            guard let mayHaveBeenSent else {
                let isFirst = String(decoding: request.body, as: UTF8.self).contains("Body=1")
                return .success(isFirst ? TwilioAccount.message() : TwilioAccount.error(400, code: 21610))
            }
            return .failure(TransportFailure(reason: .reset, mayHaveBeenSent: mayHaveBeenSent, message: "reset"))
        })
        let outcomes = await kit.channel.delivery.deliver([content("1"), content("2")].map(kit.message))
        let failure = DeliveryFailure(.transient, code: "reset", message: "reset")
        let expected: [DeliveryOutcome] =
            switch mayHaveBeenSent {
            case nil:
                [
                    .accepted(Acceptance(providerMessageID: TwilioAccount.messageSID, status: "queued", segments: 1)),
                    .rejected(DeliveryFailure(.optedOut, code: "21610", message: "Twilio's words")),
                ]
            case true?: [.uncertain(failure), .uncertain(failure)]
            case false?: [.retry(failure), .retry(failure)]
            }
        #expect(outcomes == expected)
    }
}
