import ChannelSDK

/// An instance of a loaded module as the host uses it: whatever the module's code does short of ending the process, it
/// harms no other channel. What it says is bounded (``ModuleBounds``), calls that must return at once are watched
/// (``CallWatch``), and those that may take their time run on threads of their own (``ModuleThreads``).
struct GuardedChannel: RunningChannel {
    let delivery: any DeliveryClient
    let webhooks: any WebhookParser
    private let channel: any RunningChannel
    private let watch: CallWatch

    init(_ channel: any RunningChannel, named name: String, statuses: StatusGraph) {
        let bounds = ModuleBounds(statuses)
        let watch = CallWatch(channel: name)
        self.channel = channel
        self.watch = watch
        delivery = guarded(channel.delivery, ModuleCalls(bounds), watch)
        webhooks = GuardedParser(parser: channel.webhooks, bounds: bounds, watch: watch)
    }

    func validate(_ content: MessageContent) -> [FieldProblem] {
        watch.during("validate") { Array(channel.validate(content).prefix(100)) }
    }
}

extension ChannelModule {
    /// The same module, its instances guarded.
    var guarded: ChannelModule {
        ChannelModule(descriptor: descriptor, statuses: statuses, type: type) {
            (configuration, host) throws(ConfigurationProblems) in
            GuardedChannel(try instance(configuration, host), named: host.channel, statuses: statuses)
        }
    }
}

struct GuardedParser: WebhookParser {
    let parser: any WebhookParser
    let bounds: ModuleBounds
    let watch: CallWatch

    var verification: WebhookVerification { parser.verification }

    func handshake(_ request: WebhookRequest) -> WebhookReply? {
        watch.during("handshake") { parser.handshake(request) }
    }

    func acknowledgement(of request: WebhookRequest) -> WebhookReply {
        watch.during("acknowledgement") { parser.acknowledgement(of: request) }
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let result = watch.during("parse") { () -> Result<WebhookContents, WebhookRefusal> in
            do throws(WebhookRefusal) {
                return .success(try parser.parse(request))
            } catch {
                return .failure(error)
            }
        }
        return try bounds.bounded(try result.get(), of: request)
    }
}
