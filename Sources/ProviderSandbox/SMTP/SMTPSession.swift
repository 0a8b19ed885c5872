import Crypto
import FoundationEssentials

/// One client's conversation, without its connection: lines in, replies out.
struct SMTPSession: Sendable {
    struct Mail: Sendable, Hashable {
        var sender: String
        var recipient: String
        /// With `\r\n`, the dots at the beginning of lines as they were meant.
        var content = ""
    }

    enum Action: Sendable, Hashable {
        case reply(String)
        /// After this reply the connection goes on in TLS.
        case startTLS(String)
        /// A whole mail: the answer is for others to find.
        case deliver(Mail)
        case quit(String)
        /// Nothing to say yet.
        case none
    }

    private enum Dialogue: Sendable, Hashable {
        case command
        case plain
        case loginName
        case loginPassword(name: String)
        case challenge(String)
        case content
    }

    private static let longestContent = 26_214_400

    private let username: String
    private let password: String
    private let refusals: SMTPRefusals
    private var isEncrypted = false
    private var isGreeted = false
    private var isAuthenticated = false
    private var dialogue = Dialogue.command
    private var sender: String?
    private var mail: Mail?
    private var isTooLong = false

    init(settings: SMTPSettings) {
        username = settings.username
        password = settings.password
        refusals = settings.refusals
    }

    static let greeting = "220 sandbox.example ESMTP provider-sandbox"

    /// - Parameter line: without its line break.
    mutating func receive(_ line: String) -> Action {
        switch dialogue {
        case .command: return perform(SMTPCommand(line))
        case .content: return addContent(line)
        case .plain, .loginName, .loginPassword, .challenge: return .reply(continueAuthentication(line))
        }
    }

    private mutating func perform(_ command: SMTPCommand) -> Action {
        switch command {
        case .hello(let extended): return .reply(hello(extended: extended))
        case .startTLS:
            guard !isEncrypted else { return .reply("503 5.5.1 TLS is on already") }
            self = SMTPSession(settings: SMTPSettings(username: username, password: password, refusals: refusals))
            isEncrypted = true
            return .startTLS("220 2.0.0 Ready to start TLS")
        case .authenticate(let mechanism, let initial): return .reply(authenticate(mechanism, initial))
        case .mail(let from): return .reply(begin(from))
        case .recipient(let to): return .reply(address(to))
        case .data: return .reply(beginContent())
        case .reset:
            (sender, mail) = (nil, nil)
            return .reply("250 2.0.0 Ok")
        case .noop: return .reply("250 2.0.0 Ok")
        case .quit: return .quit("221 2.0.0 Bye")
        case .malformed: return .reply("501 5.5.4 Syntax error in the command's arguments")
        case .unknown: return .reply("500 5.5.2 The command is not known")
        }
    }

    private mutating func hello(extended: Bool) -> String {
        isGreeted = true
        (sender, mail) = (nil, nil)
        guard extended else { return "250 sandbox.example" }
        let offers = isEncrypted ? ["AUTH PLAIN LOGIN CRAM-MD5"] : ["STARTTLS"]
        let lines = ["sandbox.example", "8BITMIME", "SMTPUTF8", "SIZE \(Self.longestContent)"] + offers
        let last = lines.count - 1
        return lines.enumerated().map { "250\($0 == last ? " " : "-")\($1)" }.joined(separator: "\r\n")
    }

    private mutating func begin(_ from: String) -> String {
        guard isGreeted else { return "503 5.5.1 Say EHLO first" }
        guard isEncrypted else { return "530 5.7.0 Must issue a STARTTLS command first" }
        guard isAuthenticated else { return "530 5.7.0 Authentication is required" }
        guard sender == nil else { return "503 5.5.1 A mail is begun already" }
        guard from.isEmpty || MailAddress(from) != nil else { return "501 5.1.7 The sender's address is not valid" }
        if refusals.stage(from: from) == .sender { return SMTPRefusals.Stage.sender.reply }
        sender = from
        return "250 2.1.0 Ok"
    }

    private mutating func address(_ to: String) -> String {
        guard let sender else { return "503 5.5.1 MAIL comes first" }
        guard mail == nil else { return "452 4.5.3 The sandbox takes one recipient in each mail" }
        guard MailAddress(to) != nil else { return "501 5.1.3 The recipient's address is not valid" }
        guard SpecialMailbox(address: to) != .refused else { return "550 5.1.1 The recipient is not known here" }
        mail = Mail(sender: sender, recipient: to)
        return "250 2.1.5 Ok"
    }

    private mutating func beginContent() -> String {
        guard let mail else { return "503 5.5.1 RCPT comes first" }
        if refusals.stage(from: mail.sender) == .data { return SMTPRefusals.Stage.data.reply }
        dialogue = .content
        isTooLong = false
        return "354 End data with <CR><LF>.<CR><LF>"
    }

    private mutating func addContent(_ line: String) -> Action {
        guard line == "." else {
            isTooLong = isTooLong || (mail?.content.utf8.count ?? 0) + line.utf8.count > Self.longestContent
            if !isTooLong { mail?.content += (line.hasPrefix(".") ? line.dropFirst() : line[...]) + "\r\n" }
            return .none
        }
        dialogue = .command
        defer { (sender, mail) = (nil, nil) }
        guard !isTooLong, let mail else { return .reply("552 5.3.4 The mail is too large") }
        if refusals.stage(from: mail.sender) == .content { return .reply(SMTPRefusals.Stage.content.reply) }
        return .deliver(mail)
    }
}

extension SMTPSession {
    private mutating func authenticate(_ mechanism: String, _ initial: String?) -> String {
        guard isGreeted else { return "503 5.5.1 Say EHLO first" }
        guard isEncrypted else { return "530 5.7.0 Must issue a STARTTLS command first" }
        guard !isAuthenticated else { return "503 5.5.1 Authenticated already" }
        switch mechanism {
        case "PLAIN": dialogue = .plain
        case "LOGIN": dialogue = .loginName
        case "CRAM-MD5":
            let challenge = "<\(UInt64.random(in: .min ... .max)).\(CivilTime.now())@sandbox.example>"
            dialogue = .challenge(challenge)
            return "334 " + Data(challenge.utf8).base64EncodedString()
        default: return "504 5.5.4 The mechanism is not known"
        }
        if let initial { return continueAuthentication(initial) }
        return mechanism == "LOGIN" ? "334 VXNlcm5hbWU6" : "334 "
    }

    private mutating func continueAuthentication(_ line: String) -> String {
        let step = dialogue
        dialogue = .command
        guard let bytes = Data(base64Encoded: line), let text = String(validating: bytes, as: UTF8.self) else {
            return "501 5.5.2 Base64 is expected"
        }
        switch step {
        case .plain:
            let parts = text.split(separator: "\0", omittingEmptySubsequences: false)
            return finish(parts.count == 3 && parts[1] == username && parts[2] == password)
        case .loginName:
            dialogue = .loginPassword(name: text)
            return "334 UGFzc3dvcmQ6"
        case .loginPassword(let name): return finish(name == username && text == password)
        case .challenge(let challenge):
            let key = SymmetricKey(data: Data(password.utf8))
            let code = HMAC<Insecure.MD5>.authenticationCode(for: Data(challenge.utf8), using: key).hexadecimal
            return finish(text == "\(username) \(code)")
        case .command, .content: return "503 5.5.1 Nothing was asked"
        }
    }

    private mutating func finish(_ isRight: Bool) -> String {
        isAuthenticated = isRight
        return isRight ? "235 2.7.0 Authentication successful" : "535 5.7.8 Authentication credentials invalid"
    }
}
