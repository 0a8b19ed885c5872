/// An address with the name of whose it is: `Ada Lovelace <ada@example.com>`, or the address alone.
struct Mailbox: Sendable, Hashable, CustomStringConvertible {
    let name: String?
    let address: EmailAddress

    static let rule = "must be an email address, or a name and one: 'Ada Lovelace <ada@example.com>'"

    init?(_ text: String) {
        guard HeaderText.isSafe(text) else { return nil }
        guard text.hasSuffix(">"), let open = text.lastIndex(of: "<") else {
            guard let address = EmailAddress(text) else { return nil }
            (name, self.address) = (nil, address)
            return
        }
        guard let address = EmailAddress(String(text[text.index(after: open)...].dropLast())) else { return nil }
        guard let name = Self.unquoted(text[..<open]) else { return nil }
        self.name = name.isEmpty ? nil : name
        self.address = address
    }

    /// As a provider's JSON or form carries it: a name with anything but letters, digits and spaces in quotes.
    var description: String {
        guard let name else { return address.description }
        let isPlain = name.unicodeScalars.allSatisfy {
            $0 == " " || !$0.isASCII || EmailAddress.isAtomByte(UInt8($0.value))
        }
        return isPlain ? "\(name) <\(address)>" : "\(Self.quoted(name)) <\(address)>"
    }

    static func quoted(_ name: String) -> String {
        "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// The name without its quotes and escapes; nil when quotes are left open or stand elsewhere.
    private static func unquoted(_ text: Substring) -> String? {
        var name = text
        while name.first == " " { name.removeFirst() }
        while name.last == " " { name.removeLast() }
        guard name.first == "\"" else { return name.contains { "\"<>".contains($0) } ? nil : String(name) }
        guard name.count >= 2, name.last == "\"" else { return nil }
        var (plain, isEscaped) = ("", false)
        for character in name.dropFirst().dropLast() {
            if !isEscaped, character == "\\" {
                isEscaped = true
            } else if !isEscaped, character == "\"" {
                return nil
            } else {
                plain.append(character)
                isEscaped = false
            }
        }
        return isEscaped ? nil : plain
    }
}

/// Text that becomes part of a header.
enum HeaderText {
    /// No control character: a line break would let its author write headers of their own.
    static func isSafe(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0 != "\u{2028}" && $0 != "\u{2029}"
        }
    }
}
