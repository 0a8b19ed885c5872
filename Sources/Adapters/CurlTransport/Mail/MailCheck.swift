internal import ChannelSDK

/// What is wrong with a mail before it goes to libcurl: whatever could end a command or the message early, and be read
/// as commands of somebody else's.
enum MailCheck {
    /// For people and free of secrets; nil when the mail can go.
    static func problem(with mail: SMTPSubmission) -> String? {
        if let problem = problem(with: mail.server) { return problem }
        if !mail.sender.isEmpty, !isAddress(mail.sender) { return "the sender is not an address in ASCII" }
        if !isAddress(mail.recipient) { return "the recipient is not an address in ASCII" }
        if mail.message.isEmpty { return "the message is empty" }
        return hasWholeLines(mail.message) ? nil : "the message has a line end other than CRLF, or a zero byte"
    }

    private static func problem(with server: SMTPServer) -> String? {
        guard isHost(server.host) else { return "the server's name is not one" }
        guard (1...65535).contains(server.port) else { return "the server's port is not between 1 and 65535" }
        if let name = server.clientName, !isClientName(name) { return "the client's name is not a host's" }
        guard let credentials = server.credentials else { return nil }
        if credentials.username.isEmpty || !isPlain(credentials.username) {
            return "the username is empty or contains control characters"
        }
        if !isPlain(credentials.password.revealed) { return "the password contains control characters" }
        return credentials.mechanisms.isEmpty ? "there is no mechanism to show the password by" : nil
    }

    /// `local@domain` as it stands between the angle brackets of a command. Quoted local parts with spaces are refused.
    private static func isAddress(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (3...320).contains(bytes.count), let at = bytes.lastIndex(of: UInt8(ascii: "@")),
            at != bytes.startIndex, bytes.index(after: at) != bytes.endIndex
        else { return false }
        return bytes.allSatisfy { (33...126).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
    }

    /// A name or an address. A zone (`%eth0`) is refused: its meaning is this machine's.
    private static func isHost(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLetterOrDigit($0) || "-._:".utf8.contains($0) }
    }

    private static func isClientName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLetterOrDigit($0) || "-._:[]".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte | 0x20)
    }

    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 32 && $0 != 127 } }

    /// A bare CR or LF is a line end to some servers and none to others: with a dot behind it a second mail could hide
    /// in the first.
    private static func hasWholeLines(_ message: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in message {
            if byte == 0 || (byte == 10) != (previous == 13) { return false }
            previous = byte
        }
        return previous != 13
    }
}
