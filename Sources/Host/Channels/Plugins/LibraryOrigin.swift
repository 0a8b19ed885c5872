import ChannelSDK
import Foundation

/// Which host a library was made for. `switchboard channel build` leaves a note about it in the file, which is read
/// before the library is loaded: ChannelSDK's types have no stable layout, so the code of a library that was compiled
/// against another build of them would read the wrong bytes.
struct LibraryOrigin: Equatable {
    static let noteOwner = "Switchboard"
    static let noteType: UInt32 = 1

    var sdkVersion: String
    /// The build of the host.
    var host: String

    /// That of this program; nil: it was linked without a build id.
    static let own: LibraryOrigin? = ownImage?.buildID.map { .init(sdkVersion: "\(channelSDKVersion)", host: $0) }

    static let ownMachine: UInt16? = ownImage?.machine

    private static var ownImage: ELFImage? {
        let file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let size = lseek(file, 0, SEEK_END)
        guard size > 0, let bytes = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), bytes != MAP_FAILED
        else { return nil }
        defer { munmap(bytes, size) }
        return ELFImage(UnsafeRawBufferPointer(start: bytes, count: size))
    }

    /// Lines of `key=value`.
    var text: String { "sdk=\(sdkVersion)\nhost=\(host)\n" }

    init(sdkVersion: String, host: String) {
        self.sdkVersion = sdkVersion
        self.host = host
    }

    init?(text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        guard let sdkVersion = values["sdk"], let host = values["host"] else { return nil }
        self.init(sdkVersion: String(sdkVersion), host: String(host))
    }

    static func check(_ image: LibraryImage) throws(ChannelLibrary.Refusal) {
        guard let elf = image.bytes.withUnsafeBytes({ ELFImage($0) }), elf.isSharedObject else {
            throw ChannelLibrary.Refusal("is no shared library (64-bit ELF)")
        }
        guard elf.machine == ownMachine else {
            throw ChannelLibrary.Refusal("is for another kind of processor (ELF machine \(elf.machine))")
        }
        let note = elf.notes.first { $0.owner == noteOwner && $0.type == noteType }
        guard let note, let origin = LibraryOrigin(text: String(decoding: note.content, as: UTF8.self)) else {
            throw ChannelLibrary.Refusal(
                "does not say which host it was made for: make it by 'switchboard channel build'")
        }
        guard let own else {
            throw ChannelLibrary.Refusal("can't be judged: this program was linked without --build-id")
        }
        guard origin.sdkVersion == own.sdkVersion else {
            throw ChannelLibrary.Refusal(otherVersion(origin.sdkVersion))
        }
        guard origin.host == own.host else {
            throw ChannelLibrary.Refusal(
                "was made for another build of the host (\(origin.host.prefix(12)), this is \(own.host.prefix(12))): "
                    + "make it again by this host's 'switchboard channel build'")
        }
    }

    static func otherVersion(_ version: String) -> String {
        "was compiled against version \(version) of ChannelSDK, and this host has version \(channelSDKVersion): "
            + "make it again by this host's 'switchboard channel build'"
    }
}
