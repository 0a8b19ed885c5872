import Synchronization

/// How many event streams are open, by account.
public final class EventStreamCount: Sendable {
    /// One of them, until it is gone.
    final class Place: Sendable {
        private let streams: EventStreamCount
        private let account: String

        fileprivate init(_ streams: EventStreamCount, _ account: String) {
            (self.streams, self.account) = (streams, account)
        }

        deinit { streams.end(account) }
    }

    enum Refusal: Error, Hashable {
        case ofHost(Int)
        case ofAccount(Int)

        var limit: Int {
            switch self {
            case .ofHost(let limit), .ofAccount(let limit): limit
            }
        }
    }

    private struct State {
        var open = 0
        /// None of them 0.
        var byAccount: [String: Int] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    /// - Parameter perAccount: nil: an account may have all of them.
    func begin(account: String, limit: Int, perAccount: Int?) throws(Refusal) -> Place {
        let refusal: Refusal? = state.withLock { state in
            guard state.open < limit else { return .ofHost(limit) }
            if let perAccount, state.byAccount[account, default: 0] >= perAccount { return .ofAccount(perAccount) }
            state.open += 1
            state.byAccount[account, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
        return Place(self, account)
    }

    private func end(_ account: String) {
        state.withLock { state in
            state.open -= 1
            state.byAccount[account] = state.byAccount[account].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }

    var open: Int { state.withLock { $0.open } }
    var accounts: Int { state.withLock { $0.byAccount.count } }
}
