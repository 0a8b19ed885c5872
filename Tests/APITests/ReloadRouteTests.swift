import API
import ChannelSDK
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Pipeline
import Testing

@testable import API

/// `POST /admin/reload`, and requests for channels that are being taken out of service.
@Suite(.timeLimit(.minutes(10))) struct ReloadRouteTests {
    private static let outcomes: [(outcome: ReloadOutcome?, status: Int, says: [String])] = [
        (nil, 404, ["started without a file"]),
        (.applied([], warnings: []), 200, [#"{"changes":[],"warnings":[]}"#]),
        (
            .applied([.init(path: "channels.sms.timeout", text: "channels.sms.timeout: 1s → 2s")], warnings: ["Look."]),
            200, [#"{"path":"channels.sms.timeout","text":"channels.sms.timeout: 1s → 2s"}"#, #"["Look."]"#]
        ),
        (
            .refused([FieldProblem(field: "channels.yaml:3:5", message: "unknown key 'x'")]), 422,
            [#"{"field":"channels.yaml:3:5","message":"unknown key 'x'"}"#, "goes on with the configuration"]
        ),
        (.failed("the host is stopping"), 503, ["the host is stopping"]),
    ]

    @Test(arguments: outcomes)
    func itSaysWhatBecameOfIt(outcome: ReloadOutcome?, status: Int, says: [String]) async throws {
        var reload: (@Sendable () async -> ReloadOutcome)?
        if let outcome { reload = { outcome } }
        try await LiveAPI.run(reload: reload) { (api) async throws in
            let answer = try await api.post("/admin/reload", "")
            #expect(answer.status.code == status)
            let text = String(buffer: answer.body)
            for part in says { #expect(text.contains(part), "\(text)") }
        }
    }

    @Test func aChannelThatIsLeavingTakesNothingNew() throws {
        let json = #"{"channel":"old","to":"+15551230001","body":"x"}"#
        var copy = json
        let result = try copy.withUTF8 { text in
            var scanner = JSONScanner(UnsafeRawBufferPointer(text))
            var reader = NotificationDraftReader()
            try reader.read(&scanner)
            var admission = NotificationAdmission(
                channels: [:], routing: RoutingTable(channels: ["sms"], leaving: ["old"], routes: [:]), templates: nil,
                account: "default", now: .distantPast, attachmentBytes: 0)
            return admission.admit(reader.draft, problems: reader.problems)
        }
        guard case .failure(let refusal) = result else {
            Issue.record("it was accepted")
            return
        }
        #expect(
            refusal.problems == [
                FieldProblem(
                    field: "channel",
                    message: "'old' is being taken out of service and takes nothing new; there are: sms")
            ])
    }
}
