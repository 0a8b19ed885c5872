// swift-tools-version: 6.2
import PackageDescription

// The kit of the host, made by `make kit`. The channel is compiled against its modules, and only the tests are linked with
// its archive: the library itself finds ChannelSDK in the host that loads it.
let kit = Context.environment["SWITCHBOARD_KIT"] ?? "\(Context.packageDirectory)/../../.build/release/channel-kit"
let modules: [SwiftSetting] = [.unsafeFlags(["-I", "\(kit)/modules"])]

let package = Package(
    name: "channel-push",
    targets: [
        .target(name: "ChannelPush", swiftSettings: modules),
        .testTarget(
            name: "ChannelPushTests", dependencies: ["ChannelPush"], swiftSettings: modules,
            linkerSettings: [
                .unsafeFlags(["-L\(kit)/lib"]), .linkedLibrary("ChannelKit"), .linkedLibrary("stdc++"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
