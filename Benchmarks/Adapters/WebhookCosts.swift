import ChannelEmail
import ChannelSDK
import ChannelSMS
import ChannelWhatsApp
import Crypto
import CurlTransport
import Foundation
import InProcess
import Logging

/// What it costs to tell that a webhook is genuine: processor time on one thread, for each scheme, with requests that
/// the provider's stand-in made. Reads lines of JSON from the standard input: `channel`s with their settings first, then
/// the `webhook`s that came for them.
struct WebhookCosts {
    private struct Line: Decodable {
        let channel: String
        let module: String?
        let provider: String?
        let settings: [String: String]?
        let url: String?
        let method: String?
        let headers: [String: String]?
        /// Base64.
        let body: Data?
    }

    private struct Result: Encodable {
        let name, scheme: String
        let microseconds: Double
        let bytes, requests: Int
    }

    /// All its requests come within this time.
    private static let moment = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))

    let rounds: Int

    func run() async throws {
        // SNS's certificate is fetched by it, once.
        let transport = try CurlTransport()
        var names: [String] = []
        var channels: [String: any Channel] = [:]
        var webhooks: [String: [WebhookRequest]] = [:]
        while let text = readLine() {
            let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
            if let url = line.url {
                webhooks[line.channel, default: []].append(try Self.request(line, url))
            } else {
                names.append(line.channel)
                channels[line.channel] = try Self.channel(line, transport)
            }
        }
        for name in names {
            guard case .scheme(let verifier)? = channels[name]?.webhooks.verification, let requests = webhooks[name]
            else { throw BackendRates.Failure("\(name) has no scheme, or no webhook came for it") }
            try await measure(name, verifier, requests)
        }
        if let request = names.first.flatMap({ webhooks[$0]?.first }) { try await measureEd25519(request) }
        await transport.shutdown()
    }

    private static func request(_ line: Line, _ url: String) throws -> WebhookRequest {
        WebhookRequest(
            method: line.method ?? "POST", url: url,
            headers: HTTPHeaders((line.headers ?? [:]).map { .init(name: $0.key, value: $0.value) }),
            body: Array(line.body ?? Data()), receivedAt: moment)
    }

    private static func channel(_ line: Line, _ transport: CurlTransport) throws -> any Channel {
        let modules: [any Channel.Type] = [SMSChannel.self, WhatsAppChannel.self, EmailChannel.self]
        guard let module = modules.first(where: { $0.descriptor.name == line.module }),
            let provider = module.descriptor.providers.first(where: { $0.name == line.provider })
        else { throw BackendRates.Failure("\(line.channel) is of no module that is known") }
        var values: [String: SettingValue] = [:]
        for setting in provider.settings {
            guard let text = line.settings?[setting.name] ?? setting.defaultValue else { continue }
            switch setting.kind {
            case .secret: values[setting.name] = .secret(Secret(text))
            case .integer: values[setting.name] = Int(text).map { .integer($0) }
            case .boolean: values[setting.name] = .boolean(text == "true")
            case .string, .url, .choice: values[setting.name] = .string(text)
            case .duration, .list: break
            }
        }
        let clock = HeldClock()
        let host = ChannelHost(
            channel: line.channel, publicURL: "http://127.0.0.1", transport: transport,
            cache: InProcessCache(clock: clock), rateLimiter: InProcessRateLimiter(clock: clock), clock: clock,
            logger: Logger(label: line.channel),
            unsubscribeLinks: UnsubscribeLinks(
                list: line.module ?? "", publicURL: "http://127.0.0.1",
                keys: UnsubscribeKeys(Secret(String(repeating: "s", count: 32)))))
        return try module.init(
            configuration: ChannelConfiguration(provider: provider.name, values: values), host: host)
    }

    private func measure(_ name: String, _ verifier: any WebhookVerifier, _ requests: [WebhookRequest]) async throws {
        for request in requests {
            // What the verifier remembers or fetches, it has from here on, as in a host that runs.
            let verdict = await verifier.verify(request, now: Self.moment)
            guard verdict == .genuine else { throw BackendRates.Failure("\(name): \(verdict)") }
        }
        let count = 2000
        var costs: [Double] = []
        for _ in 0..<rounds {
            let spent = await Spent.measure(count) {
                for turn in 0..<count {
                    _ = await verifier.verify(requests[turn % requests.count], now: Self.moment)
                }
            }
            costs.append(spent.microseconds)
        }
        let result = Result(
            name: name, scheme: verifier.name, microseconds: costs.sorted()[costs.count / 2],
            bytes: requests.map(\.body.count).reduce(0, +) / requests.count, requests: requests.count)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }

    /// The one scheme that none of the providers uses: Standard Webhooks with a public key.
    private func measureEd25519(_ request: WebhookRequest) async throws {
        let key = Curve25519.Signing.PrivateKey()
        let both = (key.rawRepresentation + key.publicKey.rawRepresentation).base64EncodedString()
        let headers = try StandardWebhooks(key: Secret("whsk_\(both)"))
            .signedHeaders(id: "msg_1", timestamp: Self.moment, body: request.body)
        let verifier = try StandardWebhooks(
            key: Secret("whpk_\(key.publicKey.rawRepresentation.base64EncodedString())"))
        let signed = WebhookRequest(
            method: "POST", url: request.url, headers: headers, body: request.body, receivedAt: Self.moment)
        try await measure("Ed25519", verifier, [signed])
    }
}

private struct HeldClock: WallClock {
    private let moment = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    func now() -> Timestamp { moment }
}
