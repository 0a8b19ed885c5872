import Foundation

/// The code of a channel's package, which becomes one Swift module.
struct LibrarySources {
    let module: String
    let files: [String]

    init(folder: String) throws(LibraryBuildRefusal) {
        var isFolder = ObjCBool(false)
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw LibraryBuildRefusal("there is no folder '\(folder)'")
        }
        let root = try Self.root(of: folder)
        files = Self.swiftFiles(in: root).filter { $0 != folder + "/Package.swift" }.sorted()
        guard !files.isEmpty else { throw LibraryBuildRefusal("no Swift files are in '\(root)'") }
        module = Self.name(URL(fileURLWithPath: root).standardizedFileURL.lastPathComponent)
    }

    /// The one folder in `Sources`, or the folder itself where there is no `Sources`.
    private static func root(of folder: String) throws(LibraryBuildRefusal) -> String {
        let sources = folder + "/Sources"
        guard FileManager.default.fileExists(atPath: sources) else { return folder }
        let targets = ((try? FileManager.default.contentsOfDirectory(atPath: sources)) ?? [])
            .filter { !$0.hasPrefix(".") && !$0.hasSuffix(".swift") }.sorted()
        guard targets.count <= 1 else {
            throw LibraryBuildRefusal(
                "'\(sources)' has the folders \(targets.joined(separator: ", ")): a library is made from one")
        }
        return targets.first.map { "\(sources)/\($0)" } ?? sources
    }

    private static func swiftFiles(in folder: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(".swift") && !$0.hasPrefix(".") && !$0.contains("/.") }.map {
            "\(folder)/\($0)"
        }
    }

    /// As Swift wants the name of a module.
    private static func name(_ folder: String) -> String {
        let name = String(folder.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        return name.first?.isLetter == true ? name : "_" + name
    }
}
