import ChannelSDK
import ConfigurationFile
import Foundation

/// The declarations of `Examples/declared`, as a host reads them.
enum Example {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let folder = root.appending(path: "Examples/declared")

    static let environment = [
        "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x1y2z3secret",
        "TELEGRAM_TOKEN": "123456:ABC-secret-DEF", "NTFY_TOKEN": "tk_secret_of_ntfy",
        "GATEWAY_KEY": "key-of-the-gateway", "GATEWAY_WEBHOOK_SECRET": "signs-the-reports",
    ]

    static var files: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".yaml") }.sorted()
        }
    }

    static func load(_ file: String, _ environment: [String: String] = environment) -> LoadedConfiguration {
        ConfigurationLoader(modules: [], environment: environment).load(path: folder.appending(path: file).path())
    }

    static func load(yaml: String, _ environment: [String: String] = [:]) -> LoadedConfiguration {
        ConfigurationLoader(modules: [], environment: environment).load(bytes: Array(yaml.utf8), file: "channels.yaml")
    }

    /// The only module of a file that is in order.
    static func module(_ file: String) -> ChannelModule {
        guard let module = load(file).configuration?.modules.first else {
            preconditionFailure("\(file): \(load(file).report)")
        }
        return module
    }
}

/// A module of an example, as a type for ``ChannelTestKit``.
protocol ExampleChannel: Channel {
    static var module: ChannelModule { get }
    var inner: any RunningChannel { get }
}

extension ExampleChannel {
    static var descriptor: ChannelDescriptor { module.descriptor }
    static var statuses: StatusGraph { module.statuses }
    var delivery: any DeliveryClient { inner.delivery }
    var webhooks: any WebhookParser { inner.webhooks }
    func validate(_ content: MessageContent) -> [FieldProblem] { inner.validate(content) }
}

struct Slack: ExampleChannel {
    static let module = Example.module("slack.yaml")
    let inner: any RunningChannel
    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        inner = try Self.module.instance(configuration, host)
    }
}

struct Telegram: ExampleChannel {
    static let module = Example.module("telegram.yaml")
    let inner: any RunningChannel
    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        inner = try Self.module.instance(configuration, host)
    }
}

struct Ntfy: ExampleChannel {
    static let module = Example.module("ntfy.yaml")
    let inner: any RunningChannel
    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        inner = try Self.module.instance(configuration, host)
    }
}

struct SMSGateway: ExampleChannel {
    static let module = Example.module("sms-gateway.yaml")
    let inner: any RunningChannel
    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        inner = try Self.module.instance(configuration, host)
    }
}
