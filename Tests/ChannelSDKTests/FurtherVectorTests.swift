import ChannelSDK
import Crypto
import FoundationEssentials
import Testing

/// The vectors in Tests/Fixtures of schemes that no channel of ours has: recomputed, so that who adds one of these
/// providers starts from rules that hold.
@Suite struct FurtherVectorTests {
    private struct Vectors: Decodable {
        struct MessageBird: Decodable {
            struct Vector: Decodable {
                let secret, body: String
                let url, jwt, signature: String?
                let timestamp: Int?
                let query: [String: String]?
            }

            let vectors: [Vector]
        }

        struct SES: Decodable { let secret_access_key, region, password: String }

        let messagebird: MessageBird
        let ses_smtp_password: SES
    }

    /// Whatever is in it.
    private struct Group: Decodable { init(from decoder: any Decoder) {} }

    private struct Claims: Decodable { let url_hash, payload_hash: String }

    private let data: Data
    private let vectors: Vectors

    init() throws {
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        data = try Data(contentsOf: URL(filePath: "/\(tests)/Fixtures/provider-signatures.json"))
        vectors = try JSONDecoder().decode(Vectors.self, from: data)
    }

    private func code(_ bytes: [UInt8], _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
    }

    private func hash(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A JSON Web Token (HS256) that carries the hashes of address and body.
    @Test func theTokenOfMessageBird() throws {
        let vector = try #require(vectors.messagebird.vectors.first { $0.jwt != nil })
        let parts = try #require(vector.jwt).split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        let signature = Data(code(Array("\(parts[0]).\(parts[1])".utf8), Array(vector.secret.utf8)))
        let unpadded = signature.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
        #expect(unpadded == parts[2])
        var payload = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        payload += String(repeating: "=", count: (4 - payload.utf8.count % 4) % 4)
        let claims = try JSONDecoder().decode(Claims.self, from: try #require(Data(base64Encoded: payload)))
        #expect(claims.url_hash == hexadecimal(hash(try #require(vector.url))))
        #expect(claims.payload_hash == hexadecimal(hash(vector.body)))
    }

    /// Base64 of HMAC-SHA256 over the time, the sorted query and the hash of the body, a line each.
    @Test func theOlderSignatureOfMessageBird() throws {
        let vector = try #require(vectors.messagebird.vectors.first { $0.query != nil })
        let items = try #require(vector.query).sorted { $0.key < $1.key }
        let query = FormEncoding.encode(items.map { FormEncoding.Pair($0.key, $0.value) })
        let signed = Array("\(try #require(vector.timestamp))\n".utf8) + query + Array("\n".utf8) + hash(vector.body)
        #expect(Data(code(signed, Array(vector.secret.utf8))).base64EncodedString() == vector.signature)
    }

    /// The password of SES's mail servers: derived from the secret access key, as a key of SigV4 is.
    @Test func thePasswordOfSES() {
        let vector = vectors.ses_smtp_password
        let steps = ["11111111", vector.region, "ses", "aws4_request", "SendRawEmail"]
        let key = steps.reduce(Array("AWS4\(vector.secret_access_key)".utf8)) { code(Array($1.utf8), $0) }
        #expect(Data([4] + key).base64EncodedString() == vector.password)
    }

    /// Whoever adds a group of vectors adds its test too.
    @Test func everyGroupIsTested() throws {
        let names = try JSONDecoder().decode([String: Group].self, from: data).keys.filter { $0 != "_about" }
        let here = ["messagebird", "ses_smtp_password"]
        let inThisTarget = ["twilio", "meta_whatsapp", "resend_svix", "standard_webhooks"]
        let inChannels = ["vonage_sms_sig", "vonage_messages_jwt", "plivo", "sendgrid", "mailgun", "sns"]
        #expect(Set(names) == Set(here + inThisTarget + inChannels))
        #expect(vectors.messagebird.vectors.count == 2)
    }
}
