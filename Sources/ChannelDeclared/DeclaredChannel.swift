import ChannelSDK

/// An instance of a declared channel.
struct DeclaredChannel: RunningChannel {
    let delivery: any DeliveryClient
    let webhooks: any WebhookParser
    private let rules: MessageRules
    private let writer: RequestWriter

    init(
        _ declaration: ChannelDeclaration, _ configuration: ChannelConfiguration, _ host: ChannelHost
    ) throws(ConfigurationProblems) {
        let settings = SettingTexts(declaration.settings, configuration)
        let problems = Self.problems(declaration, settings)
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
        let writer = RequestWriter(declaration, settings)
        self.writer = writer
        rules = declaration.message
        let single = DeclaredDelivery(
            writer: writer, rules: declaration.answer, secrets: settings.secrets + writer.credentials, host: host)
        if let batch = declaration.batch {
            delivery = DeclaredBatchDelivery(batch: batch, single: single)
        } else {
            delivery = single
        }
        if let webhook = declaration.webhook {
            webhooks = DeclaredWebhooks(
                rules: webhook, verification: try webhook.verification.verification(settings))
        } else {
            webhooks = NoWebhooks()
        }
    }

    /// What would be wrong with the request is wrong before the message is accepted.
    func validate(_ content: MessageContent) -> [FieldProblem] {
        let problems = rules.problems(in: content)
        guard problems.isEmpty else { return problems }
        let trial = OutboundMessage(
            delivery: Self.trialDelivery, account: "", content: content, attempt: 1, webhookURL: "https://trial.invalid"
        )
        do throws(UnfitValue) {
            _ = try writer.request(for: trial)
            return []
        } catch {
            return [FieldProblem(field: error.field, message: error.message)]
        }
    }

    private static let trialDelivery = DeliveryID(notification: NotificationID(high: 0, low: 0), ordinal: 1)

    /// What the settings' kinds do not say: each value must fit its place in the request.
    private static func problems(
        _ declaration: ChannelDeclaration, _ settings: SettingTexts
    ) -> [ConfigurationProblems.Problem] {
        var problems: [ConfigurationProblems.Problem] = []
        if let base = declaration.request.baseSetting, let address = settings.text(of: base) {
            if !BaseAddress.isValid(address) {
                problems.append(.init(setting: base, message: "must be an http or https address without a password"))
            } else if declaration.request.url.pieces.count > 1, !BaseAddress.isPlain(address) {
                problems.append(.init(setting: base, message: "must have no query and no fragment"))
            }
        }
        let inHeaders = declaration.request.headers.flatMap(\.value.uses).map(\.placeholder)
        for case .setting(let name) in inHeaders {
            guard let value = settings.text(of: name), !RequestWriter.fitsHeader(value) else { continue }
            problems.append(
                .init(setting: name, message: "must not have line breaks or other control characters"))
        }
        let empty = declaration.settings.filter { $0.isRequired && settings.text(of: $0.name)?.isEmpty ?? true }
        return problems + empty.map { .init(setting: $0.name, message: "must not be empty") }
    }
}
