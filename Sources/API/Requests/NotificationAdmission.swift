import ChannelSDK
import Pipeline
import Templates

/// Judges drafts: finds their channels, has them validated, gives them their identity.
struct NotificationAdmission {
    let channels: [String: APIChannel]
    let routing: RoutingTable
    let templates: TemplateCatalog?
    let account: String
    let now: Timestamp
    /// By which a request without an `externalId` is known.
    var idempotencyKey: String?
    /// The place in a batch of the request that comes next; nil: it is no batch.
    var index: Int?
    var generator = BufferedRandom()
    /// Bytes that templates may still make of this request: a small batch can name many large ones.
    var textRoom = 64 << 20

    /// The notification, or everything that is wrong with it.
    mutating func admit(
        _ draft: NotificationDraft, problems: [FieldProblem]
    ) -> Result<AcceptedNotification, InvalidNotification> {
        var problems = problems
        defer { index = index.map { $0 + 1 } }
        if !draft.hasRecipient { problems.append(.init(field: "to", message: "is required")) }
        let template = draft.template.flatMap { use($0, in: draft, &problems) }
        if draft.template == nil, !draft.hasBody {
            problems.append(.init(field: "body", message: "is required, or 'template'"))
        }
        if let word = draft.content.options[OptOutOverride.option], !OptOutOverride.words.contains(word) {
            problems.append(.init(field: "options.\(OptOutOverride.option)", message: "is 'true' or 'false'"))
        }
        let steps = steps(for: draft, &problems)
        var payload: AcceptedNotification.Payload?
        if problems.isEmpty, let first = steps.first {
            if let template {
                payload = self.payload(draft, template, steps, &problems)
            } else {
                problems += channels[first]?.validate(draft.content) ?? []
            }
        }
        guard problems.isEmpty, !steps.isEmpty else { return .failure(InvalidNotification(problems: problems)) }
        let id =
            if let externalID = draft.externalID {
                NotificationID(account: account, externalID: externalID)
            } else if let idempotencyKey {
                NotificationID(account: account, idempotencyKey: idempotencyKey, index: index)
            } else {
                NotificationID(at: now, using: &generator)
            }
        return .success(
            AcceptedNotification(
                id: id, account: account, externalID: draft.externalID, urgency: draft.urgency, steps: steps,
                acceptedAt: now, payload: payload ?? .init(content: draft.content, metadata: draft.metadata)))
    }

    private func steps(for draft: NotificationDraft, _ problems: inout [FieldProblem]) -> [String] {
        switch (draft.channel, draft.route) {
        case (_?, _?):
            problems.append(.init(field: "route", message: "stands beside 'channel': name one of them"))
        case (let channel?, nil):
            if routing.channels.contains(channel) { return [channel] }
            let known = routing.channels.sorted().joined(separator: ", ")
            problems.append(.init(field: "channel", message: "is not configured; there are: \(known)"))
        case (nil, let route?): return steps(route: route, field: "route", draft, &problems)
        case (nil, nil):
            if routing.routes["default"] != nil { return steps(route: "default", field: "channel", draft, &problems) }
            problems.append(.init(field: "channel", message: "is required, or 'route'"))
        }
        return []
    }

    private func steps(
        route: String, field: String, _ draft: NotificationDraft, _ problems: inout [FieldProblem]
    ) -> [String] {
        guard routing.routes[route] != nil else {
            let known = routing.routes.keys.sorted().joined(separator: ", ")
            problems.append(.init(field: field, message: "is not configured; there are: \(known)"))
            return []
        }
        if let steps = routing.steps(route: route, content: draft.content) { return steps }
        if draft.hasRecipient {
            problems.append(.init(field: field, message: "no rule of route '\(route)' fits this notification"))
        }
        return []
    }
}

struct InvalidNotification: Error {
    let problems: [FieldProblem]
}
