import ChannelEmail
import ChannelSDK
import ChannelSMS
import ChannelTesting
import ChannelWhatsApp
import ConfigurationFile
import Foundation
import Logging

/// The first byte chooses the provider, the second method and content type; the first line is the query, what follows is
/// the body.
enum WebhookInput {
    private static let parsers: [any WebhookParser] = {
        let path = ProcessInfo.processInfo.environment["FUZZ_CHANNELS"] ?? "Fuzzing/channels.yaml"
        let loaded = ConfigurationInput.loader.load(path: path)
        guard let configuration = loaded.configuration else {
            fatalError("\(path): \(loaded.diagnostics.map { "\($0)" }.joined(separator: "\n"))")
        }
        let modules: [String: any Channel.Type] = [
            "email": EmailChannel.self, "sms": SMSChannel.self, "whatsapp": WhatsAppChannel.self,
        ]
        return configuration.channels.map { instance in
            let host = ChannelHost(
                channel: instance.name, publicURL: "https://notify.example.com",
                transport: ScriptedTransport { _ in
                    .failure(TransportFailure(reason: .connect, mayHaveBeenSent: false, message: "no network"))
                }, cache: EmptyCache(),
                rateLimiter: UnlimitedRateLimiter(), clock: HeldClock(at: Timestamp(milliseconds: 1_767_225_600_000)),
                logger: Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() }))
            do {
                return try modules[instance.module]!.init(configuration: instance.configuration, host: host).webhooks
            } catch {
                fatalError("\(instance.name): \(error)")
            }
        }
    }()

    private static let types = [
        "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "message/rfc822",
        "text/plain", "", "multipart/report; report-type=delivery-status; boundary=x", "*/*",
    ]

    static func run(_ bytes: [UInt8]) {
        guard bytes.count > 2 else { return }
        let parser = parsers[Int(bytes[0]) % parsers.count]
        let rest = bytes[2...]
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        let query = line.filter { (0x21...0x7E).contains($0) }
        let request = WebhookRequest(
            method: bytes[1] & 0x80 == 0 ? "POST" : "GET",
            url: "https://notify.example.com/webhooks/x?" + String(decoding: query, as: UTF8.self),
            headers: ["Content-Type": types[Int(bytes[1]) % types.count]], body: Array(rest.dropFirst(line.count + 1)),
            receivedAt: Timestamp(milliseconds: 1_767_225_600_000))
        do throws(WebhookRefusal) {
            _ = try parser.parse(request)
        } catch {
            precondition(!"\(error)".isEmpty)
        }
    }
}
