// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled under the same rules.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")

let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

/// A C library of the system: a module map and a shim, used by the one adapter that owns it.
func clibrary(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// A room of the house. `path` is given where the folder is not `Sources/NAME`.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

/// A channel module: ChannelSDK is all that it may import from here.
func channel(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    room(name, ["ChannelSDK"] + dependencies)
}

/// An adapter: the pipeline's ports on one side, one library on the other.
func adapter(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    room(name, dependencies, path: "Sources/Adapters/\(name)")
}

func program(
    _ name: String, _ dependencies: [Target.Dependency], path: String? = nil, linkerSettings: [LinkerSetting]? = nil
) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: path, swiftSettings: settings, linkerSettings: linkerSettings)
}

/// A host of channel libraries: they find ChannelSDK, and what its API needs, in the program that loads them
/// (`--export-dynamic`), and name the very build of it that they were made for (`--build-id`).
let loadsLibraries: [LinkerSetting] = [
    .unsafeFlags(["-Xlinker", "--export-dynamic", "-Xlinker", "--build-id=sha1"], .when(platforms: [.linux]))
]

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "switchboard",
    products: [
        .executable(name: "switchboard", targets: ["Host"]),
        .executable(name: "provider-sandbox", targets: ["ProviderSandbox"]),
        .executable(name: "mock-broker", targets: ["MockBroker"]),
        .library(name: "ChannelSDK", targets: ["ChannelSDK"]),
        .library(name: "ChannelTesting", targets: ["ChannelTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // The contract, and what stands on it.
        room("ChannelSDK", [crypto, cryptoExtras, logging]),
        room("ChannelConformance", ["ChannelSDK", logging]),
        room("ChannelTesting", ["ChannelConformance", "ChannelSDK"]),
        channel("ChannelCallback", [logging]),
        channel("ChannelEmail", [crypto]),
        channel("ChannelSMS", [crypto, cryptoExtras]),
        channel("ChannelWhatsApp"),
        channel("ChannelDeclared", [crypto]),
        // What happens to a notification.
        room("Pipeline", ["ChannelSDK", coreMetrics, crypto, logging]),
        // What stands around modules that come from libraries.
        room("ModuleGuard", ["ChannelSDK", "Pipeline", logging]),
        room("Backup", ["CZlib", "ChannelSDK", "Pipeline", crypto]),
        // Adapters: the outside world behind the ports.
        room("Accounts", ["ChannelSDK", crypto, cryptoExtras, jwtKit, logging]),
        adapter("SQLiteBackend", ["Accounts", "CSQLite", "Pipeline", "ChannelSDK", grdb, grdbSQLite, logging]),
        adapter("InProcess", ["ChannelSDK"]),
        adapter("CurlTransport", ["CLibcurl", "ChannelSDK"]),
        adapter("PrometheusMetrics", ["Pipeline", coreMetrics]),
        adapter("RedisCache", ["CHiredis", "ChannelSDK", crypto, logging]),
        adapter("YAMLDocument", ["CLibyaml"]),
        adapter("KafkaLog", ["CLibrdkafka", "ChannelSDK", "Pipeline", logging]),
        adapter("PostgresStore", ["Accounts", "CLibpq", "ChannelSDK", "Pipeline"]),
        clibrary("CLibrdkafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        clibrary("CLibpq", pkgConfig: "libpq", apt: "libpq-dev"),
        // Its pkg-config names a flag that SwiftPM refuses, and nothing that is needed.
        clibrary("CHiredis", apt: "libhiredis-dev"),
        clibrary("CLibyaml", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        clibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        clibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        clibrary("CLibcurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        // The way in, and the programs.
        room(
            "API",
            [
                "Accounts", "ChannelSDK", "Pipeline", coreMetrics, httpTypes, hummingbird, hummingbirdCore, logging,
                nioCore,
                nioHTTP1,
                nioHTTPTypes, "Templates",
            ]),
        room("Templates", ["ChannelSDK", mustache]),
        room("ConfigurationFile", ["ChannelDeclared", "ChannelSDK", "Templates", "YAMLDocument"]),
        program(
            "Host",
            [
                "API", "Accounts", "Backup", "ChannelCallback", "ChannelConformance", "ChannelEmail", "ChannelSDK",
                "ChannelSMS",
                "ChannelWhatsApp", "ConfigurationFile",
                "CurlTransport",
                "InProcess", "KafkaLog", "ModuleGuard", "Pipeline", "PostgresStore", "PrometheusMetrics", "RedisCache",
                "SQLiteBackend",
                "Templates",
                argumentParser,
                asyncHTTPClient, coreMetrics, crypto,
                hummingbird, hummingbirdCore,
                lifecycle,
                logging,
                nioCore, nioHTTP1,
                unixSignals,
            ], linkerSettings: loadsLibraries),
        program(
            "ProviderSandbox",
            [
                argumentParser, collections, crypto, cryptoExtras, heap, httpTypes, hummingbird, lifecycle, logging,
                nioCore, nioHTTP1, nioPosix, nioSSL, swiftASN1, x509,
            ]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "API", "ChannelSDK", "CurlTransport", argumentParser, grdb, httpTypes, hummingbird, logging, nioCore,
            ], path: "Benchmarks", exclude: ["Adapters", "bench.py"], swiftSettings: settings),
        program("MockBroker", ["CLibrdkafka"]),
        program(
            "BackendRates",
            [
                "CLibcurl", "CLibpq", "CLibrdkafka", "ChannelEmail", "ChannelSDK", "ChannelSMS", "ChannelWhatsApp",
                "CurlTransport", "InProcess", "KafkaLog", "Pipeline", "PostgresStore", "RedisCache", crypto,
                cryptoExtras, logging,
            ],
            path: "Benchmarks/Adapters"),
        // Tests.
        .target(
            name: "PortConformance", dependencies: ["Accounts", "ChannelSDK", "Pipeline"],
            path: "Tests/PortConformance",
            swiftSettings: settings),
        tests("AccountsTests", ["Accounts", "ChannelSDK", "InProcess", "PortConformance", crypto, jwtKit, logging]),
        tests("ChannelSDKTests", ["ChannelConformance", "ChannelSDK", "InProcess", crypto, logging]),
        tests("ChannelCallbackTests", ["ChannelCallback", "ChannelSDK", "ChannelTesting"]),
        tests("ChannelEmailTests", ["ChannelEmail", "ChannelSDK", "ChannelTesting", crypto]),
        tests("ChannelSMSTests", ["ChannelSDK", "ChannelSMS", "ChannelTesting", crypto, cryptoExtras]),
        tests("ChannelWhatsAppTests", ["ChannelSDK", "ChannelTesting", "ChannelWhatsApp"]),
        tests(
            "ChannelDeclaredTests",
            ["ChannelDeclared", "ChannelSDK", "ChannelTesting", "ConfigurationFile", logging]),
        tests("ChannelTestingTests", ["ChannelConformance", "ChannelSDK", "ChannelTesting"]),
        tests(
            "PipelineTests",
            [
                "ChannelCallback", "ChannelSDK", "ChannelSMS", "ChannelWhatsApp", "InProcess", "Pipeline",
                "SQLiteBackend", coreMetrics, logging,
            ]),
        tests("ModuleGuardTests", ["ChannelConformance", "ChannelSDK", "ModuleGuard", "Pipeline", logging]),
        tests("PrometheusMetricsTests", ["Pipeline", "PrometheusMetrics", coreMetrics]),
        tests(
            "SQLiteBackendTests",
            [
                "Accounts", "ChannelConformance", "ChannelSDK", "Pipeline", "SQLiteBackend", "PortConformance", grdb,
                grdbSQLite, logging,
            ]),
        tests("KafkaLogTests", ["ChannelSDK", "KafkaLog", "Pipeline", "PortConformance", logging]),
        tests("PostgresStoreTests", ["Accounts", "ChannelSDK", "Pipeline", "PortConformance", "PostgresStore"]),
        tests("RedisCacheTests", ["ChannelConformance", "ChannelSDK", "PortConformance", "RedisCache", logging]),
        tests("BackupTests", ["Backup", "ChannelConformance", "ChannelSDK", "Pipeline"]),
        tests("InProcessTests", ["ChannelConformance", "ChannelSDK", "InProcess", "PortConformance"]),
        tests("CurlTransportTests", ["ChannelSDK", "CurlTransport"]),
        tests("YAMLDocumentTests", ["ChannelConformance", "YAMLDocument"]),
        tests("TemplatesTests", ["ChannelConformance", "ChannelSDK", "Templates"]),
        tests(
            "ConfigurationFileTests",
            ["ChannelConformance", "ChannelSDK", "ConfigurationFile", "Templates", "YAMLDocument"]),
        tests(
            "APITests",
            [
                "API", "Accounts", "ChannelSDK", "ChannelSMS", "ConfigurationFile", "InProcess", "Pipeline",
                "PrometheusMetrics",
                "SQLiteBackend", "Templates",
                coreMetrics, httpTypes,
                hummingbird,
                hummingbirdTesting, logging, nioCore, nioEmbedded, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix,
            ]),
        tests(
            "ProviderSandboxTests",
            [
                "ProviderSandbox", argumentParser, crypto, cryptoExtras, httpTypes, hummingbird, hummingbirdTesting,
                lifecycle, logging, nioCore, nioPosix, nioSSL, swiftASN1, x509,
            ]),
    ],
    swiftLanguageModes: [.v6]
)
