import ChannelSDK

/// FCM reports nothing, but apps can: `{"delivery": "…", "event": "delivered"}` or `"opened"`, signed by Standard
/// Webhooks. The delivery's id is in the data of each message.
struct ReceiptParser: WebhookParser {
    let verification: WebhookVerification

    /// - Parameter secret: nil: no receipt is believed.
    init(secret: Secret?) throws(ConfigurationProblems) {
        guard let secret else {
            verification = .scheme(NoReceipts())
            return
        }
        do throws(InvalidWebhookKey) {
            verification = .scheme(try StandardWebhooks(key: secret))
        } catch {
            throw ConfigurationProblems([.init(setting: "receipts_secret", message: "is no key: \(error)")])
        }
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        guard let receipt = UntrustedJSON.decode(Receipt.self, from: request.body) else {
            throw WebhookRefusal("it is no JSON object with 'delivery' and 'event'")
        }
        guard let delivery = DeliveryID(receipt.delivery) else {
            throw WebhookRefusal("'delivery' is no delivery's id")
        }
        let kind: StatusReport.Kind =
            switch receipt.event {
            case "delivered": .status("delivered")
            case "opened": .engagement("opened")
            default: .unknown(String(receipt.event.prefix(100)))
            }
        return WebhookContents(reports: [StatusReport(delivery: delivery, kind: kind)])
    }

    private struct Receipt: Decodable {
        let delivery: String
        let event: String
    }
}

/// Where no secret is configured.
private struct NoReceipts: WebhookVerifier {
    let name = "none is taken"

    func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict {
        .refused("no receipts are taken: receipts_secret is not configured")
    }
}
