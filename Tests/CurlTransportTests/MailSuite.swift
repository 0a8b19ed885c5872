import ChannelSDK

@testable import CurlTransport

/// What the suites about mail share.
protocol MailSuite {}

extension MailSuite {
    static var message: [UInt8] { Array("Subject: x\r\n\r\nHi\r\n".utf8) }

    func run(
        _ configuration: CurlTransport.Configuration = .init(), server: ScriptedMailServer,
        _ body: (CurlTransport) async throws -> Void
    ) async throws {
        let transport = try CurlTransport(configuration)
        do {
            try await body(transport)
        } catch {
            server.stop()
            await transport.shutdown()
            throw error
        }
        server.stop()
        await transport.shutdown()
    }

    func mail(
        _ server: ScriptedMailServer, to recipient: String = "ada@example.com", _ message: [UInt8] = Self.message
    ) -> SMTPSubmission {
        SMTPSubmission(server: server.server, sender: "b@acme.example", recipient: recipient, message: message)
    }

    func failure(_ result: SMTPResult) -> TransportFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    func reply(_ result: SMTPResult) -> SMTPReply? { try? result.get() }

    static func pause() async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}
