import UnixSignals

/// SIGHUP, from the program's first moments to its last: it never ends the process, as it would by itself.
enum HangUp {
    /// Listens until the process ends. What comes while nobody takes requests, before the host has started or while it
    /// reads its file, is one request for later: the file is read once more, whatever it became meanwhile.
    static func listening() async -> AsyncStream<Void> {
        let (requests, made) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let signals = await UnixSignalsSequence(trapping: .sighup)
        Task { for await _ in signals { made.yield() } }
        return requests
    }
}
