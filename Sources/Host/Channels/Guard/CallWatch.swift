import Foundation
import Synchronization

/// Watches calls into a module that must return at once. One that does not holds a thread that all channels share, and
/// nothing can take it away from it: the process ends then as by a trap, and whoever keeps it running starts it again.
/// What was under way is looked at record by record after that, and a record that ends two runs is put aside.
final class CallWatch: Sendable {
    /// Looks of the watch that a call may live to see. Counted, not measured: a process that was stopped for a while did
    /// not hang.
    static let patience = 10

    private struct Call {
        let name: StaticString
        var looks = 0
    }

    private struct State {
        var calls: [UInt64: Call] = [:]
        var next: UInt64 = 0
    }

    private let channel: String
    private let state = Mutex(State())

    init(channel: String) {
        self.channel = channel
        let thread = Thread { [weak self] in
            while self?.look() != nil { Thread.sleep(forTimeInterval: 1) }
        }
        thread.name = "watch"
        // Its stack holds a loop.
        thread.stackSize = 256 << 10
        thread.start()
    }

    func during<Value>(_ name: StaticString, _ body: () -> Value) -> Value {
        let id = state.withLock { state in
            state.next &+= 1
            state.calls[state.next] = Call(name: name)
            return state.next
        }
        defer { state.withLock { state in state.calls[id] = nil } }
        return body()
    }

    private func look() {
        let overdue = state.withLock { state -> StaticString? in
            for id in state.calls.keys { state.calls[id]?.looks += 1 }
            return state.calls.values.first { $0.looks > Self.patience }?.name
        }
        guard let overdue else { return }
        Terminal.complain(
            "fatal: the module of channel '\(channel)' has not returned from '\(overdue)' for \(Self.patience) seconds, "
                + "and nothing else can end that call: the host ends\n")
        // Not an orderly end: the next run is to look at the records one by one.
        _exit(70)
    }
}
