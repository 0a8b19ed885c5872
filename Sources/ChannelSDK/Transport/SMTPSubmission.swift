/// One mail to one recipient, handed to a mail server (RFC 5321, RFC 6409).
///
/// It carries secrets, so it is never logged; its description names the server only.
public struct SMTPSubmission: Sendable, Hashable, CustomStringConvertible {
    /// Where, and as whom: mails with the same value share connections.
    public var server: SMTPServer
    /// The envelope sender (MAIL FROM), where bounces go: an address in ASCII; empty: nobody wants to hear of bounces.
    public var sender: String
    /// The envelope recipient (RCPT TO): an address in ASCII. There is one, so that the answer is about it alone.
    public var recipient: String
    /// Header and body (RFC 5322) with CRLF at the end of every line. Lines that start with a dot stand as they are:
    /// the transport stuffs them.
    public var message: [UInt8]
    /// From the start of connecting to the last reply; nil: the channel's `timeout`.
    public var timeout: Duration?

    public init(
        server: SMTPServer, sender: String, recipient: String, message: [UInt8], timeout: Duration? = nil
    ) {
        self.server = server
        self.sender = sender
        self.recipient = recipient
        self.message = message
        self.timeout = timeout
    }

    public var description: String { "a mail by \(server)" }
}

/// A mail server, and how to speak to it.
public struct SMTPServer: Sendable, Hashable, CustomStringConvertible {
    /// How the connection is secured.
    public enum Security: String, Sendable, Hashable, CaseIterable {
        /// In the clear, also where the server offers TLS.
        case none
        /// TLS after STARTTLS (RFC 3207). A server that does not offer it gets neither password nor mail.
        case startTLS = "starttls"
        /// TLS from the first byte (RFC 8314).
        case implicitTLS = "tls"
    }

    /// How the password is shown (RFC 4954).
    public enum Mechanism: String, Sendable, Hashable, CaseIterable {
        /// The user and the password in one line.
        case plain
        /// The same in two lines, for old servers.
        case login
        /// The password itself does not cross the wire.
        case cramMD5 = "cram-md5"
    }

    /// Who we are to the server.
    public struct Credentials: Sendable, Hashable {
        /// The user's name.
        public let username: String
        /// The user's password.
        public let password: Secret
        /// Of these and those that the server offers, the safest is used.
        public let mechanisms: Set<Mechanism>

        public init(username: String, password: Secret, mechanisms: Set<Mechanism> = Set(Mechanism.allCases)) {
            self.username = username
            self.password = password
            self.mechanisms = mechanisms
        }
    }

    /// A name, or an address: IPv6 without brackets.
    public let host: String
    /// Usually 587 with STARTTLS, 465 with TLS from the start.
    public let port: Int
    /// How the connection is secured.
    public let security: Security
    /// Nil: the server takes mail from wherever it is connected from.
    public let credentials: Credentials?
    /// What the client calls itself (EHLO); nil: the machine's name.
    public let clientName: String?
    /// PEM file of the certificate authorities to trust instead of the transport's own; nil: those.
    public let certificateAuthorityFile: String?

    public init(
        host: String, port: Int, security: Security = .startTLS, credentials: Credentials? = nil,
        clientName: String? = nil, certificateAuthorityFile: String? = nil
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.credentials = credentials
        self.clientName = clientName
        self.certificateAuthorityFile = certificateAuthorityFile
    }

    /// Scheme, host and port.
    public var description: String {
        let scheme = security == .implicitTLS ? "smtps" : "smtp"
        return host.contains(":") ? "\(scheme)://[\(host)]:\(port)" : "\(scheme)://\(host):\(port)"
    }
}
