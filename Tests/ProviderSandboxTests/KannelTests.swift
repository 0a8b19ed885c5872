import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("Kannel", .timeLimit(.minutes(10)))
struct KannelTests {
    static func path(to: String = "15551234567", mask: Int = 31, url: String? = nil) -> String {
        let report = url.map { "&dlr-mask=\(mask)&dlr-url=\(ProviderCase.form($0))" } ?? ""
        return "/cgi-bin/sendsms?username=sandbox&password=sandbox-password&from=Acme&to=\(ProviderCase.form(to))"
            + "&text=hello&charset=UTF-8&coding=0\(report)"
    }

    @Test(
        "answers are lines of text",
        arguments: [
            (path(), 202, "0: Accepted for delivery"), (path(to: "+15551234567"), 202, "0: Accepted for delivery"),
            (path().replacing("sandbox-password", with: "other"), 403, "Authorization failed for sendsms"),
            (path(to: ""), 400, "Missing receiver number, rejected"),
            (path(to: "nobody"), 400, "Garbage 'to' field, rejected."),
            (path(to: "15551234567 15551234568"), 400, "The sandbox takes one receiver in each request."),
            (path().replacing("from=Acme", with: "from="), 400, "Sender missing and no global set, rejected"),
            (path(url: "nonsense"), 400, "dlr-url: it is no http:// URL"),
            (path(to: "15005560003"), 403, "Not routable. Do not try again."),
            (path(to: "15005560008"), 503, "Temporal failure, try again later."),
        ])
    func answers(path: String, status: Int, text: String) async throws {
        try await LiveSandbox.run { sandbox in
            let response = try await sandbox.client.execute(uri: path, method: .get)
            #expect(response.status.code == status)
            #expect(String(buffer: response.body) == text)
        }
    }

    @Test(
        "reports fill in the escapes of the address, those that the mask asks for",
        arguments: [
            ("15551234567", 31, ["8", "1"]), ("15551234567", 1, ["1"]), ("15005560001", 31, ["8", "2"]),
            ("15005560002", 31, ["16"]), ("15005560006", 31, ["1", "8"]),
        ])
    func reports(to: String, mask: Int, expected: [String]) async throws {
        try await CallbackReceiver.run { receiver in
            try await LiveSandbox.run { sandbox in
                let url = "http://localhost:\(receiver.port)/dlr?delivery=d1&status=%d&to=%P&from=%p&id=%I&a=%A&ts=%T"
                let response = try await sandbox.client.execute(
                    uri: Self.path(to: to, mask: mask, url: url), method: .get)
                #expect(response.status == .accepted)
                let reports = await receiver.next(expected.count)
                #expect(reports.allSatisfy { $0.method == .get })
                let fields = try reports.map { report in
                    let query = report.target.split(separator: "?").dropFirst().joined()
                    return try #require(FormFields(ByteBuffer(string: query)))
                }
                #expect(fields.map { $0["status"] } == expected)
                #expect(fields.allSatisfy { $0["delivery"] == "d1" && $0["to"] == to && $0["from"] == "Acme" })
                #expect(fields.allSatisfy { $0["ts"].flatMap { Int($0) } != nil && $0.nonEmpty("a") != nil })
                let message = try #require(try await sandbox.ledger().messages.first)
                #expect(message.delivery == "d1")
                #expect(fields.allSatisfy { $0["id"] == message.sid })
            }
        }
    }

    @Test(
        "escapes",
        arguments: [
            ("http://h/?a=%p", "http://h/?a=%2B1+2"), ("http://h/%41?%%=%x", "http://h/%41?%25=%25x"),
            ("http://h/?a=%", "http://h/?a="), ("http://h/?a=%P&b=%p", "http://h/?a=&b=%2B1+2"),
        ])
    func escapes(address: String, expected: String) {
        let expanded = KannelEscapes.expand(address) { letter in
            letter == "p" ? "+1 2" : letter == "P" ? "" : nil
        }
        #expect(expanded == expected)
    }

    @Test("an inbound message is posted to the address, its escapes filled in")
    func inbound() async throws {
        try await CallbackReceiver.run { receiver in
            let url = try CallbackURL("http://localhost:\(receiver.port)/webhooks/sms?from=%p&to=%P&text=%a&id=%I")
            try await LiveSandbox.run(providers: ProviderSettings(kannel: KannelSettings(inboundURL: url))) { sandbox in
                let order = #"{"from":"+15551234567","to":"12345","body":"STOP & go"}"#
                let response = try await sandbox.post(order, to: "/sandbox/inbound/kannel")
                #expect(response.status == .accepted)
                let webhook = try #require(await receiver.next(1).first)
                #expect(webhook.method == .post)
                #expect(webhook.text == "STOP & go")
                let query = webhook.target.split(separator: "?").dropFirst().joined()
                let fields = try #require(FormFields(ByteBuffer(string: query)))
                #expect(fields["from"] == "+15551234567")
                #expect(fields["text"] == "STOP & go")
                #expect(JSONParser.parse(response.body)?["id"]?.text == fields["id"])
            }
        }
    }
}
