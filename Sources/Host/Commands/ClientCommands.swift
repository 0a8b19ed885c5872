import ArgumentParser
import AsyncHTTPClient
import ChannelSDK
import Foundation
import NIOCore
import NIOHTTP1

struct ServerOption: ParsableArguments {
    static let usual = "http://127.0.0.1:3000"

    @Option(help: "The host's address.") var server = Self.usual
}

struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "send", abstract: "Sends a notification.")

    @OptionGroup var option: ServerOption
    @Option(help: "The channel to send by.") var channel: String?
    @Option(help: "The route to choose the channel by.") var route: String?
    @Option(help: "The recipient, e.g. +15551230001.") var to: String
    @Option(help: "The subject, for channels that have one; a template has its own.") var subject: String?
    @Option(help: "Your own id: the same again is not sent twice.") var externalId: String?
    @Option(help: "urgent, normal or bulk.") var `class`: String?
    @Option(help: "The template that gives the text.") var template: String?
    @Option(name: .customLong("var"), help: "A variable of the template, name=value; may come several times.")
    var variables: [TemplateArgument] = []
    @Option(help: "The language of the template's text, e.g. de-AT.") var locale: String?
    @Option(
        name: .customLong("attach"), help: "A file to send along, PATH or PATH:TYPE/SUBTYPE; may come several times.")
    var attachments: [AttachmentArgument] = []
    @Argument(help: "The text, where there is no template.") var body: String?

    func validate() throws {
        if (body == nil) == (template == nil) { throw ValidationError("Give the text, or --template.") }
        if template == nil, locale != nil || !variables.isEmpty {
            throw ValidationError("--var and --locale need --template.")
        }
        if Set(variables.map(\.name)).count < variables.count { throw ValidationError("A --var comes twice.") }
    }

    func run() async throws {
        let request = Request(
            channel: channel, route: route, to: to, externalId: externalId, class: `class`, subject: subject,
            body: body,
            template: template, locale: locale,
            variables: template.map { _ in Dictionary(uniqueKeysWithValues: variables.map { ($0.name, $0.value) }) },
            attachments: attachments.isEmpty ? nil : try attachments.map { try $0.read() })
        let json = try JSONEncoder().encode(request)
        try await HostClient(server: option.server).print(.POST, "/notifications", body: json)
    }
}

extension SendCommand {
    /// What is posted; absent fields are left out.
    private struct Request: Encodable {
        let channel, route: String?
        let to: String
        let externalId, `class`, subject, body, template, locale: String?
        let variables: [String: String]?
        let attachments: [AttachmentArgument.File]?
    }
}

/// `name=value`; the value may hold anything.
struct TemplateArgument: ExpressibleByArgument {
    let name: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows a notification, its deliveries and their timeline.")

    @OptionGroup var option: ServerOption
    @Flag(help: "The id is your own, the externalId.") var external = false
    @Argument(help: "The notification's id.") var id: String

    func run() async throws {
        let escaped = HostClient.escaped(id)
        let path = external ? "/notifications?externalId=\(escaped)" : "/notifications/\(escaped)"
        try await HostClient(server: option.server).print(.GET, path)
    }
}

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists notifications, the newest first.")

    @OptionGroup var option: ServerOption
    @Option(help: "Only those of this status; several with commas between them.") var status: String?
    @Option(help: "Only those that are open, settled or closed.") var settlement: String?
    @Option(help: "Only those of this channel.") var channel: String?
    @Option(help: "Only those to this recipient.") var recipient: String?
    @Option(help: "Only those with this tag.") var tag: String?
    @Option(help: "Only those accepted since then, e.g. 2026-03-01T09:30:00Z.") var createdAfter: String?
    @Option(help: "Only those accepted before then.") var createdBefore: String?
    @Option(help: "How many on a page.") var limit: Int?
    @Option(help: "The next page: what the last one gave as 'next'.") var cursor: String?

    func run() async throws {
        let parameters = [
            ("status", status), ("settlement", settlement), ("channel", channel), ("recipient", recipient),
            ("tag", tag), ("created_after", createdAfter), ("created_before", createdBefore),
            ("limit", limit.map { String($0) }), ("cursor", cursor),
        ]
        let query = parameters.compactMap { name, value in value.map { "\(name)=\(HostClient.escaped($0))" } }
        let path = query.isEmpty ? "/notifications" : "/notifications?" + query.joined(separator: "&")
        try await HostClient(server: option.server).print(.GET, path)
    }
}

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Takes a notification back, if nothing of it has been sent yet.")

    @OptionGroup var option: ServerOption
    @Argument(help: "The notification's id.") var id: String

    func run() async throws {
        try await HostClient(server: option.server).print(.DELETE, "/notifications/\(HostClient.escaped(id))")
    }
}

struct ResolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Decides about a delivery that is held because nobody knows whether the provider took it.")

    enum Decision: String, EnumerableFlag {
        case resend, giveUp

        static func help(for value: Decision) -> ArgumentHelp? {
            switch value {
            case .resend: "Send it again: the recipient may get it twice."
            case .giveUp: "Close it: the recipient may never have got it."
            }
        }
    }

    @OptionGroup var option: ServerOption
    @Flag(exclusivity: .exclusive) var decision: Decision
    @Option(help: "Which delivery of the notification; without it, the one that is held.") var delivery: String?
    @Argument(help: "The notification's id.") var id: String

    func run() async throws {
        var fields = ["decision": decision == .resend ? "resend" : "give_up"]
        fields["delivery"] = delivery
        let client = HostClient(server: option.server)
        try await client.print(
            .POST, "/notifications/\(HostClient.escaped(id))/resolution", body: try JSONEncoder().encode(fields))
    }
}

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Shows status changes as they come, one JSON object a line.")

    @OptionGroup var option: ServerOption
    @Option(help: "Begin behind this event id instead of now.") var after: String?

    func run() async throws { try await HostClient(server: option.server).tail(after: after) }
}

/// Speaks to a running host for the commands.
struct HostClient {
    /// Holds an API key, or a token. Never an argument: others on the machine see those.
    static let keyVariable = "SWITCHBOARD_API_KEY"

    let server: String
    var key = ProcessInfo.processInfo.environment[keyVariable].flatMap { $0.isEmpty ? nil : Secret($0) }

    /// The address without what stands before an `@`, which can be a password.
    private var shownServer: String {
        guard let at = server.lastIndex(of: "@") else { return server }
        let scheme = server.range(of: "://").map { String(server[..<$0.upperBound]) } ?? ""
        return scheme + String(server[server.index(after: at)...])
    }

    /// `text` as one segment of a path, or a value in a query.
    static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))) ?? text
    }

    func print(_ method: HTTPMethod, _ path: String, body: Data? = nil) async throws {
        let (status, answer) = try await ask(method, path, body: body)
        Swift.print(Self.pretty(answer))
        try check(status)
    }

    /// The status, and the answer as it is.
    func ask(_ method: HTTPMethod, _ path: String, body: Data? = nil) async throws -> (HTTPResponseStatus, Data) {
        var request = request(path)
        request.method = method
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        var result = (HTTPResponseStatus.ok, Data())
        try await execute(request, timeout: .seconds(30)) { response in
            result = (response.status, Data(try await response.body.collect(upTo: 16 << 20).readableBytesView))
        }
        return result
    }

    private func request(_ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: server + path)
        if let key { request.headers.add(name: "authorization", value: "Bearer \(key.revealed)") }
        return request
    }

    func check(_ status: HTTPResponseStatus) throws {
        guard status.code >= 400 else { return }
        if status == .unauthorized, key == nil {
            Terminal.complain(
                "the host wants to know who you are: put an API key into \(Self.keyVariable) "
                    + "('switchboard keys create' makes one)\n")
        }
        throw ExitCode(1)
    }

    func tail(after: String?) async throws {
        var request = request("/events")
        if let after { request.headers.add(name: "last-event-id", value: after) }
        try await execute(request, timeout: .hours(24 * 365)) { response in
            guard response.status == .ok else {
                Swift.print(Self.pretty(Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)))
                return try check(response.status)
            }
            try await printEvents(response.body)
        }
    }

    private func printEvents(_ body: HTTPClientResponse.Body) async throws {
        var line: [UInt8] = []
        for try await chunk in body {
            for byte in chunk.readableBytesView {
                guard byte == UInt8(ascii: "\n") else {
                    line.append(byte)
                    continue
                }
                if line.starts(with: "data: ".utf8) {
                    FileHandle.standardOutput.write(Data(line.dropFirst(6)) + Data("\n".utf8))
                }
                line.removeAll(keepingCapacity: true)
            }
        }
    }

    private func execute(
        _ request: HTTPClientRequest, timeout: TimeAmount, _ use: (HTTPClientResponse) async throws -> Void
    ) async throws {
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5)))
        // A host that is not there is said at once, not after the request's own time.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
        let result: Result<Void, any Error>
        do {
            result = .success(try await use(try await client.execute(request, timeout: timeout)))
        } catch let exit as ExitCode {
            result = .failure(exit)
        } catch {
            Terminal.complain("error: no answer from \(shownServer): is the host running? (\(error))\n")
            result = .failure(ExitCode(1))
        }
        try await client.shutdown()
        try result.get()
    }

    private static func pretty(_ json: Data) -> String {
        guard let value = try? JSONSerialization.jsonObject(with: json),
            let text = try? JSONSerialization.data(
                withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        else { return String(decoding: json, as: UTF8.self) }
        return String(decoding: text, as: UTF8.self)
    }
}
