/// A port that keeps nothing over a restart, and the means to let its time pass.
public struct ServiceUnderTest<Port: Sendable>: Sendable {
    public let port: Port
    /// Lets at least `duration` pass for the service: a clock that is moved, or, for a server with a clock of its own,
    /// a wait.
    public let pass: @Sendable (_ duration: Duration) async throws -> Void

    public init(_ port: Port, pass: @escaping @Sendable (_ duration: Duration) async throws -> Void) {
        self.port = port
        self.pass = pass
    }
}

/// One thing that every implementation of such a port must do.
public struct ServiceCase<Port: Sendable>: Sendable, CustomStringConvertible {
    public let name: String
    private let body: @Sendable (ServiceUnderTest<Port>) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (ServiceUnderTest<Port>) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    /// Runs the case against a service that holds nothing yet.
    public func run(on service: ServiceUnderTest<Port>) async throws { try await body(service) }
}
