/// Addresses of WhatsApp's among those of Twilio's other channels: `whatsapp:+15551230001`.
enum TwilioAddress {
    private static let prefix = "whatsapp:"

    static func of(_ number: String) -> String { prefix + number }

    /// The number alone, as recipients are addressed here; what has no prefix stays as it is.
    static func number(_ address: String) -> String {
        address.utf8.starts(with: prefix.utf8) ? String(address.dropFirst(prefix.count)) : address
    }
}
