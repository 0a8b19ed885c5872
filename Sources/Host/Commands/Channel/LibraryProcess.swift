import Foundation

/// This program once more, in a process that a library may end.
enum LibraryProcess {
    enum End: Sendable {
        case exited(Int32)
        case signaled(Int32)
        case timedOut
    }

    /// Its output is ours.
    static func run(_ arguments: [String], timeout: Duration) async throws -> End {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        let (ends, continuation) = AsyncStream.makeStream(of: End.self)
        process.terminationHandler = { process in
            let status = process.terminationStatus
            continuation.yield(process.terminationReason == .exit ? .exited(status) : .signaled(status))
        }
        try process.run()
        let identifier = process.processIdentifier
        // A limit, not a wait: cancelled as soon as the process has ended.
        let clock = Task {
            try await Task.sleep(for: timeout)
            continuation.yield(.timedOut)
        }
        defer { clock.cancel() }
        for await end in ends {
            if case .timedOut = end { kill(identifier, SIGKILL) }
            return end
        }
        return .timedOut
    }
}
