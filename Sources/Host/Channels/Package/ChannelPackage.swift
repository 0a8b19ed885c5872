import Foundation

/// The package of a new channel: code, tables, tests, and a configuration that sends through it to the provider sandbox.
struct ChannelPackage {
    let name: ChannelName
    /// Where the host's kit is.
    let kit: String

    /// Every file by its path in the package, in the order in which they are to be read.
    var files: [(path: String, text: String)] {
        let sources = "Sources/\(name.module)"
        return [
            ("README.md", readme), ("Package.swift", manifest), (".gitignore", ".build/\n*.so\n/data/\n"),
            ("channels.yaml", configuration), ("\(sources)/\(name.type).swift", channel),
            ("\(sources)/\(name.stem)Settings.swift", settings), ("\(sources)/\(name.stem)Delivery.swift", delivery),
            ("\(sources)/\(name.stem)Webhooks.swift", webhooks), ("\(sources)/\(name.stem)Tables.swift", tables),
            ("\(sources)/Entry.swift", entry), ("Tests/\(name.module)Tests/\(name.type)Tests.swift", tests),
        ]
    }

    /// Writes the package into a folder of its own; never over anything.
    /// - Throws: why it could not.
    func write(to folder: String) throws(ChannelName.Refusal) {
        let manager = FileManager.default
        guard !manager.fileExists(atPath: folder) else {
            throw .init("'\(folder)' is there already, and nothing is ever overwritten: name another folder by --path")
        }
        do {
            for (path, text) in files {
                let file = URL(fileURLWithPath: folder).appendingPathComponent(path)
                try manager.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o755])
                try Data(text.utf8).write(to: file, options: .withoutOverwriting)
            }
        } catch {
            throw .init("'\(folder)' can't be written: \(error.localizedDescription)")
        }
    }

    /// `text` with the channel's names in the place of those of a channel `example-channel`.
    func named(_ text: String) -> String {
        text.replacing("Example", with: name.stem).replacing("example-channel", with: name.name)
    }
}
