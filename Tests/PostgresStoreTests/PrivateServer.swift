import Foundation
import Testing

/// A server of this test's own, which can be killed and started again. It ends with its standard input.
final class PrivateServer {
    let url: String
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())

    init() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("scripts/with-postgres")
        process.executableURL = script
        process.arguments = [
            "bash", "-c", #"echo "$DATABASE_URL"; while read -r line; do "$RESTART_DATABASE"; echo done; done"#,
        ]
        process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "DATABASE_URL" }
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        url = Self.line(output.fileHandleForReading)
    }

    func restart() throws {
        try input.fileHandleForWriting.write(contentsOf: Array("again\n".utf8))
        #expect(Self.line(output.fileHandleForReading) == "done")
    }

    func stop() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private static func line(_ handle: FileHandle) -> String {
        var bytes: [UInt8] = []
        while let byte = handle.readData(ofLength: 1).first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
