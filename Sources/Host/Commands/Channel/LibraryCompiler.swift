import ChannelSDK
import Foundation

/// Runs the compiler that the host was built with.
struct LibraryCompiler {
    struct Library {
        /// The name of the module in it.
        let module: String
        let sha256: String
    }

    let kit: ChannelKit
    private let swiftc: String

    init(kit: ChannelKit) throws(LibraryBuildRefusal) {
        self.kit = kit
        guard let swiftc = Self.find("swiftc") else {
            throw LibraryBuildRefusal("swiftc is not in PATH: install Swift (\(kit.compiler)), see swift.org/install")
        }
        self.swiftc = swiftc
        let version = try Self.run(swiftc, ["--version"], collecting: true)
        let line = version.split(separator: "\n").first.map(String.init) ?? ""
        guard line == kit.compiler else {
            throw LibraryBuildRefusal("\(swiftc) is '\(line)', and the host was built with '\(kit.compiler)'")
        }
    }

    /// Nothing of ChannelSDK goes into the library: it finds that in the host.
    func library(from sources: LibrarySources, to target: String) throws(LibraryBuildRefusal) -> Library {
        // Nobody else's folder: what is in it gets loaded.
        let folder = FileManager.default.temporaryDirectory.path + "/switchboard-\(UUID().uuidString)"
        let (note, library) = (folder + "/note", folder + "/lib\(sources.module).so")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Self.assembly(kit.origin.text).write(toFile: note + ".s", atomically: false, encoding: .utf8)
        } catch {
            throw LibraryBuildRefusal("can't write to '\(folder)': \(error)")
        }
        _ = try Self.run(try clang, ["-c", note + ".s", "-o", note + ".o"])
        _ = try Self.run(
            swiftc,
            [
                "-emit-library", "-module-name", sources.module, "-parse-as-library", "-swift-version", "6", "-O",
                "-whole-module-optimization", "-I", kit.modules, "-o", library, note + ".o",
            ] + sources.files)
        let built = try load(library)
        do {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: library)
            // In one step, so that no host ever finds half of it.
            let neighbour = target + ".new"
            try? FileManager.default.removeItem(atPath: neighbour)
            try FileManager.default.copyItem(atPath: library, toPath: neighbour)
            guard rename(neighbour, target) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            throw LibraryBuildRefusal("can't write '\(target)': \(error)")
        }
        return built
    }

    private func load(_ library: String) throws(LibraryBuildRefusal) -> Library {
        do {
            let module = try ChannelLibrary.load(path: library, sha256: nil)
            return Library(module: module.descriptor.name, sha256: try LibraryImage(path: library).sha256)
        } catch {
            throw LibraryBuildRefusal("the host does not take what was built: \(error)")
        }
    }

    /// The note by which a host knows that the library is for it.
    private static func assembly(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return """
            .section .note.switchboard,"a",@note
            .balign 4
            .long \(LibraryOrigin.noteOwner.utf8.count + 1), \(bytes.count), \(LibraryOrigin.noteType)
            .asciz "\(LibraryOrigin.noteOwner)"
            .balign 4
            .byte \(bytes.map(String.init).joined(separator: ", "))
            .balign 4

            """
    }

    /// Swift brings its own.
    private var clang: String {
        get throws(LibraryBuildRefusal) {
            let folder = URL(fileURLWithPath: swiftc).resolvingSymlinksInPath().deletingLastPathComponent().path
            for path in ["\(folder)/clang", Self.find("clang")].compactMap(\.self)
            where FileManager.default.isExecutableFile(atPath: path) {
                return path
            }
            throw LibraryBuildRefusal("clang is not beside \(swiftc), nor in PATH")
        }
    }

    private static func find(_ program: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What the program complains of goes to our standard error.
    private static func run(
        _ program: String, _ arguments: [String], collecting: Bool = false
    ) throws(LibraryBuildRefusal) -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = collecting ? pipe : FileHandle.standardError
        process.standardError = collecting ? FileHandle.nullDevice : FileHandle.standardError
        do {
            try process.run()
        } catch {
            throw LibraryBuildRefusal("\(program) can't be run: \(error)")
        }
        let output = collecting ? pipe.fileHandleForReading.readDataToEndOfFile() : Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw LibraryBuildRefusal("\(program) ended with \(process.terminationStatus): see above")
        }
        return String(decoding: output, as: UTF8.self)
    }
}
