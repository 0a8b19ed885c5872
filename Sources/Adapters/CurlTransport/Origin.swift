internal import ChannelSDK

/// Scheme, host and port: what connections, and so limits, belong to.
///
/// The limit on concurrent requests is kept here and not by libcurl's CURLMOPT_MAX_HOST_CONNECTIONS: libcurl keeps one
/// list of waiting transfers for all hosts and looks only at its head when a connection comes free, so that a host that
/// hangs would hold up the requests of another.
final class Origin {
    struct Waiting {
        let submission: Submission
        let index: Int
        let deadline: Deadline
    }

    /// `https://host:port` as in the URL, without userinfo: the key, and what messages show.
    let name: String
    var active = 0
    private var queue = FIFO<Waiting>()

    init(name: String) { self.name = name }

    var hasWaiting: Bool { !queue.isEmpty }
    var isIdle: Bool { active == 0 && !hasWaiting }

    func append(_ waiting: Waiting) { queue.append(waiting) }

    func popFirst() -> Waiting? { queue.popFirst() }

    /// Takes out those that must not start any more.
    func removeLate(now: Int) -> [Waiting] { queue.removeAll { $0.deadline.isTooLateToStart(now: now) } }
}
