internal import ChannelDeclared
internal import ChannelSDK
internal import YAMLDocument

/// Reads the `webhook:` of a declaration.
struct WebhookReader {
    let settings: [Setting]
    let statuses: [String]
    /// Whether the provider's answer has the id by which reports name a message, and which key would say where.
    let answerID: (isGiven: Bool, section: String)

    func rules(in section: inout Section) -> WebhookRules? {
        let verification = section.section("verification", "How a request is known to be the provider's.") {
            VerificationReader(settings: settings).rule(in: &$0)
        }
        let format = section.value(
            "format", ValueKind<WebhookRules.Format>.choice, default: .json,
            "What the body is; query: all is in the address.")
        let events = section.optional(
            "events", .pointer, "Where the list of events is. Default: the body is the event, or the list.")
        let delivery = section.optional(
            "delivery", .webhookSelector,
            "The delivery's id, where the provider sends it back. Default: query:delivery, unless it is not signed."
        )
        let id = section.optional("id", .webhookSelector, "The provider's id of the message, as in 'answer'.")
        let status = section.required("status", .webhookSelector, "The provider's word for what happened.")
        let words = section.map(
            "statuses", .status(of: statuses),
            "The status that each word is. Words that are not here are kept in the timeline.")
        if !section.has("statuses") { section.reportMissing("statuses") }
        let engagements = section.list("engagements", .text, "Words that are opens, clicks and the like.") ?? []
        let ignored = section.list("ignored", .text, "Words that say nothing about a delivery.") ?? []
        let time = section.optional("time", .webhookSelector, "When it happened, by the provider's clock.")
        let timeFormat = section.value(
            "time_format", ValueKind<WebhookRules.TimeFormat>.choice, default: .rfc3339,
            "How the time is written; numbers count since 1970.")
        let code = section.optional("code", .webhookSelector, "The provider's code, e.g. of an error.")
        let detail = section.optional("detail", .webhookSelector, "What happened, in the provider's words.")
        let inbound = section.optionalSection("inbound", "Messages that people send to us: events without a status.") {
            self.inbound(in: &$0)
        }
        guard let verification, let status else { return nil }
        let rules = WebhookRules(
            format: format, events: events,
            delivery: delivery ?? (verification.signsOnlyBody ? nil : .query("delivery")),
            id: id, status: status,
            statuses: Dictionary(words.map { ($0.key, StatusName($0.value)) }) { first, _ in first },
            engagements: Set(engagements), ignored: Set(ignored), time: time, timeFormat: timeFormat, code: code,
            detail: detail, inbound: inbound, verification: verification)
        check(rules, section)
        return rules
    }

    private func inbound(in section: inout Section) -> WebhookRules.Inbound? {
        let id = section.required("id", .webhookSelector, "The provider's id of the message.")
        let sender = section.required("from", .webhookSelector, "Who sent it.")
        let recipient = section.optional("to", .webhookSelector, "To which of our addresses.")
        let body = section.required("body", .webhookSelector, "What it says.")
        guard let id, let sender, let body else { return nil }
        return .init(id: id, sender: sender, recipient: recipient, body: body)
    }

    private func check(_ rules: WebhookRules, _ section: Section) {
        guard section.check.reference == nil else { return }
        let selectors = [
            ("delivery", section.has("delivery") ? rules.delivery : nil), ("id", rules.id), ("status", rules.status),
            ("time", rules.time), ("code", rules.code), ("detail", rules.detail), ("inbound", rules.inbound?.id),
            ("inbound", rules.inbound?.sender), ("inbound", rules.inbound?.recipient), ("inbound", rules.inbound?.body),
        ]
        for (key, selector) in selectors {
            guard let flaw = selector.flatMap({ Self.flaw(of: $0, rules) }) else { continue }
            section.check.error("\(section.path(of: key)) \(flaw)", at: section.position(of: key))
        }
        checkCorrelation(rules, section)
    }

    /// A report must find its delivery.
    private func checkCorrelation(_ rules: WebhookRules, _ section: Section) {
        if rules.delivery == nil, rules.id == nil {
            section.check.error(
                "\(section.path) does not say which delivery a report is about: give 'id', or 'delivery' "
                    + "where the provider sends it back",
                at: section.position)
        } else if rules.delivery == nil, !answerID.isGiven {
            section.check.error(
                "\(section.path(of: "id")) is the id that the answer gave, but '\(answerID.section)' has no 'id'",
                at: section.position(of: "id"))
        }
    }

    /// What a signature does not cover can be changed by whoever has seen a genuine request.
    private static func flaw(of selector: ValueSelector, _ rules: WebhookRules) -> String? {
        switch selector {
        case .query where rules.verification.signsOnlyBody:
            "is in the address, which the signature does not cover: anybody could change it; take it from the body"
        case .header where rules.verification.isSignature:
            "is in a header, which the signature does not cover: anybody could change it; take it from the body"
        case .pointer where rules.format != .json: "is a JSON pointer, but the format is \(rules.format.rawValue)"
        case .form where rules.format != .form: "is a form's field, but the format is \(rules.format.rawValue)"
        default: nil
        }
    }
}
