/// The forms in which text messages are addressed.
enum PhoneNumber {
    /// `+`, then 7 to 15 digits of which the first is not 0, e.g. `+15551230001`.
    static func isE164(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "+"), (8...16).contains(bytes.count) else { return false }
        let digits = bytes.dropFirst()
        return digits.first != UInt8(ascii: "0") && digits.allSatisfy(isDigit)
    }

    /// What a message can come from: a phone number, a short code of 3 to 8 digits, or a name of up to 11 letters,
    /// digits, spaces and `+-_&`, with a letter among them.
    static func isSender(_ text: String) -> Bool {
        let bytes = text.utf8
        if isE164(text) || ((3...8).contains(bytes.count) && bytes.allSatisfy(isDigit)) { return true }
        return (1...11).contains(bytes.count) && bytes.contains(where: isLetter)
            && bytes.allSatisfy { isDigit($0) || isLetter($0) || " +-_&".utf8.contains($0) }
    }

    /// Continues "setting 'from' …".
    static let senderRule =
        "must be a phone number such as '+15551230000', a short code of 3 to 8 digits, or a name of up to 11 letters and "
        + "digits"

    /// As providers write numbers that want no `+`. What is no phone number, such as a name, stays as it is.
    static func withoutPlus(_ text: String) -> String { isE164(text) ? String(text.dropFirst()) : text }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }
}
