/// What the entry point of a channel library gives to the host that loaded it: a module, and the version of ChannelSDK
/// that the library was compiled against.
///
/// A library has one entry point, a C function of the name ``symbol``:
///
/// ```swift
/// @c(switchboard_channel)
/// public func entry() -> UnsafeMutableRawPointer { ChannelLibraryEntry.make(PushChannel.self) }
/// ```
public final class ChannelLibraryEntry: Sendable {
    /// The name of the entry point.
    public static let symbol = "switchboard_channel"

    /// What the library brings.
    public let module: ChannelModule
    /// The ``channelSDKVersion`` that the library was compiled against.
    public let sdkVersion: Int

    private init(_ module: ChannelModule, sdkVersion: Int) {
        self.module = module
        self.sdkVersion = sdkVersion
    }

    /// What the entry point returns; the host takes it over.
    @_alwaysEmitIntoClient
    public static func make(_ type: any Channel.Type) -> UnsafeMutableRawPointer {
        // This body is compiled into the library, and so is the version: read from the host it would be the host's.
        make(type, compiledAgainst: channelSDKVersion)
    }

    /// Of ``make(_:)``: use that.
    public static func make(_ type: any Channel.Type, compiledAgainst sdkVersion: Int) -> UnsafeMutableRawPointer {
        let entry = ChannelLibraryEntry(ChannelModule(type), sdkVersion: sdkVersion)
        return Unmanaged.passRetained(entry).toOpaque()
    }

    /// The host's side of ``make(_:)``: to be called once with what an entry point returned.
    public static func take(_ pointer: UnsafeMutableRawPointer) -> ChannelLibraryEntry {
        Unmanaged<ChannelLibraryEntry>.fromOpaque(pointer).takeRetainedValue()
    }
}
