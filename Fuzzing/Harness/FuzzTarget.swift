import Foundation

/// Where bytes from outside come in; `FUZZ_TARGET` names one. A target takes any bytes and must neither trap nor run on.
enum FuzzTarget: String, CaseIterable {
    /// A configuration file.
    case yaml
    /// A provider's webhook: handshake, verification, record, parser.
    case webhook
    /// The body of a request to the API.
    case body
    /// A bearer token, and an API key.
    case token

    static let chosen: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            fatalError("FUZZ_TARGET is '\(name)', not one of \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return target
    }()

    func run(_ bytes: [UInt8]) {
        switch self {
        case .yaml: ConfigurationInput.run(bytes)
        case .webhook: WebhookInput.run(bytes)
        case .body: BodyInput.run(bytes)
        case .token: TokenInput.run(bytes)
        }
    }
}

/// What libFuzzer, whose main function this program has, calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
