import ChannelSDK
import FoundationEssentials

/// The template that stands in for free text when the 24-hour window is closed: approved, with one variable, `{{1}}`,
/// which takes the text.
struct FallbackTemplate: Sendable, Hashable {
    /// The option by which a message would name a template itself, and this one's name.
    let nameOption, name: String
    /// What else says which template it is; what the message says of it goes first.
    let options: [String: String]
    /// The option for the template's variables.
    let variablesOption: String

    /// The same message by the template. Nil when it is not free text: a template needs no other, and media have no
    /// place in this one.
    func message(for message: OutboundMessage) -> OutboundMessage? {
        let content = message.content
        let hasMedia = content.options["media_url"] != nil || !content.attachments.isEmpty
        guard !hasMedia, content.options[nameOption] == nil else { return nil }
        // WhatsApp takes no line breaks, tabs and long runs of spaces in a variable.
        let text = content.body.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !text.isEmpty, let variables = try? JSONEncoder().encode(["1": text]) else { return nil }
        var templated = content
        templated.body = ""
        templated.options.merge(options) { own, _ in own }
        templated.options[nameOption] = name
        templated.options[variablesOption] = String(decoding: variables, as: UTF8.self)
        return OutboundMessage(
            delivery: message.delivery, account: message.account, content: templated, attempt: message.attempt,
            webhookURL: message.webhookURL)
    }
}
