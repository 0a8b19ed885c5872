import ArgumentParser
import Backup
import ChannelSDK
import Dispatch
import Foundation

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
        let signals = Interruption(clearing: folder.workshop, progress)
        defer { signals.end() }
        let (content, file) = (folder.workshop + "/content", folder.workshop + "/backup")
        let manifest: BackupManifest
        let size: Int
        do {
            manifest = try await keeper.copy(to: content, progress)
            progress.begin("compressing")
            size = try BackupWriter.write(manifest, content: content, to: file) {
                progress.update($0, of: manifest.contentBytes)
            }
        } catch {
            progress.end()
            folder.clear()
            throw error
        }
        let name = try folder.publish(file, at: manifest.created)
        let removed = try folder.keep(keep)
        progress.end()
        Terminal.say("\(to)/\(name): \(size.asBytes), \(manifest.summary.sentence)")
        for old in removed { Terminal.say("removed \(to)/\(old): the last \(keep) are kept") }
    }
}

/// Leaves nothing behind when somebody stops the program.
private final class Interruption {
    private let sources: [any DispatchSourceSignal]

    init(clearing workshop: String, _ progress: ProgressLine) {
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                progress.end()
                BackupFolder.clear(workshop: workshop)
                Terminal.complain("stopped; no backup was made\n")
                exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    func end() { for source in sources { source.cancel() } }
}
