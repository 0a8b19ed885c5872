import Pipeline

/// What went wrong with a statement or a connection.
enum PostgresFailure: Error, Hashable {
    /// No connection, or it was lost: whether the transaction was committed is not known.
    case connection(String)
    /// The server refused a statement: nothing of its transaction is stored.
    case server(state: String, message: String)
    /// An answer that the code does not understand, or a setting that can't be used.
    case misuse(String)

    /// Raised by the function `pass_fence`.
    static let fencedState = "SB001"

    /// A deadlock or a serialization failure: the same transaction can be tried again at once.
    var isWorthRepeating: Bool {
        guard case .server(let state, _) = self else { return false }
        return state == "40P01" || state == "40001"
    }

    var storeError: StoreError {
        switch self {
        case .connection(let message): return .unavailable(message)
        case .misuse(let message): return .failed(message)
        case .server(Self.fencedState, _): return .fenced
        case .server(let state, let message):
            let text = "PostgreSQL refused a statement: \(message) (SQLSTATE \(state))"
            return Self.isPassing(state) ? .unavailable(text) : .failed(text)
        }
    }

    /// States that end without anybody changing the program: connection trouble (08), no resources (53), an operator or
    /// a timeout stepped in (57), a lock (55P03), conflicts (40), a standby before its promotion (25006).
    private static func isPassing(_ state: String) -> Bool {
        ["08", "40", "53", "57"].contains(String(state.prefix(2))) || state == "55P03" || state == "25006"
    }
}
