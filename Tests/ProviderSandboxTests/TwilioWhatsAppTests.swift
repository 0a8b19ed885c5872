import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("WhatsApp through Twilio", .timeLimit(.minutes(10)))
struct TwilioWhatsAppTests {
    private static func form(to: String, from: String = "whatsapp:+14155238886") -> [(String, String)] {
        [("To", to), ("From", from), ("Body", "hello")]
    }

    @Test("statuses are signed, go on to read, and say that they are of WhatsApp")
    func statuses() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let url = receiver.url("d1")
                let form = Self.form(to: "whatsapp:+15551234567") + [("StatusCallback", url)]
                let response = try await sandbox.post(form)
                #expect(response.status == .created)
                let callbacks = await receiver.next(3)
                #expect(callbacks.map { $0.fields["MessageStatus"] } == ["sent", "delivered", "read"])
                #expect(callbacks.map { $0.fields["EventType"] } == [nil, nil, "READ"])
                #expect(callbacks.allSatisfy { $0.fields["ChannelPrefix"] == "whatsapp" && $0.isSigned(for: url) })
                #expect(callbacks.allSatisfy { $0.fields["To"] == "whatsapp:+15551234567" })
            }
        }
    }

    @Test(
        "refused by the API",
        arguments: [
            (form(to: "whatsapp:+15551234567", from: "+14155238886"), 21910),
            (form(to: "+15551234567"), 21910), (form(to: "whatsapp:+15005560010"), 63016),
            (form(to: "whatsapp:+15005560004"), 21610),
        ])
    func refused(form: [(String, String)], code: Int) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.post(form)
            #expect(response.status == .badRequest)
            #expect(JSONParser.parse(response.body)?["code"] == .number("\(code)"))
        }
    }

    @Test("a closed window takes templates only, and says so at once or in a report")
    func closedWindow() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let callback = [("StatusCallback", receiver.url("d1"))]
                let template = Array(Self.form(to: "whatsapp:+15005560010").dropLast()) + [("ContentSid", "HX1")]
                #expect(try await sandbox.post(template).status == .created)
                #expect(try await sandbox.post(Self.form(to: "whatsapp:+15005560011") + callback).status == .created)
                let failure = try #require(await receiver.next(1).first)
                #expect(failure.fields["MessageStatus"] == "failed")
                #expect(failure.fields["ErrorCode"] == "63016")
            }
        }
    }

    @Test("an inbound message names its sender as WhatsApp does")
    func inbound() async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let url = "http://localhost:\(receiver.port)/webhooks/wa"
                let order =
                    #"{"from":"whatsapp:+15551234567","to":"whatsapp:+14155238886","body":"hi","webhook":"\#(url)"}"#
                #expect(try await sandbox.post(order, to: "/sandbox/inbound").status == .accepted)
                let webhook = try #require(await receiver.next(1).first)
                #expect(webhook.isSigned(for: url))
                #expect(webhook.fields["WaId"] == "15551234567")
                #expect(webhook.fields["From"] == "whatsapp:+15551234567")
            }
        }
    }
}
