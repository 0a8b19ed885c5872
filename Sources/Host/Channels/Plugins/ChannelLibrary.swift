import ChannelSDK
import ConfigurationFile
import Glibc
import Synchronization

/// Channel libraries: files that are loaded into the host, and are channel modules then like those compiled in.
///
/// A library stays loaded for as long as the process lives: its code may be running, and its types are known to the
/// runtime. That is why this keeps what it has loaded: the same file again gives the same module.
enum ChannelLibrary {
    private struct Loaded {
        /// By hash.
        var modules: [String: ChannelModule] = [:]
        /// By path.
        var hashes: [String: String] = [:]
    }

    private static let loaded = Mutex(Loaded())

    /// Checks the file, loads it, and checks what it says about itself. The library's own code runs from then on.
    ///
    /// - Parameter sha256: the hash that the file must have, in hexadecimal; nil: any.
    static func load(path: String, sha256 pin: String?) throws(LibraryRefusal) -> ChannelModule {
        do throws(Refusal) {
            let image = try LibraryImage(path: path)
            if let pin, pin.lowercased() != image.sha256 {
                throw Refusal("has changed: its SHA-256 is \(image.sha256), and \(pin) is wanted")
            }
            return try module(of: image, path: path)
        } catch {
            throw LibraryRefusal(file: path, reason: error.reason)
        }
    }

    /// Continues "library 'x' …".
    struct Refusal: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func module(of image: LibraryImage, path: String) throws(Refusal) -> ChannelModule {
        try loaded.withLock { (loaded) throws(Refusal) in
            if let module = loaded.modules[image.sha256] { return module }
            // The one before can't be taken out, and two of it would share the names of their types.
            if loaded.hashes[path] != nil { throw Refusal("has changed since it was loaded: restart the host") }
            try LibraryOrigin.check(image)
            try image.trial()
            let entry = try open(image)
            guard entry.sdkVersion == channelSDKVersion else {
                throw Refusal(LibraryOrigin.otherVersion("\(entry.sdkVersion)"))
            }
            try ModuleCheck.check(entry.module)
            let module = entry.module.guarded
            loaded.modules[image.sha256] = module
            loaded.hashes[path] = image.sha256
            return module
        }
    }

    private static func open(_ image: LibraryImage) throws(Refusal) -> ChannelLibraryEntry {
        guard let handle = dlopen(image.loadPath, RTLD_NOW | RTLD_LOCAL) else {
            throw Refusal("can't be loaded: \(lastError.replacing(image.loadPath, with: image.name))")
        }
        // From here on the descriptor stays open: its path is the name by which the loader knows the library.
        image.keep()
        guard let symbol = dlsym(handle, ChannelLibraryEntry.symbol) else {
            throw Refusal("has no entry point '\(ChannelLibraryEntry.symbol)': see docs/adding-a-channel.md")
        }
        let entry = unsafeBitCast(symbol, to: (@convention(c) () -> UnsafeMutableRawPointer?).self)
        guard let made = entry() else { throw Refusal("gave no module from its entry point") }
        return ChannelLibraryEntry.take(made)
    }

    private static var lastError: String { dlerror().map { String(cString: $0) } ?? "no reason given" }
}
