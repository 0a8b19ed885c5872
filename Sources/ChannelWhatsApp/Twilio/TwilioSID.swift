/// Twilio's identifiers: two letters for the kind, then 32 hexadecimal digits.
enum TwilioSID {
    static func isValid(_ text: String, prefix: String) -> Bool {
        text.utf8.count == 34 && text.utf8.starts(with: prefix.utf8)
            && text.utf8.dropFirst(2).allSatisfy { (48...57).contains($0) || (97...102).contains($0 | 0x20) }
    }

    /// Continues "setting 'x' …" or "options.x …".
    static func rule(prefix: String) -> String {
        "must be '\(prefix)' and 32 hexadecimal digits, as Twilio's console shows it"
    }
}
