import ChannelSDK
import FoundationEssentials

/// The mail server that scripts/with-smtp starts.
struct RealMailServer {
    struct Missing: Error, CustomStringConvertible {
        let name: String

        var description: String {
            "\(name) is not set: run the tests by scripts/with-smtp swift test --filter RealMailTests"
        }
    }

    /// A mail as the server took it.
    struct Mail: Decodable {
        let connection: Int
        let client: String
        let tls: Bool
        let mechanism: String
        let sender: String
        let recipients: [String]
        let message: Data
    }

    let certificateFile: String
    private let urls: [SMTPServer.Security: String]
    private let mailFile: String

    init() throws {
        func variable(_ name: String) throws -> String {
            guard let value = ProcessInfo.processInfo.environment[name] else { throw Missing(name: name) }
            return value
        }
        urls = [
            .startTLS: try variable("SMTP_URL"), .implicitTLS: try variable("SMTPS_URL"),
            .none: try variable("SMTP_PLAIN_URL"),
        ]
        certificateFile = try variable("SMTP_CA_FILE")
        mailFile = try variable("SMTP_MAILS")
    }

    /// - Parameter behind: where to connect to, by how that is usually spoken to; nil: by `security`.
    func server(
        _ security: SMTPServer.Security, behind: SMTPServer.Security? = nil, password: String? = nil,
        mechanisms: Set<SMTPServer.Mechanism> = Set(SMTPServer.Mechanism.allCases)
    ) throws -> SMTPServer {
        // scheme://user:password@host:port
        let parts = (urls[behind ?? security] ?? "").split { ":/@".contains($0) }.map(String.init)
        guard parts.count == 5, let port = Int(parts[4]) else { throw Missing(name: "a URL with user and port") }
        return SMTPServer(
            host: parts[3], port: port, security: security,
            credentials: .init(
                username: parts[1], password: Secret(password ?? parts[2]), mechanisms: mechanisms),
            clientName: "notify.acme.example")
    }

    /// What the server has taken for `recipient`, in order.
    func mails(to recipient: String) throws -> [Mail] {
        let data = try Data(contentsOf: URL(filePath: mailFile))
        // A line without its end is being written just now, for another test.
        let whole = data.lastIndex(of: 10).map { data[..<$0] } ?? Data()
        return try whole.split(separator: 10).map { try JSONDecoder().decode(Mail.self, from: $0) }
            .filter { $0.recipients == [recipient] }
    }
}
