/// One thing that every implementation of a port must do.
public struct ConformanceCase<Port: Sendable>: Sendable, CustomStringConvertible {
    public let name: String
    private let body: @Sendable (BackendUnderTest<Port>) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (BackendUnderTest<Port>) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    /// Runs the case against a backend that holds nothing yet.
    public func run(on backend: BackendUnderTest<Port>) async throws { try await body(backend) }
}

/// Something durable that a port can be opened on, again and again.
public struct BackendUnderTest<Port: Sendable>: Sendable {
    public enum Ending: Sendable, CaseIterable {
        /// As a host does that is asked to stop.
        case clean
        /// As nearly like a crash as the backend can be made to end.
        case abrupt
    }

    /// Opens the port; of embedded backends one at a time.
    public let open: @Sendable () async throws -> Port
    /// Ends what was opened last; what it acknowledged is there when the port is opened again.
    public let end: @Sendable (Ending) async throws -> Void

    public init(
        open: @escaping @Sendable () async throws -> Port, end: @escaping @Sendable (Ending) async throws -> Void
    ) {
        self.open = open
        self.end = end
    }

    func reopen(after ending: Ending) async throws -> Port {
        try await end(ending)
        return try await open()
    }
}
