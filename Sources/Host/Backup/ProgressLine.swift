import Foundation
import Synchronization

/// Shows how far a long piece of work is: a bar that moves on a terminal, else a plain line for each step.
final class ProgressLine: Sendable {
    private struct State {
        var step = ""
        var percent = -1
    }

    private let isTerminal: Bool
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(
        isTerminal: Bool = isatty(2) == 1, write: @escaping @Sendable (String) -> Void = { Terminal.complain($0) }
    ) {
        self.isTerminal = isTerminal
        self.write = write
    }

    /// What is being done from now on.
    func begin(_ step: String) {
        state.withLock { state in
            if isTerminal, !state.step.isEmpty { write("\r\u{1B}[K") }
            state = State(step: step)
            write(isTerminal ? "\(step) …" : "\(step) …\n")
        }
    }

    func update(_ done: Int, of total: Int) {
        guard isTerminal else { return }
        let percent = total > 0 ? min(100, done * 100 / total) : 100
        state.withLock { state in
            guard percent != state.percent else { return }
            state.percent = percent
            let filled = percent * 30 / 100
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
            write("\r\u{1B}[K\(state.step)  \(bar)  \(percent) %")
        }
    }

    /// Where nobody knows how much there will be.
    func update(bytes: Int) {
        guard isTerminal else { return }
        state.withLock { write("\r\u{1B}[K\($0.step)  \(bytes.asBytes)") }
    }

    /// Takes the bar away.
    func end() {
        state.withLock { state in
            if isTerminal, !state.step.isEmpty { write("\r\u{1B}[K") }
            state = State()
        }
    }
}

extension Int {
    /// For people: `123 B`, `4.5 MB`.
    var asBytes: String {
        var value = Double(self)
        var unit = "B"
        for next in ["kB", "MB", "GB", "TB"] where value >= 1000 {
            value /= 1000
            unit = next
        }
        return unit == "B" ? "\(self) B" : "\((value * 10).rounded() / 10) \(unit)"
    }
}
