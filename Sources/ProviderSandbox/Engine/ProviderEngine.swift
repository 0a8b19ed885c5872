import Hummingbird
import Logging
import NIOCore

/// A stand-in for one provider: its API, over the engine's faults, ledger and callbacks. One that listens on a port of
/// its own is a `Service` too.
protocol ProviderAPI: Sendable {
    func addRoutes(to router: Router<SandboxContext>)
    /// Forgets every message.
    func reset()
    /// The answer to a GET of `/` that is this provider's; nil for all others.
    func answerAtRoot(_ request: Request) -> Response?
    /// What there is to know about it, for people: addresses, credentials that are no secret, recipients with a meaning.
    var about: String { get }
}

extension ProviderAPI {
    func answerAtRoot(_ request: Request) -> Response? { nil }
}

/// What every provider stands on.
struct ProviderEngine: Sendable {
    let plan: FaultPlan
    let ledger: Ledger
    let sender: CallbackSender
    let group: any EventLoopGroup

    init(settings: SandboxSettings, logger: Logger, group: any EventLoopGroup) {
        plan = settings.plan
        self.group = group
        ledger = Ledger(plan: settings.plan, logger: logger)
        sender = CallbackSender(limits: settings.callbacks, journal: ledger, group: group)
    }
}
