/// One header of a mail, folded so that no line has more than 78 characters, as far as its words allow.
enum HeaderField {
    /// Unstructured text, e.g. a subject.
    static func text(_ name: String, _ text: String) -> String { folded(name, EncodedWord.words(text)) }

    /// A display name and an address, e.g. the sender.
    static func mailbox(_ name: String, _ mailbox: Mailbox) -> String { folded(name, words(of: mailbox)) }

    /// `value` as it is, folded at its spaces.
    static func structured(_ name: String, _ value: String) -> String {
        folded(name, value.split(separator: " ").map(String.init))
    }

    /// `words` as they are, folded between them.
    static func words(_ name: String, _ words: [String]) -> String { folded(name, words) }

    /// A mailbox in ASCII: as a header's words.
    static func words(of mailbox: Mailbox) -> [String] {
        guard let name = mailbox.name else { return [mailbox.address.description] }
        guard !EncodedWord.needsEncoding(name) else {
            return EncodedWord.encoded(name) + ["<\(mailbox.address)>"]
        }
        return mailbox.description.split(separator: " ").map(String.init)
    }

    private static func folded(_ name: String, _ words: [String]) -> String {
        var lines = ""
        var line = "\(name):"
        for word in words {
            // The first word stays beside the name: a line of white space only is not allowed.
            if line.utf8.count + 1 + word.utf8.count > 78, !line.hasSuffix(":") {
                lines += line + "\r\n"
                line = ""
            }
            line += " " + word
        }
        return lines + line + "\r\n"
    }
}
