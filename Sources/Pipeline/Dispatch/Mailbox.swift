import Synchronization

/// Hands what many put in to the one who takes out, everything that has come at a time: one wake-up per batch.
final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var taker: CheckedContinuation<Void, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())

    func put(_ elements: some Sequence<Element>) {
        let taker = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.elements.append(contentsOf: elements)
            guard !state.elements.isEmpty else { return nil }
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume()
    }

    func put(_ element: Element) { put(CollectionOfOne(element)) }

    /// No more is put in; what is there can still be taken.
    func close() {
        let taker = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isClosed = true
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume()
    }

    /// Everything that has come, at least one; nil once closed and empty. For one taker.
    func takeAll() async -> [Element]? {
        while true {
            let (elements, isClosed) = state.withLock { state in
                defer { state.elements = [] }
                return (state.elements, state.isClosed)
            }
            if !elements.isEmpty { return elements }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.elements.isEmpty, !state.isClosed else { return true }
                    state.taker = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}
