import Logging
import Synchronization

/// What is logged, for tests that wait for it or look for secrets in it.
final class HeardLog: Sendable {
    private struct State {
        var lines: [String] = []
        var waiting: [(text: String, waiter: CheckedContinuation<Void, Never>)] = []
        /// How many of each text have been waited for.
        var heard: [String: Int] = [:]
    }

    private let state = Mutex(State())

    var lines: [String] { state.withLock { $0.lines } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    /// Returns when one more line than last time has had `text` in it.
    func next(_ text: String) async {
        await withCheckedContinuation { waiter in
            let isHeard = state.withLock { state in
                let count = state.heard[text, default: 0] + 1
                state.heard[text] = count
                if state.lines.count(where: { $0.contains(text) }) >= count { return true }
                state.waiting.append((text, waiter))
                return false
            }
            if isHeard { waiter.resume() }
        }
    }

    fileprivate func add(_ line: String) {
        let waiters = state.withLock { state in
            state.lines.append(line)
            let found = state.waiting.filter { line.contains($0.text) }
            state.waiting.removeAll { line.contains($0.text) }
            return found.map(\.waiter)
        }
        for waiter in waiters { waiter.resume() }
    }

    private struct Handler: LogHandler {
        let log: HeardLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.add("\(event.message) \(event.metadata.map { "\($0)" } ?? "")")
        }
    }
}
