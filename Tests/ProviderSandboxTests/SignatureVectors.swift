import Foundation
import NIOCore
import Testing

@testable import ProviderSandbox

/// The signatures that providers and their SDKs have published, in `Fixtures/provider-signatures.json`.
enum SignatureVectors {
    /// - Parameter scheme: its name there, such as `meta_whatsapp`.
    static func of(_ scheme: String, file: String = #filePath) throws -> [JSON] {
        let tests = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: tests.appending(path: "Fixtures/provider-signatures.json"))
        let json = JSONParser.parse(ByteBuffer(bytes: data))
        return try #require(json?[scheme]?["vectors"]?.elements)
    }
}
