import CLibpq
import Foundation
import Glibc
import Pipeline

/// One of PostgreSQL's own client programs. What it needs to connect is in its environment, so that no password shows
/// among its arguments.
struct PostgresTool {
    enum Name: String {
        case dump = "pg_dump"
        case restore = "pg_restore"
        case shell = "psql"
    }

    private let name: Name
    private let path: String
    private let environment: [String: String]
    private let redaction: Redaction

    /// - Throws: ``StoreError/failed(_:)`` when it is not on the PATH.
    init(_ name: Name, _ configuration: PostgresStore.Configuration) throws(StoreError) {
        self.name = name
        let own = ProcessInfo.processInfo.environment
        let folders = (own["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
        guard
            let path = folders.lazy.map({ $0 + "/" + name.rawValue })
                .first(where: { FileManager.default.isExecutableFile(atPath: $0) })
        else {
            throw .failed(
                "\(name.rawValue) is not on the PATH: install PostgreSQL's client (Debian: postgresql-client)")
        }
        self.path = path
        environment = own.merging(try Self.connection(configuration)) { $1 }
        redaction = Redaction(password: configuration.password)
    }

    /// The connection string's words, as the environment variables that libpq reads.
    private static func connection(_ configuration: PostgresStore.Configuration) throws(StoreError) -> [String: String]
    {
        try configuration.check()
        var variables = [
            "PGCLIENTENCODING": "UTF8", "PGCONNECT_TIMEOUT": "\(configuration.connectTimeout.components.seconds)",
        ]
        guard let options = PQconninfoParse(configuration.connectionString, nil) else { return variables }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            defer { option += 1 }
            guard let value = option.pointee.val.map({ String(cString: $0) }) else { continue }
            guard let variable = option.pointee.envvar else {
                throw .failed(
                    "postgres.url sets \(String(cString: keyword)), which \(Name.dump.rawValue) can't be told: leave it out"
                )
            }
            variables[String(cString: variable)] = value
        }
        return variables
    }

    /// The major version of the program, e.g. 15.
    func majorVersion() async throws(StoreError) -> Int {
        let said = try await run(["--version"])
        // pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
        let words = said.split { !$0.isNumber && $0 != "." }
        guard let version = words.lazy.compactMap({ Int($0.prefix { $0 != "." }) }).first else {
            throw .failed("\(path) does not say its version: \(said)")
        }
        return version
    }

    /// - Returns: what it prints.
    @discardableResult
    func run(_ arguments: [String], input: FileHandle? = nil) async throws(StoreError) -> String {
        let running = try start(arguments, input: input, output: nil)
        return try await running.finish()
    }

    /// - Parameter output: where its standard output goes; nil: to be returned by ``Running/finish()``.
    func start(_ arguments: [String], input: FileHandle?, output: FileHandle?) throws(StoreError) -> Running {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = input ?? FileHandle.nullDevice
        let printed = output == nil ? Pipe() : nil
        if let output { process.standardOutput = output } else { process.standardOutput = printed }
        let complaints = Pipe()
        process.standardError = complaints
        do {
            try process.run()
        } catch {
            throw .failed("\(path) can't be started: \(error.localizedDescription)")
        }
        return Running(
            name: name.rawValue, process: process, printed: printed?.fileHandleForReading,
            complaints: complaints.fileHandleForReading, redaction: redaction)
    }

    /// A program that has been started.
    struct Running: Sendable {
        fileprivate let name: String
        fileprivate let process: Process
        fileprivate let printed: FileHandle?
        fileprivate let complaints: FileHandle
        fileprivate let redaction: Redaction

        var isRunning: Bool { process.isRunning }

        /// At once, and without asking: it may have been started on a thread that blocks signals, which it then does, too.
        /// The server undoes what was not committed.
        func terminate() { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

        /// Waits until it prints such a line; false: it has ended without.
        func prints(line: String) async -> Bool {
            guard let printed else { return false }
            return await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    var last: [UInt8] = []
                    while case let data = printed.availableData, !data.isEmpty {
                        let lines = (last + data).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                        if lines.dropLast().contains(where: { $0.elementsEqual(line.utf8) }) {
                            return continuation.resume(returning: true)
                        }
                        last = Array(lines.last ?? [])
                    }
                    continuation.resume(returning: false)
                }
            }
        }

        /// Waits for its end, which the cancellation of the task brings about.
        /// - Returns: what it has printed, and nobody has read yet.
        /// - Throws: ``StoreError/failed(_:)`` with its own words when it fails.
        @discardableResult
        func finish() async throws(StoreError) -> String {
            let (said, complaint) = await withTaskCancellationHandler {
                await output()
            } onCancel: {
                terminate()
            }
            guard process.terminationReason == .exit, process.terminationStatus == 0 else {
                throw .failed("\(name) failed: \(brief(complaint))")
            }
            return String(decoding: said, as: UTF8.self)
        }

        /// What it prints and what it complains of, once it has ended.
        private func output() async -> (printed: Data, complaints: Data) {
            await withCheckedContinuation { continuation in
                let (printed, complaints, process) = (printed, complaints, process)
                DispatchQueue.global().async {
                    // Both at once: a program that fills one pipe while the other is read would wait for ever.
                    let reading = DispatchGroup()
                    let collected = Collected()
                    DispatchQueue.global().async(group: reading) { collected.put(complaints.readDataToEndOfFile()) }
                    let said = printed?.readDataToEndOfFile() ?? Data()
                    reading.wait()
                    process.waitUntilExit()
                    continuation.resume(returning: (said, collected.data))
                }
            }
        }

        /// The first lines, without the password.
        private func brief(_ complaint: Data) -> String {
            let lines = String(decoding: complaint, as: UTF8.self).split(whereSeparator: \.isNewline)
            let text = lines.prefix(5).joined(separator: "; ")
            return text.isEmpty ? "it said nothing (status \(process.terminationStatus))" : redaction.hide(text)
        }
    }
}
