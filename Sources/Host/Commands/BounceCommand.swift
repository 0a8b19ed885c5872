import ArgumentParser
import AsyncHTTPClient
import ChannelSDK
import ConfigurationFile
import Foundation
import NIOCore
import NIOHTTP1

/// For a mail server's pipe transport: takes what came to a bounce address to the running host. Its exit codes are those
/// of sysexits.h, by which the server knows whether to try again.
struct BounceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bounce",
        abstract: "Hands a bounce or a complaint on standard input to the running host: for a mail server's pipe.",
        discussion: """
            Ends with 0 when the host has it, 65 when the input is no mail, and 75 when it should be tried again: the \
            host does not answer, or does not let us in.
            """)

    @Option(help: "The configuration file that names the channel, its credential and the host's address.")
    var config = "channels.yaml"
    @Option(help: "The channel whose mail it answers; without it, the only one with provider smtp.")
    var channel: String?
    @Option(help: "The address it came to, which names the delivery, e.g. ${recipient} in Postfix.")
    var recipient: String?
    @Option(help: "The host's address. Default: as in the configuration file.") var server: String?
    @Option(help: "A file with the channel's webhook_token. With it and --channel no configuration is read.")
    var tokenFile: String?

    func run() async throws {
        do throws(Failure) {
            let door = try door()
            let mail = try PipedMail.read(from: .standardInput)
            try await BouncePost(door: door, recipient: recipient).send(mail)
        } catch {
            Terminal.complain("switchboard bounce: \(error.message)\n")
            throw ExitCode(error.code)
        }
    }

    struct Failure: Error {
        /// EX_DATAERR: the same again is in vain.
        static func data(_ message: String) -> Failure { Failure(code: 65, message: message) }
        /// EX_TEMPFAIL: also for what somebody has to mend, for the mail should not be lost until then.
        static func temporary(_ message: String) -> Failure { Failure(code: 75, message: message) }

        let code: Int32
        let message: String
    }

    /// Where to go, and what to show there.
    struct Door {
        let server: String
        let channel: String
        let authorization: Secret
    }

    private func door() throws(Failure) -> Door {
        if let tokenFile, let channel {
            guard let data = FileManager.default.contents(atPath: tokenFile) else {
                throw .temporary("the token file \(tokenFile) can't be read")
            }
            let token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if token.isEmpty { throw .temporary("the token file \(tokenFile) is empty") }
            return Door(
                server: server ?? ServerOption.usual, channel: channel, authorization: Secret("Bearer \(token)"))
        }
        let loaded = CheckedConfiguration.load(path: config, environment: ProcessInfo.processInfo.environment)
        guard let configuration = loaded.configuration else {
            throw .temporary("\(config) can't be used:\n\(loaded.report)")
        }
        let instance = try instance(among: configuration.channels)
        let (host, port) = (configuration.server.host, configuration.server.port)
        let own = "http://\(["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host):\(port)"
        return Door(
            server: server ?? own, channel: instance.name, authorization: try Self.authorization(of: instance))
    }

    private func instance(among channels: [ChannelInstance]) throws(Failure) -> ChannelInstance {
        let fitting = channels.filter { $0.provider == "smtp" && (channel == nil || $0.name == channel) }
        if fitting.count == 1 { return fitting[0] }
        let names = channels.filter { $0.provider == "smtp" }.map(\.name).sorted().joined(separator: ", ")
        if names.isEmpty { throw .temporary("\(config) has no channel with provider smtp") }
        let problem = channel.map { "'\($0)' is no channel with provider smtp" } ?? "name the channel"
        throw .temporary("\(problem): --channel is one of \(names)")
    }

    private static func authorization(of instance: ChannelInstance) throws(Failure) -> Secret {
        let settings = instance.configuration
        if let token = settings.secret("webhook_token") { return Secret("Bearer \(token.revealed)") }
        guard let username = settings.string("webhook_username"), let password = settings.secret("webhook_password")
        else {
            throw .temporary("channel '\(instance.name)' has no webhook_token, so nobody may post bounces: set one")
        }
        return BasicAuthentication(username: username, password: password).headerValue
    }
}

/// One mail as a mail server pipes it.
struct PipedMail {
    /// A notification is at a mail's beginning; what it returns behind that may be cut off.
    static let most = 1 << 20

    static func read(from file: FileHandle) throws(BounceCommand.Failure) -> [UInt8] {
        var mail = Data()
        do {
            // Read to the end in any case: a pipe that closes early looks like a failure to who writes to it.
            while let chunk = try file.read(upToCount: 64 << 10), !chunk.isEmpty {
                if mail.count < most { mail += chunk.prefix(most - mail.count) }
            }
        } catch {
            throw .temporary("standard input can't be read: \(error.localizedDescription)")
        }
        let bytes = withoutEnvelopeLine(Array(mail))
        guard beginsWithHeader(bytes) else { throw .data("standard input is no mail: it has no header") }
        return bytes
    }

    /// Without the line `From sender date` that some servers put before a mail.
    private static func withoutEnvelopeLine(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.starts(with: "From ".utf8), let end = bytes.firstIndex(of: 10) else { return bytes }
        return Array(bytes[(end + 1)...])
    }

    private static func beginsWithHeader(_ bytes: [UInt8]) -> Bool {
        let name = bytes.prefix { $0 != UInt8(ascii: ":") && $0 != 10 }
        return !name.isEmpty && name.count < bytes.count && bytes[name.count] == UInt8(ascii: ":")
            && name.allSatisfy { (33...126).contains($0) }
    }
}

/// Posts a mail to the host's bounce address.
private struct BouncePost {
    let door: BounceCommand.Door
    let recipient: String?

    func send(_ mail: [UInt8]) async throws(BounceCommand.Failure) {
        let query = recipient.map { "?recipient=\(HostClient.escaped($0))" } ?? ""
        var request = HTTPClientRequest(url: "\(door.server)/webhooks/\(HostClient.escaped(door.channel))\(query)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "message/rfc822")
        request.headers.add(name: "authorization", value: door.authorization.revealed)
        request.body = .bytes(ByteBuffer(bytes: mail))
        let (status, words) = try await answer(to: request)
        switch status {
        case 200..<300: return
        case 413: throw .data("the host takes no mail so large: \(words)")
        case 401, 403: throw .temporary("the host does not let us in: is this the channel's credential? \(words)")
        case 404: throw .temporary("the host has no channel '\(door.channel)'")
        default: throw .temporary("the host answers \(status): \(words)")
        }
    }

    private func answer(to request: HTTPClientRequest) async throws(BounceCommand.Failure) -> (UInt, String) {
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5)))
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
        let result: Result<(UInt, String), any Error>
        do {
            let response = try await client.execute(request, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: 64 << 10)
            result = .success((response.status.code, String(buffer: body)))
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()
        do {
            return try result.get()
        } catch {
            throw .temporary("no answer from \(door.server): is the host running? (\(error))")
        }
    }
}
