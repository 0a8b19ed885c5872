import DequeModule
import NIOCore

/// The callbacks that wait for one receiver, and the connections to it. It lives on its dispatcher's event loop.
final class ReceiverLine {
    let receiver: CallbackURL.Receiver
    /// To be sent now, the oldest first.
    var ready: Deque<Callback> = []
    var idle: [CallbackConnection] = []
    /// Idle or busy.
    var open = 0
    var connecting = 0
    /// Connections refused since the last one that opened.
    var refusals = 0
    /// True while no connection is tried because the last ones were refused.
    var isPaused = false

    init(to receiver: CallbackURL.Receiver) {
        self.receiver = receiver
    }

    /// Takes the oldest callback, and with it those behind it that go out in the same request.
    /// - Parameter limit: the most of them.
    func nextRequest(limit: Int) -> [Callback] {
        let first = ready.removeFirst()
        guard let webhook = first.source.batch?.webhook else { return [first] }
        var callbacks = [first]
        while callbacks.count < limit, let next = ready.first, next.source.batch?.webhook === webhook {
            callbacks.append(ready.removeFirst())
        }
        return callbacks
    }

    /// How many connections to open now.
    func missingConnections(limit: Int) -> Int {
        guard !isPaused else { return 0 }
        // One try at a time finds out whether a receiver that refused is back.
        let limit = refusals > 0 ? 1 : limit
        return max(0, min(ready.count - connecting, limit - open - connecting))
    }
}
