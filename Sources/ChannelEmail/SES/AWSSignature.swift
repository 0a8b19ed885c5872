import ChannelSDK
import Crypto

/// AWS Signature Version 4 for a request without a query. The header's value is good for five minutes around `date`.
struct AWSSignature: Sendable {
    let accessKeyID: String
    let secretAccessKey: Secret
    let region: String
    let service: String

    /// The value of `Authorization`.
    /// - Parameters:
    ///   - headers: every header to be signed, with its name in lower case; `host` and `x-amz-date` among them.
    ///   - date: `YYYYMMDD'T'HHMMSS'Z'`, as in `x-amz-date`.
    func authorization(
        method: String, path: String, headers: [(name: String, value: String)], body: [UInt8], date: String
    )
        -> String
    {
        let sorted = headers.sorted { $0.name < $1.name }
        let names = sorted.map(\.name).joined(separator: ";")
        let canonical =
            "\(method)\n\(path)\n\n" + sorted.map { "\($0.name):\($0.value)\n" }.joined() + "\n\(names)\n"
            + Self.hex(SHA256.hash(data: body))
        let scope = "\(date.prefix(8))/\(region)/\(service)/aws4_request"
        let toSign = "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n" + Self.hex(SHA256.hash(data: Array(canonical.utf8)))
        var key = Array("AWS4\(secretAccessKey.revealed)".utf8)
        for part in [String(date.prefix(8)), region, service, "aws4_request", toSign] {
            key = Array(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: SymmetricKey(data: key)))
        }
        return "AWS4-HMAC-SHA256 Credential=\(accessKeyID)/\(scope), SignedHeaders=\(names), Signature=\(Self.hex(key))"
    }

    /// `20260102T030405Z`.
    static func text(of moment: Timestamp) -> String {
        moment.description.prefix(19).replacing("-", with: "").replacing(":", with: "") + "Z"
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
