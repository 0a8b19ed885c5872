import ArgumentParser
import Backup
import Foundation
import Pipeline

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts a backup in the place of the store. Stop the hosts first.",
        discussion: """
            The whole file is checked before anything is touched. What was to be sent before the restore may have been \
            sent after the backup: it is held, as uncertain, for somebody to decide ('switchboard resolve'), unless \
            --resend is given.
            """)

    @OptionGroup var store: StoreOption
    @Flag(name: .shortAndLong, help: "Don't ask.") var yes = false
    @Flag(help: "Only check the file, and say what is in it.") var check = false
    @Flag(help: "Send what was to be sent, also where it may have been sent since the backup: twice, then.")
    var resend = false
    @Argument(help: "The backup's file.") var file: String

    func run() async throws { try await complaining { try await restore() } }

    private func restore() async throws {
        let progress = ProgressLine()
        progress.begin("checking \(file)")
        let backup: BackupReader
        do {
            backup = try BackupReader(path: file) { progress.update($0, of: $1) }
        } catch {
            progress.end()
            throw error
        }
        progress.end()
        let manifest = backup.manifest
        Terminal.say("\(file): \(backup.bytes.asBytes), whole; made \(manifest.created) of \(manifest.kind.title)")
        Terminal.say("  holds \(manifest.summary.sentence)")
        if check { return }
        let keeper = try store.keeper()
        if let mismatch = keeper.mismatch(manifest) { throw BackupError("\(file): \(mismatch)") }
        if let obstacle = try await keeper.obstacle(to: manifest) { throw BackupError(obstacle) }
        try await describe(keeper)
        guard yes || isConfirmed() else {
            Terminal.say("nothing was changed")
            throw ExitCode(1)
        }
        // Should psql end early, it must not take this program with it.
        signal(SIGPIPE, SIG_IGN)
        defer { progress.end() }
        let notes = try await keeper.replace(with: backup, resends: resend, progress)
        progress.end()
        Terminal.say("restored \(keeper.place)")
        for note in notes { Terminal.say("  \(note)") }
        Terminal.say(
            resend
                ? "  what was to be sent is sent when the host starts, again where it was sent since the backup"
                : "  what was due before now is held when the host starts: see 'After a restore' in docs/backup.md")
    }

    private func describe(_ keeper: any StoreKeeper) async throws {
        do {
            let current = try await keeper.current()
            Terminal.say("replaces \(keeper.place): \(current.map(\.sentence) ?? "nothing is there")")
        } catch {
            // A store that can't be read is a reason to restore.
            Terminal.say("replaces \(keeper.place), which can't be read: \(error)")
        }
    }

    private func isConfirmed() -> Bool {
        guard isatty(0) == 1 else {
            Terminal.complain("nobody can be asked here: give --yes to replace it\n")
            return false
        }
        Terminal.say("Replace it? Type yes: ", terminator: "")
        return readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes"
    }
}
