import Foundation

/// What the host was built with, as far as the code of channels needs it: a folder beside the program, made by `make kit`.
struct ChannelKit {
    let path: String
    /// The first line of `swiftc --version`.
    let compiler: String
    let origin: LibraryOrigin

    /// The Swift modules.
    var modules: String { path + "/modules" }

    /// - Parameter path: nil: wherever it stands beside the program.
    init(path: String?) throws(LibraryBuildRefusal) {
        guard let path = path ?? Self.places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw LibraryBuildRefusal(
                "no kit is beside this program (\(Self.places.joined(separator: ", "))): make it by 'make kit', "
                    + "or name it by --kit")
        }
        self.path = path
        guard let data = FileManager.default.contents(atPath: path + "/manifest"), data.count < 10_000,
            let origin = LibraryOrigin(text: String(decoding: data, as: UTF8.self)),
            let compiler = Self.value(of: "compiler", in: data)
        else { throw LibraryBuildRefusal("'\(path)' is no kit: it has no manifest; make it by 'make kit'") }
        self.origin = origin
        self.compiler = compiler
        guard let own = LibraryOrigin.own else {
            throw LibraryBuildRefusal("this program was linked without a build id, so that no library fits it")
        }
        guard origin == own else {
            throw LibraryBuildRefusal(
                "the kit '\(path)' is of another build of the host (\(origin.host.prefix(12)), this is "
                    + "\(own.host.prefix(12))): make it again by 'make kit'")
        }
    }

    /// Beside the program as it is built, and as it is installed.
    private static var places: [String] {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        return [
            program.path + "/channel-kit", program.deletingLastPathComponent().path + "/lib/switchboard/channel-kit",
        ]
    }

    private static func value(of key: String, in manifest: Data) -> String? {
        String(decoding: manifest, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(key + "=") }
            .map { String($0.dropFirst(key.count + 1)) }
    }
}
