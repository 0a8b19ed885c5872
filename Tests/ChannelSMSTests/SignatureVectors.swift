import ChannelSDK
import FoundationEssentials

/// The signature vectors in Tests/Fixtures of the providers that text messages come by.
struct SignatureVectors: Decodable {
    struct Plivo: Decodable {
        struct Vector: Decodable {
            let version, auth_token, url, nonce, signature: String
            let method: String?
            let params: [String: String]?

            /// With GET the parameters are in the query.
            var request: WebhookRequest {
                let pairs = (params ?? [:]).map { FormEncoding.Pair($0.key, $0.value) }
                let form = FormEncoding.encode(pairs)
                let isGet = method == "GET"
                return WebhookRequest(
                    method: method ?? "POST", url: isGet ? "\(url)&\(String(decoding: form, as: UTF8.self))" : url,
                    headers: [
                        "Content-Type": "application/x-www-form-urlencoded", "X-Plivo-Signature-\(version)": signature,
                        "X-Plivo-Signature-\(version)-Nonce": nonce,
                    ], body: isGet ? [] : form, receivedAt: .distantPast)
            }
        }

        let vectors: [Vector]
    }

    struct VonageSMS: Decodable {
        struct Vector: Decodable {
            let secret: String
            let alg: String?
            let params: [String: String]
            let sig, sig_hmac_sha256, sig_md5hash: String?

            /// The setting `signature_method`, and what is then in `sig`.
            var signatures: [(method: String, sig: String)] {
                let method = alg.map { $0.hasPrefix("md5hash") ? "md5hash" : $0 }
                return [(method, sig), ("hmac-sha256", sig_hmac_sha256), ("md5hash", sig_md5hash)].compactMap { pair in
                    guard let method = pair.0, let sig = pair.1 else { return nil }
                    return (method, sig)
                }
            }
        }

        let vectors: [Vector]
    }

    struct VonageMessages: Decodable {
        struct Vector: Decodable {
            let secret, jwt: String
            let body: String?
        }

        let vectors: [Vector]
    }

    let plivo: Plivo
    let vonage_messages_jwt: VonageMessages
    let vonage_sms_sig: VonageSMS

    static func load(from file: String = #filePath) throws -> SignatureVectors {
        let tests = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/\(tests)/Fixtures/provider-signatures.json"))
        return try JSONDecoder().decode(Self.self, from: data)
    }
}
