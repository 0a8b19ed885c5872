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
    private var queue: [Waiting] = []
    private var head = 0

    init(name: String) { self.name = name }

    var hasWaiting: Bool { head < queue.count }
    var isIdle: Bool { active == 0 && !hasWaiting }

    func append(_ waiting: Waiting) { queue.append(waiting) }

    func popFirst() -> Waiting? {
        guard head < queue.count else { return nil }
        let first = queue[head]
        head += 1
        if head == queue.count {
            queue.removeAll(keepingCapacity: queue.count < 1024)
            head = 0
        } else if head >= 1024, head * 2 > queue.count {
            // Lets go of the submissions at the front, at a cost of one move per element.
            queue.removeFirst(head)
            head = 0
        }
        return first
    }

    /// Takes out those that must not start any more.
    func removeLate(now: Int) -> [Waiting] {
        let waiting = queue[head...]
        guard waiting.contains(where: { $0.deadline.isTooLateToStart(now: now) }) else { return [] }
        let late = waiting.filter { $0.deadline.isTooLateToStart(now: now) }
        queue = waiting.filter { !$0.deadline.isTooLateToStart(now: now) }
        head = 0
        return late
    }
}
