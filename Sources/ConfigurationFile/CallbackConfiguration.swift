internal import ChannelSDK
internal import YAMLDocument

/// One entry of `callbacks:`: an application's URL, what it wants to hear of, and how the host drives it.
public struct CallbackConfiguration: Sendable {
    public var name: String
    /// The channel that carries the events.
    public var instance: ChannelInstance
    /// Empty: all. The same of those that follow.
    public var accounts: [String]
    public var channels: [String]
    public var statuses: [String]
    public var settledOnly: Bool
    public var giveUpAfter: Duration

    /// The module that calls back.
    public static let module = "callback"
}

extension CallbackConfiguration {
    static func all(
        in section: inout Section, channels: [ChannelInstance], modules: [ChannelModule]
    ) -> [CallbackConfiguration] {
        let check = section.check
        let help = "Applications that are called back at a URL of their own when a status changes, by name."
        let node = section.node("callbacks", "a mapping from names to callbacks", .none, help)
        if check.reference != nil {
            let start = YAMLPosition(line: 1, column: 1)
            var inner = Section(path: "callbacks.NAME", position: start, entries: [], check: check)
            _ = CallbackReader(channel: .text, status: .text).read("NAME", &inner)
        }
        guard let node else { return [] }
        let reader = CallbackReader(
            channel: .one(of: check.channelNames, noun: "channel"),
            status: .one(of: statuses(of: channels, modules), noun: "status"))
        return check.named(node, path: "callbacks", what: "callback") { name, entry, path in
            guard let entries = check.entries(of: entry.value, path: path) else { return nil }
            var inner = Section(path: path, position: entry.keyStart, entries: entries, check: check)
            let callback = reader.read(name, &inner)
            inner.finish()
            return callback
        }
    }

    /// What deliveries of the channels can come to, the host's own statuses included.
    private static func statuses(of channels: [ChannelInstance], _ modules: [ChannelModule]) -> [String] {
        let used = Set(channels.map(\.module))
        let graphs = modules.filter { used.contains($0.descriptor.name) }.map(\.statuses)
        let names = StatusOrder.hostStatuses.map(\.name) + graphs.flatMap(\.statuses).map(\.name)
        return Set(names.map(\.rawValue)).sorted()
    }
}

/// Reads the entries of `callbacks:`.
private struct CallbackReader {
    let channel: ValueKind<String>
    let status: ValueKind<String>

    func read(_ name: String, _ section: inout Section) -> CallbackConfiguration? {
        let url = section.required(
            "url", .url, "Where events are posted to: https, or http for an address of this machine itself.")
        let secrets = secrets(in: &section)
        let networks = section.list(
            "allow_networks", .network,
            "Networks that it may be in although they are not of the public internet. Default: none.")
        let accounts = section.list("accounts", .text, "Only changes of these accounts. Default: of all.")
        let channels = section.list(
            "channels", channel, "Only changes by these channels. Default: by all.")
        let statuses = section.list(
            "statuses", status, "Only changes to these statuses. Default: to any.")
        let settledOnly = section.value(
            "settled_only", .boolean, default: false, "Only changes after which no more is expected of the delivery.")
        let giveUpAfter = section.value(
            "give_up_after", .duration(.seconds(60) ... .seconds(30 * 86_400)), default: .seconds(72 * 3600),
            "An event that is older is not sent any more.")
        let instance = instance(
            name,
            [
                "url": url.map { .string($0) },
                "secret": .secret(Secret(secrets.map(\.revealed).joined(separator: " "))),
                "allow_networks": .list((networks ?? []).map(\.description)),
            ].compactMapValues(\.self), &section)
        return CallbackConfiguration(
            name: name, instance: instance, accounts: accounts ?? [], channels: channels ?? [],
            statuses: statuses ?? [], settledOnly: settledOnly, giveUpAfter: giveUpAfter)
    }

    private func secrets(in section: inout Section) -> [Secret] {
        let errors = section.check.errorCount
        let secrets = section.list(
            "secret", .standardWebhooksSecret,
            "Required: the Standard Webhooks secret that signs; while one replaces another, a list of both.")
        guard let secrets, !secrets.isEmpty else {
            if !section.has("secret") { section.reportMissing("secret") }
            if section.has("secret"), section.check.errorCount == errors {
                section.check.error(
                    "\(section.path(of: "secret")) is required, but it is empty", at: section.position(of: "secret"))
            }
            return []
        }
        return secrets
    }

    /// A receiver's outage may last for days, and it drops repeats: so attempts are many, and what may have arrived is
    /// sent again.
    private func instance(
        _ name: String, _ settings: [String: SettingValue], _ section: inout Section
    ) -> ChannelInstance {
        var instance = ChannelInstance(
            name: CallbackChannel.name(name), module: CallbackConfiguration.module,
            configuration: ChannelConfiguration(provider: "http", values: settings))
        instance.uncertain = .resend
        // Nothing more is heard of an attempt that was lost.
        instance.settleAfter = .seconds(3600)
        instance.concurrency = section.value("concurrency", .integer(1...10_000), default: 16, "Requests in flight.")
        instance.timeout = section.value(
            "timeout", .duration(.milliseconds(100) ... .seconds(300)), default: .seconds(15),
            "How long one attempt may take.")
        instance.rateLimits =
            section.list("rate_limit", .rate, "Requests per time; all of them hold. Default: no limit.") ?? []
        instance.retry = section.section("retry", "When an attempt failed.") {
            RetryConfiguration(&$0, attempts: 100, base: .seconds(5), max: .seconds(3600))
        }
        instance.breaker = section.section("breaker", "When the callback pauses because its receiver fails.") {
            BreakerConfiguration(&$0)
        }
        return instance
    }
}
