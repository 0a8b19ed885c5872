import ArgumentParser
import Backup
import ChannelSDK
import Dispatch
import Foundation
import Synchronization

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Backs the store up into one compressed file with a checksum; the host may go on running.")

    @OptionGroup var store: StoreOption
    @Option(help: "The folder that backups are in; it is made if there is none.") var to = "backups"
    @Option(help: "How many backups to keep there; older ones are removed once the new one is done.") var keep = 7

    func validate() throws {
        if keep < 1 { throw ValidationError("--keep must be at least 1.") }
    }

    func run() async throws { try await complaining { try await backUp() } }

    private func backUp() async throws {
        let keeper = try store.keeper()
        let progress = ProgressLine()
        let folder = try BackupFolder(path: to)
        let interruption = Interruption { [workshop = folder.workshop] in
            progress.end()
            BackupFolder.clear(workshop: workshop)
        }
        let signals = interruption.watch()
        defer { for signal in signals { signal.cancel() } }
        let (content, file) = (folder.workshop + "/content", folder.workshop + "/backup")
        let made = await interruption.result { try await Self.make(file, keeper, content, progress) }
        // From here on it takes a moment, and leaves a backup: nobody is told that there is none.
        interruption.end()
        if case .failure = made {
            progress.end()
            folder.clear()
        }
        let (manifest, size) = try made.get()
        let name = try folder.publish(file, at: manifest.created)
        let removed = try folder.keep(keep)
        progress.end()
        Terminal.say("\(to)/\(name): \(size.asBytes), \(manifest.summary.sentence)")
        for old in removed { Terminal.say("removed \(to)/\(old): the last \(keep) are kept") }
    }
}

extension BackupCommand {
    /// - Parameter content: where the copy stands that `file` is made of.
    fileprivate static func make(
        _ file: String, _ keeper: any StoreKeeper, _ content: String, _ progress: ProgressLine
    ) async throws -> (manifest: BackupManifest, size: Int) {
        let manifest = try await keeper.copy(to: content, progress)
        progress.begin("compressing")
        let size = try BackupWriter.write(manifest, content: content, to: file) {
            progress.update($0, of: manifest.contentBytes)
        }
        return (manifest, size)
    }
}

/// Leaves nothing behind, neither files nor programs that were started, when somebody stops the program.
private final class Interruption: Sendable {
    private struct State {
        var stopWork: @Sendable () -> Void = {}
        var isOver = false
    }

    private let state = Mutex(State())
    private let clear: @Sendable () -> Void

    /// - Parameter clear: removes the files that are under way.
    init(_ clear: @escaping @Sendable () -> Void) { self.clear = clear }

    /// From now on, and for as long as what is returned is kept, signals come here.
    func watch() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { self.stop(number) }
            source.activate()
            return source
        }
    }

    /// What comes of `work`, which is canceled when a signal comes.
    func result<Value: Sendable>(
        of work: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        let task = state.withLock { state in
            let task = Task(operation: work)
            state.stopWork = { task.cancel() }
            return task
        }
        return await task.result
    }

    /// From now on signals have no effect. Does not return when one has come before: it ends the program.
    func end() { state.withLock { $0.isOver = true } }

    /// Holds the lock up to the end of the program, so that nothing more is said or made.
    private func stop(_ number: Int32) {
        state.withLock { state in
            if state.isOver { return }
            state.stopWork()
            clear()
            Terminal.complain("stopped; no backup was made\n")
            exit(128 + number)
        }
    }
}
