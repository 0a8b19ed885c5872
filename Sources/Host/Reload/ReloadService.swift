import ServiceLifecycle
import UnixSignals

/// Reads the configuration anew at each SIGHUP.
struct ReloadService: Service {
    let reloader: Reloader

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) { _ = await reloader.reload() }
        }
    }
}
