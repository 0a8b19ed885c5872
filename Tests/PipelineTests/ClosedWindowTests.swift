import ChannelSDK
import ChannelWhatsApp
import SQLiteBackend
import Testing

@testable import Pipeline

/// A WhatsApp window that turns out closed after the provider took the text: the route goes on, to a channel that sends
/// templates only, say.
@Suite struct ClosedWindowTests {
    private func world(_ body: (AppliedWorld) async throws -> Void) async throws {
        let law = ChannelLaw(order: try StatusOrder(checking: WhatsAppChannel.statuses), policy: DeliveryPolicy())
        let world = try await AppliedWorld(
            steps: ["whatsapp", "whatsapp_template"], book: LawBook(["whatsapp": law, "whatsapp_template": law]))
        do { try await body(world) } catch {
            await world.close()
            throw error
        }
        await world.close()
    }

    /// By Meta's code and by Twilio's, whichever of answer and report comes first.
    @Test(arguments: ["131047", "63016"], [true, false])
    func theRouteGoesOn(code: String, isAnswerFirst: Bool) async throws {
        try await world { world in
            let failed = StatusReport(kind: .status("failed"), code: code, detail: "the window is closed")
            if !isAnswerFirst { world.report(failed) }
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "wamid.1"))))
            if isAnswerFirst { world.report(failed) }
            try await world.apply()
            let state = try await world.state()
            #expect(state.deliveries.map(\.channel) == ["whatsapp", "whatsapp_template"])
            #expect(state.deliveries.map(\.status) == ["failed", .accepted])
            #expect(state.deliveries[0].detail.code == code)
            #expect(state.status(laws: world.laws) == .accepted)
            // It is ready to be sent there, once.
            #expect(try await world.backend.store.counts().ready == 1)
            world.report(failed)
            try await world.apply()
            #expect(try await world.state().deliveries.count == 2)
        }
    }
}
