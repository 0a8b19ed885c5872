import ChannelSDK

/// What placeholders stand for in one message.
struct MessageValues {
    let message: OutboundMessage
    let webhookURL: String
    let settings: SettingTexts
    /// Where a request carries several messages, each of them in JSON; one of them is ``message``.
    var items: [String] = []

    /// Nil: the message, or the configuration, does not have it.
    func text(of placeholder: Placeholder) -> String? {
        let content = message.content
        return switch placeholder {
        case .to: content.recipient
        case .toDigits: content.recipient.hasPrefix("+") ? String(content.recipient.dropFirst()) : content.recipient
        case .body: content.body
        case .subject: content.subject
        case .delivery: message.delivery.description
        case .account: message.account
        case .webhookURL: webhookURL
        case .setting(let name): settings.text(of: name)
        case .option(let name): content.options[name]
        }
    }
}

/// A message has something that cannot stand where the template puts it.
struct UnfitValue: Error {
    /// As an application names it, e.g. `to`.
    let field: String
    /// Continues "FIELD …".
    let message: String

    var failure: DeliveryFailure {
        DeliveryFailure(field == "to" ? .recipient : .content, code: "unfit_\(field)", message: "\(field) \(message)")
    }
}

extension TextTemplate {
    /// Nil when a placeholder has no value.
    func text(_ values: MessageValues, escaping escape: (String) -> String = { $0 }) -> String? {
        var text = ""
        for piece in pieces {
            switch piece {
            case .literal(let literal): text += literal
            case .placeholder(let placeholder):
                guard let value = values.text(of: placeholder) else { return nil }
                text += escape(value)
            }
        }
        return text
    }
}
