/// Phone numbers as applications write them, and as WhatsApp does.
enum PhoneNumber {
    /// `+`, then 7 to 15 digits of which the first is not 0, e.g. `+15551230001`.
    static func isE164(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "+"), (8...16).contains(bytes.count) else { return false }
        return bytes.dropFirst().first != UInt8(ascii: "0") && isDigits(text.dropFirst())
    }

    /// True for one or more ASCII digits and nothing else.
    static func isDigits(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// Meta's digits in the form that recipients have here, so that an answer is known to be its recipient's. What is
    /// no number, such as a user id, stays as it is.
    static func international(_ text: String) -> String { isDigits(text) ? "+" + text : text }
}
