package import ChannelSDK

/// The host's own webhook, for providers without an API of their own: `{"externalId", "event"}`, and optionally
/// `account` (whose `externalId` it is), `detail` and `occurredAt` (RFC 3339).
public struct AccountWebhook: Sendable, Hashable, Decodable {
    public let account: String?
    public let externalId: String
    public let event: String
    public let detail: String?
    public let occurredAt: String?

    /// Everything that is wrong with a body, before it is taken.
    package static func problems(in body: [UInt8]) -> [FieldProblem] {
        guard let webhook = UntrustedJSON.decode(AccountWebhook.self, from: body) else {
            return [FieldProblem(field: "", message: "the body must be {\"externalId\": \"…\", \"event\": \"…\"}")]
        }
        var problems: [FieldProblem] = []
        if webhook.externalId.isEmpty { problems.append(.init(field: "externalId", message: "must not be empty")) }
        if webhook.account?.isEmpty == true { problems.append(.init(field: "account", message: "must not be empty")) }
        if webhook.event.isEmpty { problems.append(.init(field: "event", message: "must not be empty")) }
        if let moment = webhook.occurredAt, Timestamp(rfc3339: moment) == nil {
            problems.append(.init(field: "occurredAt", message: "must be RFC 3339, e.g. 2026-03-01T09:30:00Z"))
        }
        return problems
    }

    /// Whose notification a body is about, if it says so.
    package static func account(in body: [UInt8]) -> String? {
        UntrustedJSON.decode(AccountWebhook.self, from: body)?.account
    }

    /// The report in `request`: it names its delivery by the account's `externalId`.
    static func parse(_ request: WebhookRequest) -> Result<WebhookContents, WebhookRefusal> {
        guard let webhook = UntrustedJSON.decode(AccountWebhook.self, from: request.body) else {
            return .failure(WebhookRefusal("the body is not {\"externalId\": …, \"event\": …}"))
        }
        let moment = webhook.occurredAt.flatMap { Timestamp(rfc3339: $0) }
        let report = StatusReport(
            providerMessageID: webhook.externalId, kind: .status(StatusName(webhook.event)), occurredAt: moment,
            detail: webhook.detail)
        return .success(WebhookContents(reports: [report]))
    }
}
