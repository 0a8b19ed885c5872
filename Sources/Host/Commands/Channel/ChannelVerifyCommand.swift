import ArgumentParser
import ChannelConformance
import ChannelSDK
import ConfigurationFile
import Foundation

struct ChannelVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Checks a channel's library: whether this host loads it, and whether its channel does what each must.",
        discussion: """
            The checks are those of the author's tests, by the tables that the library carries and by generated inputs. They \
            run in a process of their own, so that a library that ends it, or does not come to an end, fails the check. Ends \
            with 1 when anything is wrong.
            """)

    @Argument(help: "The library, e.g. libChannelPush.so.") var file: String

    @Option(help: "Decides every random byte: the same seed gives the same again. Default: another each time.")
    var seed: UInt64?

    @Option(help: "How many seconds the checks may take.") var timeout = 120

    /// With which the process ends that ran the library, when all is well: a library that ends it doesn't know it.
    fileprivate static let success: Int32 = 86

    /// The process that runs the library.
    @Flag(help: .hidden) var here = false

    func run() async throws {
        let seed = seed ?? .random(in: 0 ... .max)
        if here { return try await VerifiedLibrary(file: file, seed: seed).run() }
        let child = try await LibraryProcess.run(
            ["channel", "verify", file, "--seed", String(seed), "--here"], timeout: .seconds(max(1, timeout)))
        switch child {
        case .exited(Self.success): return
        case .exited(1): break
        case .exited(let code):
            Terminal.say("FAILED\n    the library ended the process (exit code \(code)): it must never; seed \(seed)")
        case .signaled(let signal):
            Terminal.say(
                "FAILED\n    the library ended the process (signal \(signal)): it must never trap; seed \(seed)")
        case .timedOut:
            Terminal.say("FAILED\n    it did not come to an end within \(timeout) s; seed \(seed)")
        }
        throw ExitCode(1)
    }
}

/// Loads a library into this process and runs the conformance suite on its module.
private struct VerifiedLibrary {
    let file: String
    let seed: UInt64

    func run() async throws {
        announce("load")
        let module: ChannelModule
        do throws(LibraryRefusal) {
            module = try ChannelLibrary.load(path: file, sha256: nil)
        } catch {
            Terminal.say("FAILED\n    \(error)")
            throw ExitCode(1)
        }
        let descriptor = module.descriptor
        Terminal.say("ok       \(descriptor.name) \(descriptor.version): \(descriptor.summary)")
        // What stands around a loaded module in the host would hide what is to be found.
        let bare = module.type.map { ChannelModule($0) } ?? module
        try await check(bare)
    }

    private func check(_ module: ChannelModule) async throws {
        var (passed, failed, skipped) = (0, 0, 0)
        var provider: String?
        await ConformanceRun(module, seed: seed).run { step in
            if step.provider != provider, let name = step.provider {
                Terminal.say("provider \(name)\(step.hasTable ? ", by its table" : ", with made-up settings")")
                provider = name
            }
            announce(step.check.rawValue)
        } didRun: { step, verdict in
            switch verdict {
            case .passed:
                passed += 1
                Terminal.say("ok       \(step.check.meaning)")
            case .failed(let findings):
                failed += 1
                Terminal.say("FAILED   not so: \(step.check.meaning)")
                for finding in findings { Terminal.say("    \(finding)") }
            case .skipped(let reason):
                skipped += 1
                Terminal.say("skipped  \(reason)")
            }
        }
        Terminal.say("\(passed + 1) passed, \(failed) failed, \(skipped) skipped; seed \(seed)")
        throw ExitCode(failed > 0 ? 1 : ChannelVerifyCommand.success)
    }

    /// Before it runs: should it end the process, this is the last that was said.
    private func announce(_ check: String) {
        Terminal.say("  \(check)\(String(repeating: " ", count: max(1, 14 - check.count)))", terminator: "")
    }
}
