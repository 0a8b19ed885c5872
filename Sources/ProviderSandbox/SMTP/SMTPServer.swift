import Hummingbird
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// A mail server on a port of its own, with STARTTLS and authentication, over the engine's faults and ledger.
final class SMTPServer: ProviderAPI, Service {
    /// How the client hears of its mail.
    enum Ending: Sendable, Hashable {
        case reply(String)
        /// The connection ends after it.
        case goodbye(String)
        case close
        case silence
    }

    private struct ListenFailure: Error, CustomStringConvertible {
        var address: String
        var reason: String
        var description: String { "--smtp-listen \(address): \(reason). Choose another address, or port 0." }
    }

    private struct Connections {
        var port: Int?
        var isClosing = false
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    let settings: SMTPSettings
    private let listen: ListenAddress
    private let engine: ProviderEngine
    private let certificate: SMTPCertificate
    private let names = UniqueNames()
    private let connections = Mutex(Connections())

    /// Nil when no address to listen on is given.
    init?(settings: SMTPSettings, engine: ProviderEngine) throws {
        guard let listen = settings.listen else { return nil }
        self.settings = settings
        self.listen = listen
        self.engine = engine
        certificate = try SMTPCertificate()
    }

    var tls: NIOSSLContext { certificate.context }

    /// Nil until it listens.
    var port: Int? { connections.withLock { $0.port } }

    func addRoutes(to router: Router<SandboxContext>) {
        router.get("smtp-certificate.pem") { [certificate] _, _ in Response.text(certificate.certificate) }
        router.post("sandbox/inbound/smtp") { request, _ in
            self.deliver(try await InboundOrder(request, webhook: self.settings.webhook))
        }
    }

    func reset() {}

    func run() async throws {
        let server = try await bind()
        connections.withLock { $0.port = server.localAddress?.port }
        try? await gracefulShutdown()
        try? await server.close()
        let open = connections.withLock { connections in
            connections.isClosing = true
            return Array(connections.channels.values)
        }
        for channel in open { channel.close(promise: nil) }
    }

    private func bind() async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: engine.group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                self.keep(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SMTPHandler(server: self))
                }
            }
        do {
            return try await bootstrap.bind(host: listen.host, port: listen.port).get()
        } catch {
            throw ListenFailure(address: listen.defaultValueDescription, reason: "\(error)")
        }
    }

    private func keep(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isClosing = connections.withLock { connections in
            connections.channels[id] = channel
            return connections.isClosing
        }
        channel.closeFuture.whenComplete { _ in self.connections.withLock { $0.channels[id] = nil } }
        if isClosing { channel.close(promise: nil) }
    }

    /// Decides about a whole mail.
    func take(_ mail: SMTPSession.Mail) -> (ending: Ending, delay: TimeAmount) {
        let mailbox = SpecialMailbox(address: mail.recipient)
        let files = MailFiles(mail.content)
        let submission = Submission(
            provider: "smtp", delivery: Self.delivery(in: mail.content) ?? Self.delivery(bouncingTo: mail.sender),
            to: mail.recipient, body: mail.content,
            sid: String(names.hexadecimal().prefix(12).uppercased()),
            life: MessageLife(of: mailbox, initial: .accepted, script: settings.script),
            fate: mailbox?.fate, attachments: files.files)
        if let problem = files.problem {
            engine.ledger.reject(submission)
            return (.reply("554 5.6.0 The mail is not in order: \(problem)"), .zero)
        }
        let admission = engine.ledger.admit(submission, reportsWanted: settings.webhook != nil)
        if let taken = admission.taken, let url = settings.webhook {
            let reports = SMTPReports(about: mail, as: submission, to: url, token: settings.webhookToken)
            engine.sender.send(taken.plan, of: reports, reference: taken.reference)
        }
        return (Self.ending(admission.fate, id: submission.sid), admission.answerDelay)
    }

    /// As whoever pipes the mail on.
    private func deliver(_ order: InboundOrder) -> Response {
        let mail = InboundMail(order: order, id: names.hexadecimal())
        var headers: [(name: StaticString, value: String)] = [("Content-Type", "message/rfc822")]
        if let token = settings.webhookToken { headers.append(("Authorization", "Bearer \(token)")) }
        let answer = engine.sender.send(mail, headers: headers, body: ByteBuffer(string: mail.content))
        return .json(status: .accepted, answer)
    }

    private static func ending(_ fate: RequestFate, id: String) -> Ending {
        switch fate {
        case .answered: .reply("250 2.0.0 Ok: queued as \(id)")
        case .throttled: .reply("450 4.7.1 Too many mails, try again later")
        case .refused(status: 503): .goodbye("421 4.3.2 Service not available, closing transmission channel")
        case .refused: .reply("451 4.3.0 Internal error, try again later")
        case .closed, .answerLost: .close
        case .hung: .silence
        }
    }

    /// The sender's own name for the mail: the value of the header that is called `…-Delivery`.
    private static func delivery(in content: String) -> String? {
        for line in content.split(separator: "\r\n", omittingEmptySubsequences: false) {
            if line.isEmpty { return nil }
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, JSON.namesDelivery(String(parts[0])) {
                let value = parts[1].drop { $0 == " " }
                return value.isEmpty ? nil : String(value)
            }
        }
        return nil
    }

    /// What stands between `+` and `@` in the envelope's sender, where each mail bounces to an address of its own (VERP).
    private static func delivery(bouncingTo sender: String) -> String? {
        guard let at = sender.lastIndex(of: "@"), let plus = sender[..<at].firstIndex(of: "+") else { return nil }
        let name = sender[sender.index(after: plus)..<at]
        return name.isEmpty ? nil : String(name)
    }

    var about: String {
        """
        SMTP: user \(settings.username), password \(settings.password)
          on \(listen.bracketedHost):\(port.map { "\($0)" } ?? "?"), with STARTTLS; PLAIN, LOGIN and CRAM-MD5
          GET /smtp-certificate.pem: what it shows in TLS
          POST /sandbox/inbound/smtp  {"from", "to", "subject"?, "body", "webhook"?}: sends a mail to you
          delivery status notifications and complaints are posted to \(settings.webhook?.text ?? "nowhere: --smtp-webhook is not given")
        """
    }
}
