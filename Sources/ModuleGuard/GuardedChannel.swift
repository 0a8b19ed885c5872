public import ChannelSDK
internal import Logging
internal import Pipeline

/// An instance of a loaded module as the host uses it: whatever the module's code does short of ending the process, it
/// harms no other channel. What it says is bounded (``ModuleBounds``), and its code runs on threads of its own, of which it
/// loses one with every call that does not return (``ModuleThreads``). When it has none left, its channel is unavailable.
struct GuardedChannel: IsolatedChannel {
    let delivery: any DeliveryClient
    let webhooks: any WebhookParser
    private let channel: any RunningChannel
    private let calls: ModuleCalls

    /// - Parameter startTime: how long the module may take to start.
    /// - Throws: also that the module does not come to an end with it.
    init(
        _ module: ChannelModule, _ configuration: ChannelConfiguration, _ host: ChannelHost,
        patience: ModuleThreads.Patience = .init(), startTime: Duration = .seconds(10)
    ) throws(ConfigurationProblems) {
        let calls = ModuleCalls(ModuleBounds(module.statuses), patience: patience, logger: host.logger)
        let made = calls.wait("init", within: startTime) {
            () -> Result<Parts, ConfigurationProblems> in
            do throws(ConfigurationProblems) {
                return .success(Parts(try module.instance(configuration, host), calls))
            } catch {
                return .failure(error)
            }
        }
        guard let made else {
            throw ConfigurationProblems([.init(setting: "", message: "does not return from its start")])
        }
        let parts = try made.get()
        (channel, delivery, webhooks) = (parts.channel, parts.delivery, parts.webhooks)
        self.calls = calls
    }

    func validate(_ content: MessageContent) -> [FieldProblem] {
        calls.wait("validate") { bounded(channel.validate(content)) }
            ?? [FieldProblem(field: "", message: "can't be judged: \(ModuleCalls.unavailable)")]
    }

    func problems(of contents: [MessageContent]) async -> [[FieldProblem]?] {
        await calls.each("validate", of: contents, overdue: nil, notBegun: nil) { bounded(channel.validate($0)) }
    }

    private func bounded(_ problems: [FieldProblem]) -> [FieldProblem] { calls.bounds.bounded(problems) }
}

/// All that is asked of an instance once. To be made on a thread of the module's.
private struct Parts: Sendable {
    let channel: any RunningChannel
    let delivery: any DeliveryClient
    let webhooks: any WebhookParser

    init(_ channel: any RunningChannel, _ calls: ModuleCalls) {
        self.channel = channel
        delivery = guarded(channel.delivery, calls)
        webhooks = GuardedParser(channel.webhooks, calls)
    }
}

extension ChannelModule {
    /// The same module, its instances guarded.
    public var guarded: ChannelModule {
        ChannelModule(descriptor: descriptor, statuses: statuses, type: type) {
            (configuration, host) throws(ConfigurationProblems) in
            try GuardedChannel(self, configuration, host)
        }
    }
}

extension RunningChannel {
    /// True for what ``ChannelModule/guarded`` makes.
    public var isGuarded: Bool { self is GuardedChannel }
}
