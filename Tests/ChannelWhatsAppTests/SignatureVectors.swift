import ChannelSDK
import FoundationEssentials

/// The signature vectors in Tests/Fixtures of the providers that WhatsApp comes by.
struct SignatureVectors: Decodable {
    struct Twilio: Decodable {
        struct Vector: Decodable {
            let url, signed_url, form_body, json_body: String?
            let params: [[String]]?
            let signature: String

            var request: WebhookRequest {
                let form = FormEncoding.encode((params ?? []).map { FormEncoding.Pair($0[0], $0[1]) })
                let type = json_body == nil ? "application/x-www-form-urlencoded; charset=UTF-8" : "application/json"
                return WebhookRequest(
                    method: "POST", url: url ?? signed_url ?? "",
                    headers: ["Content-Type": type, "X-Twilio-Signature": signature],
                    body: (json_body ?? form_body).map { Array($0.utf8) } ?? form, receivedAt: .distantPast)
            }
        }

        let auth_token: String
        let vectors: [Vector]
    }

    struct Meta: Decodable {
        struct Vector: Decodable {
            let app_secret, body, signature: String

            var request: WebhookRequest {
                WebhookRequest(
                    method: "POST", url: "https://notify.example.com/webhooks/whatsapp",
                    headers: ["Content-Type": "application/json", "X-Hub-Signature-256": signature],
                    body: Array(body.utf8), receivedAt: .distantPast)
            }
        }

        let vectors: [Vector]
    }

    let twilio: Twilio
    let meta_whatsapp: Meta

    static func load(from file: String = #filePath) throws -> SignatureVectors {
        let tests = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/\(tests)/Fixtures/provider-signatures.json"))
        return try JSONDecoder().decode(Self.self, from: data)
    }
}
