import ChannelEmail
import ChannelSDK
import ChannelSMS
import ChannelTesting
import ChannelWhatsApp
import ConfigurationFile
import Foundation
import Logging

/// Every provider's channel, as a host has it, without a network.
enum FuzzChannels {
    struct Entry: Sendable {
        let name: String
        let module: String
        let channel: any Channel
    }

    static let now = Timestamp(milliseconds: 1_767_225_600_000)

    /// In the order of the file.
    static let all: [Entry] = {
        let path = ProcessInfo.processInfo.environment["FUZZ_CHANNELS"] ?? "Fuzzing/channels.yaml"
        let loaded = ConfigurationInput.loader.load(path: path)
        guard let configuration = loaded.configuration else {
            fatalError("\(path): \(loaded.diagnostics.map { "\($0)" }.joined(separator: "\n"))")
        }
        let modules: [String: any Channel.Type] = [
            "email": EmailChannel.self, "sms": SMSChannel.self, "whatsapp": WhatsAppChannel.self,
        ]
        return configuration.channels.map { instance in
            do {
                let channel = try modules[instance.module]!.init(
                    configuration: instance.configuration, host: host(of: instance.name))
                return Entry(name: instance.name, module: instance.module, channel: channel)
            } catch {
                fatalError("\(instance.name): \(error)")
            }
        }
    }()

    private static func host(of channel: String) -> ChannelHost {
        ChannelHost(
            channel: channel, publicURL: "https://notify.example.com",
            transport: ScriptedTransport { _ in
                .failure(TransportFailure(reason: .connect, mayHaveBeenSent: false, message: "no network"))
            }, cache: EmptyCache(),
            rateLimiter: UnlimitedRateLimiter(), clock: HeldClock(at: now),
            logger: Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
}
