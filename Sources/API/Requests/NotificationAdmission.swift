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
    /// Bytes of a notification's attachments, all together.
    let attachmentBytes: Int
    /// By which a request without an `externalId` is known.
    var idempotencyKey: String?
    /// The place in a batch of the request that comes next; nil: it is no batch.
    var index: Int?
    /// What is to be asked of modules that are not asked here; nil: no channel has one.
    var pending: PendingValidation?
    var generator = BufferedRandom()
    /// Bytes that templates may still make of this request: a small batch can name many large ones.
    var textRoom = 64 << 20

    /// How far ahead a notification can be scheduled.
    private static let farthest = Duration.seconds(400 * 86_400)

    /// The notification, or everything that is wrong with it.
    mutating func admit(
        _ draft: NotificationDraft, problems: [FieldProblem]
    ) -> Result<AcceptedNotification, InvalidNotification> {
        var problems = problems
        defer {
            index = index.map { $0 + 1 }
            pending?.next()
        }
        if !draft.hasRecipient { problems.append(.init(field: "to", message: "is required")) }
        let template = draft.template.flatMap { use($0, in: draft, &problems) }
        if draft.template == nil, !draft.hasBody {
            problems.append(.init(field: "body", message: "is required, or 'template'"))
        }
        if let word = draft.content.options[OptOutOverride.option], !OptOutOverride.words.contains(word) {
            problems.append(.init(field: "options.\(OptOutOverride.option)", message: "is 'true' or 'false'"))
        }
        problems += sizeProblems(of: draft.content.attachments) + timeProblems(of: draft.window)
        let steps = steps(for: draft, &problems)
        var payload: AcceptedNotification.Payload?
        if problems.isEmpty { payload = self.payload(draft, template, steps, &problems) }
        guard problems.isEmpty, !steps.isEmpty, let payload else {
            return .failure(InvalidNotification(problems: problems))
        }
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
                acceptedAt: now, notBefore: draft.window.notBefore.flatMap { $0 > now ? $0 : nil },
                expiresAt: draft.window.expiresAt, payload: payload))
    }

    /// The content as log and store carry it; nil when a channel refuses it, or when it is too large, which is added to
    /// `problems`.
    private mutating func payload(
        _ draft: NotificationDraft, _ template: TemplateUse?, _ steps: [String], _ problems: inout [FieldProblem]
    ) -> AcceptedNotification.Payload? {
        guard let first = steps.first else { return nil }
        var payload: AcceptedNotification.Payload?
        if let template {
            payload = self.payload(draft, template, steps, &problems)
        } else {
            problems += validate(draft.content, by: first) { $0 }
            if problems.isEmpty {
                payload = .init(content: draft.content, metadata: draft.metadata, window: draft.window)
            }
        }
        if !draft.content.attachments.isEmpty { problems += attachmentProblems(draft.content, of: steps.dropFirst()) }
        guard let payload, payload.bytes.count > AcceptedNotification.mostPayloadBytes else { return payload }
        let message =
            "is \(payload.bytes.count) bytes with all that belongs to it: at most "
            + "\(AcceptedNotification.mostPayloadBytes) are taken, whatever the settings"
        problems.append(.init(field: draft.content.attachments.isEmpty ? "" : "attachments", message: message))
        return nil
    }

    private func timeProblems(of window: SendWindow) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if let notBefore = window.notBefore, notBefore > now + Self.farthest {
            problems.append(.init(field: "notBefore", message: "is more than 400 days ahead"))
        }
        if let expiresAt = window.expiresAt, expiresAt <= now {
            problems.append(.init(field: "expiresAt", message: "is over already: it is \(now) here"))
        } else if let expiresAt = window.expiresAt, let notBefore = window.notBefore, expiresAt <= notBefore {
            problems.append(.init(field: "expiresAt", message: "is not later than notBefore: it could never be sent"))
        }
        return problems
    }

    private func sizeProblems(of attachments: [MessageAttachment]) -> [FieldProblem] {
        let size = attachments.reduce(0) { $0 + ($1.bytes?.count ?? 0) }
        guard size > attachmentBytes else { return [] }
        let message = "have \(size) bytes together: at most \(attachmentBytes) are taken (limits.attachment_bytes)"
        return [.init(field: "attachments", message: message)]
    }

    /// A route's later channels must carry the attachments too: they would be left out silently there.
    private func attachmentProblems(_ content: MessageContent, of steps: ArraySlice<String>) -> [FieldProblem] {
        steps.flatMap { step in
            validate(content, by: step) { problem in
                guard problem.field.hasPrefix("attachments") else { return nil }
                return FieldProblem(
                    field: problem.field, message: "\(problem.message) (channel '\(step)' of the route)")
            }
        }
    }

    /// What the channel of a step finds wrong now; what it is asked later is ``pending``.
    func validate(
        _ content: MessageContent, by step: String, _ attribute: @escaping (FieldProblem) -> FieldProblem?
    ) -> [FieldProblem] {
        guard let channel = channels[step] else { return [] }
        guard let pending, channel.isolated != nil else { return channel.validate(content).compactMap(attribute) }
        pending.ask(step, about: content, attribute)
        return []
    }

    private func steps(for draft: NotificationDraft, _ problems: inout [FieldProblem]) -> [String] {
        switch (draft.channel, draft.route) {
        case (_?, _?):
            problems.append(.init(field: "route", message: "stands beside 'channel': name one of them"))
        case (let channel?, nil):
            if routing.channels.contains(channel) { return [channel] }
            if routing.absent.contains(channel) {
                problems.append(
                    .init(field: "channel", message: "is left out for now: the host runs without its module"))
                return []
            }
            let known = routing.channels.sorted().joined(separator: ", ")
            let trouble =
                routing.leaving.contains(channel)
                ? "'\(channel)' is being taken out of service and takes nothing new" : "is not configured"
            problems.append(.init(field: "channel", message: "\(trouble); there are: \(known)"))
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
        if let steps = routing.steps(route: route, content: draft.content) {
            if steps.isEmpty {
                let message = "route '\(route)' has only channels for this notification that are left out for now"
                problems.append(.init(field: field, message: message))
            }
            return steps
        }
        if draft.hasRecipient {
            problems.append(.init(field: field, message: "no rule of route '\(route)' fits this notification"))
        }
        return []
    }
}

struct InvalidNotification: Error {
    let problems: [FieldProblem]
}
