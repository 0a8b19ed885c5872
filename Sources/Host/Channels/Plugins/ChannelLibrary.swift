import ChannelSDK
import ConfigurationFile
import Glibc
import ModuleGuard
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

    /// What this process has loaded from `path`, for a reload: nothing is loaded then, and no code of another library
    /// runs.
    static func reloaded(path: String, sha256 pin: String?) throws(LibraryRefusal) -> ChannelModule {
        let known = loaded.withLock { loaded in
            loaded.hashes[path].flatMap { hash in loaded.modules[hash].map { (hash, $0) } }
        }
        do throws(Refusal) {
            guard let (hash, module) = known else {
                throw Refusal("has not been loaded, and needs a restart: libraries are loaded when the host starts")
            }
            guard (try? LibraryImage(path: path))?.sha256 == hash, pin.map({ $0.lowercased() == hash }) ?? true else {
                throw Refusal(
                    "is not the one that the host has loaded (SHA-256 \(hash)), and needs a restart: put that one back "
                        + "to have the rest of the file applied before")
            }
            return module
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
            if let module = loaded.modules[image.sha256] {
                if loaded.hashes[path] == nil { loaded.hashes[path] = image.sha256 }
                return module
            }
            // The one before can't be taken out, and two of it would share the names of their types.
            if loaded.hashes[path] != nil { throw Refusal("has changed since it was loaded: restart the host") }
            try LibraryOrigin.check(image)
            try image.trial()
            let module = try judged(loadPath: image.loadPath, name: image.name) {
                // From here on the descriptor stays open: its path is the name by which the loader knows the library.
                image.keep()
            }.guarded
            loaded.modules[image.sha256] = module
            loaded.hashes[path] = image.sha256
            return module
        }
    }

    /// Loads what is at a path and has it say what it is: all that runs of a library's code before there are channels.
    static func judged(
        loadPath: String, name: String, whenLoaded: () -> Void = {}
    ) throws(Refusal) -> ChannelModule {
        guard let handle = dlopen(loadPath, RTLD_NOW | RTLD_LOCAL) else {
            throw Refusal("can't be loaded: \(lastError.replacing(loadPath, with: name))")
        }
        whenLoaded()
        guard let symbol = dlsym(handle, ChannelLibraryEntry.symbol) else {
            throw Refusal("has no entry point '\(ChannelLibraryEntry.symbol)': see docs/adding-a-channel.md")
        }
        let entry = unsafeBitCast(symbol, to: (@convention(c) () -> UnsafeMutableRawPointer?).self)
        guard let made = entry() else { throw Refusal("gave no module from its entry point") }
        let taken = ChannelLibraryEntry.take(made)
        guard taken.sdkVersion == channelSDKVersion else {
            throw Refusal(LibraryOrigin.otherVersion("\(taken.sdkVersion)"))
        }
        try ModuleCheck.check(taken.module)
        return taken.module
    }

    private static var lastError: String { dlerror().map { String(cString: $0) } ?? "no reason given" }
}
