import ChannelSDK
import FoundationEssentials

/// The published signature vectors in Tests/Fixtures, which several test targets share.
struct SignatureVectors: Decodable {
    struct Twilio: Decodable {
        struct Vector: Decodable {
            let url: String?
            let signedURL: String?
            let params: [[String]]?
            let formBody: String?
            let jsonBody: String?
            let signature: String

            enum CodingKeys: String, CodingKey {
                case url, params, signature
                case signedURL = "signed_url"
                case formBody = "form_body"
                case jsonBody = "json_body"
            }

            /// The request that carries the vector, addressed by `url`, or by the vector's own one.
            func request(url override: String? = nil) -> WebhookRequest {
                let body = jsonBody ?? formBody
                let form = FormEncoding.encode((params ?? []).map { FormEncoding.Pair($0[0], $0[1]) })
                let type = jsonBody == nil ? "application/x-www-form-urlencoded; charset=UTF-8" : "application/json"
                return WebhookRequest(
                    method: "POST", url: override ?? url ?? signedURL ?? "",
                    headers: ["Content-Type": type, "X-Twilio-Signature": signature],
                    body: body.map { Array($0.utf8) } ?? form, receivedAt: .distantPast)
            }
        }

        let authToken: String
        let vectors: [Vector]

        enum CodingKeys: String, CodingKey {
            case vectors
            case authToken = "auth_token"
        }
    }

    struct Meta: Decodable {
        struct Vector: Decodable {
            let secret, body, signature: String

            enum CodingKeys: String, CodingKey {
                case body, signature
                case secret = "app_secret"
            }
        }

        let vectors: [Vector]
    }

    /// Standard Webhooks and Svix: the same, under several spellings of the fields.
    struct Timed: Decodable {
        struct Vector: Decodable {
            let key, id, body, signature: String
            let privateKey: String?
            let timestamp: Int64

            init(from decoder: any Decoder) throws {
                let fields = try decoder.container(keyedBy: Key.self)
                func text(_ names: String...) throws -> String {
                    for name in names {
                        if let value = try? fields.decode(String.self, forKey: Key(stringValue: name)) { return value }
                        if let value = try? fields.decode(Int64.self, forKey: Key(stringValue: name)) {
                            return "\(value)"
                        }
                    }
                    throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no \(names)"))
                }
                key = try text("secret", "whpk")
                privateKey = try? text("whsk")
                id = try text("id", "webhook-id", "svix-id")
                timestamp = Int64(try text("timestamp", "webhook-timestamp", "svix-timestamp")) ?? 0
                signature = try text("signature", "webhook-signature", "svix-signature")
                body = try text("body")
            }

            func request(_ headers: StandardWebhooks.Headers) -> WebhookRequest {
                WebhookRequest(
                    method: "POST", url: "https://notify.example.com/webhooks/email",
                    headers: [headers.id: id, headers.timestamp: "\(timestamp)", headers.signature: signature],
                    body: Array(body.utf8), receivedAt: .distantPast)
            }
        }

        struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        let vectors: [Vector]
    }

    let twilio: Twilio
    let meta: Meta
    let svix: Timed
    let standard: Timed

    enum CodingKeys: String, CodingKey {
        case twilio
        case meta = "meta_whatsapp"
        case svix = "resend_svix"
        case standard = "standard_webhooks"
    }

    static func load(from file: String = #filePath) throws -> SignatureVectors {
        let tests = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/\(tests)/Fixtures/provider-signatures.json"))
        return try JSONDecoder().decode(Self.self, from: data)
    }
}
