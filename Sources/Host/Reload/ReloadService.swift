import ServiceLifecycle

/// Reads the configuration anew whenever it is asked to.
struct ReloadService: Service {
    let reloader: Reloader
    let requests: AsyncStream<Void>

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in requests { _ = await reloader.reload() }
        }
    }
}
