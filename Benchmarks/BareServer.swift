import API
import ArgumentParser
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The ceiling for accepting: the same server, with a handler that only decodes.
struct BareServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bare-server")

    struct Notification: Decodable {
        let channel: String
        let to: String
        let body: String
        let externalId: String?
    }

    @Option var port: Int

    func run() async throws {
        let router = Router(context: APIContext.self)
        router.post("/notifications") { request, _ -> Response in
            let body = try await request.body.collect(upTo: 8 << 20)
            _ = try JSONDecoder().decode(Notification.self, from: Data(body.readableBytesView))
            return Response(status: .accepted)
        }
        router.post("/notifications/batch") { request, _ -> Response in
            let body = try await request.body.collect(upTo: 8 << 20)
            _ = try JSONDecoder().decode([Notification].self, from: Data(body.readableBytesView))
            return Response(status: .accepted)
        }
        router.post("/webhooks/sms") { request, _ -> Response in
            _ = try await request.body.collect(upTo: 1 << 20)
            return Response(status: .ok)
        }
        var logger = Logger(label: "bare")
        logger.logLevel = .critical
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: logger)
        try await application.runService()
    }
}
