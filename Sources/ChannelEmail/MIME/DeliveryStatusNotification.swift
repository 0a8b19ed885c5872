import ChannelSDK

/// A delivery status notification (RFC 3464), as mail servers send it to the envelope sender: one report for each
/// recipient in it.
///
/// Which delivery it is about is told by the address that it came to (see ``VERPAddress``), else by the returned
/// mail's Message-ID.
struct DeliveryStatusNotification {
    struct Recipient: Sendable, Hashable {
        /// Without its type, e.g. without `rfc822;`.
        let address: String
        /// In lower case: `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
        let action: String
        /// e.g. `5.1.1`.
        let status: String?
        let diagnostic: String?
    }

    let delivery: DeliveryID?
    let recipients: [Recipient]

    /// Nil when the bytes are no such notification, but an answer of a person, say.
    init?(_ bytes: [UInt8]) {
        let mail = MailEntity(bytes[...])
        guard mail.mediaType == "multipart/report" else { return nil }
        let parts = mail.parts
        let types = ["message/delivery-status", "message/global-delivery-status"]
        guard let status = parts.first(where: { types.contains($0.mediaType) }) else { return nil }
        recipients = Self.recipients(status.decodedBody[...])
        guard !recipients.isEmpty else { return nil }
        delivery = Self.addressed(mail) ?? Self.returned(parts)
    }

    var reports: [StatusReport] {
        recipients.map { recipient in
            StatusReport(
                delivery: delivery, kind: Self.kind(recipient.action), code: recipient.status,
                detail: recipient.diagnostic.map { $0.count > 500 ? $0.prefix(500) + "…" : $0 })
        }
    }

    private static func kind(_ action: String) -> StatusReport.Kind {
        switch action {
        // Given up, whatever the class of the status: a 4.x.x here ran out of time.
        case "failed": .status(.bounced)
        case "delayed": .status(.deferred)
        case "delivered": .status(.delivered)
        // To where nobody reports, or to several others.
        case "relayed", "expanded": .status(.sent)
        default: .unknown(action)
        }
    }

    /// Groups of fields: the first is about the mail, each other one about a recipient.
    private static func recipients(_ body: ArraySlice<UInt8>) -> [Recipient] {
        var (found, rest): ([Recipient], ArraySlice<UInt8>) = ([], body)
        while !rest.isEmpty {
            let group = MailEntity(rest)
            rest = group.body
            guard let action = group["action"], let address = group["final-recipient"] ?? group["original-recipient"]
            else { continue }
            found.append(
                Recipient(
                    address: afterType(address), action: action.prefix { $0 != " " && $0 != "(" }.lowercased(),
                    status: group["status"].map { String($0.prefix { $0.isNumber || $0 == "." }) },
                    diagnostic: group["diagnostic-code"].map(afterType)))
        }
        return found
    }

    private static func afterType(_ value: String) -> String {
        guard let semicolon = value.firstIndex(of: ";") else { return value }
        return String(value[value.index(after: semicolon)...].drop { $0 == " " })
    }

    /// The delivery whose bounce address `mail` came to.
    static func addressed(_ mail: MailEntity) -> DeliveryID? {
        let addresses = ["delivered-to", "x-original-to", "to"].flatMap { mail.values(of: $0) }
        return addresses.lazy.compactMap { text in
            VERPAddress(text)?.delivery ?? Mailbox(text).flatMap { VERPAddress($0.address.description)?.delivery }
        }.first
    }

    /// The delivery whose mail is returned, whole or its headers.
    static func returned(_ parts: [MailEntity]) -> DeliveryID? {
        let types = ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"]
        let returned = parts.first { types.contains($0.mediaType) }
        guard let id = returned.flatMap({ MailEntity($0.decodedBody[...])["message-id"] }), id.hasPrefix("<") else {
            return nil
        }
        return DeliveryID(id.dropFirst().prefix { $0 != "@" })
    }
}
