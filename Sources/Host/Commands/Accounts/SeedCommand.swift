import Accounts
import ArgumentParser
import ChannelSDK
import ConfigurationFile
import Foundation
import NIOHTTP1

struct SeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seed",
        abstract: "Makes demo data: a user of each role, a key, and a notification by each channel.",
        discussion: """
            Users and key are made whether the host runs or not; the notifications go to the running host, which sends \
            them as the file says, to addresses that belong to nobody. What is there already is left as it is.
            """)

    @OptionGroup var configuration: ConfigurationArgument
    @Option(help: "The host's address. Default: as the file says.") var server: String?
    @Flag(inversion: .prefixedNo, help: "Whether to send notifications.") var notifications = true

    private static let account = "demo"
    private static let sender = "sender@example.com"
    private static let keyName = "demo"

    func run() async throws {
        try await AccountsOnFile.open(configuration.file) { desk in
            try await makeUsers(desk)
            let sender = try await desk.user(Self.sender)
            try await makeKey(desk, sender)
            if notifications { try await send(desk, sender) }
        }
    }

    /// All of them with one password, which is shown once: a well-known one would be a door.
    private func makeUsers(_ desk: AccountsOnFile) async throws {
        let given = ProcessInfo.processInfo.environment[PasswordSource.variable].flatMap { $0.isEmpty ? nil : $0 }
        let password = given ?? Self.newPassword()
        var made = false
        for role in Role.allCases {
            let email = "\(role.rawValue)@example.com"
            let wish = NewUser(email: email, name: "Demo \(role.rawValue)", password: Secret(password))
            do throws(AccountError) {
                try await desk.accounts.create(wish, role: role, account: Self.account)
                made = true
                print("user          \(email)  made, \(role.rawValue) in account \(Self.account)")
            } catch {
                guard error == .emailTaken else { throw error }
                print("user          \(email)  there already")
            }
        }
        guard made else { return }
        print("password      \(given == nil ? "\(password)  shown only now" : "as \(PasswordSource.variable) says")")
    }

    private func makeKey(_ desk: AccountsOnFile, _ sender: User) async throws {
        if let key = try await desk.accounts.keys(of: sender.id).first(where: {
            $0.name == Self.keyName && $0.revokedAt == nil
        }) {
            return print("key           \(key.prefix)…  there already")
        }
        let key = try await desk.accounts.createKey(for: sender.id, name: Self.keyName, scopes: sender.role.scopes)
        print("key           \(key.text.revealed)  shown only now")
    }

    /// By a key for this only. An externalId makes each the same notification every time.
    private func send(_ desk: AccountsOnFile, _ sender: User) async throws {
        let key = try await desk.accounts.createKey(
            for: sender.id, name: "seed", scopes: [.sendNotifications], lifetime: .seconds(600))
        let client = HostClient(server: server ?? desk.configuration.server.localURL, key: key.text)
        do {
            for channel in desk.configuration.channels { try await send(by: channel, client) }
        } catch {
            try await desk.accounts.revokeKey(prefix: key.key.prefix)
            throw error
        }
        try await desk.accounts.revokeKey(prefix: key.key.prefix)
    }

    private func send(by channel: ChannelInstance, _ client: HostClient) async throws {
        let isEmail = channel.module == "email"
        var fields = [
            "channel": channel.name, "to": isEmail ? "ada@example.com" : "+12025550143",
            "body": "A demo of Switchboard.", "externalId": "demo-\(channel.name)",
        ]
        if isEmail { fields["subject"] = "A demo" }
        let (status, answer) = try await client.ask(.POST, "/notifications", body: try JSONEncoder().encode(fields))
        guard status == .accepted,
            let accepted = try? JSONSerialization.jsonObject(with: answer) as? [String: Any],
            let id = accepted["id"] as? String
        else {
            return print(
                "notification  \(channel.name)  not accepted: \(String(decoding: answer, as: UTF8.self))")
        }
        print("notification  \(id)  accepted, by \(channel.name)")
    }

    /// 100 random bits.
    private static func newPassword() -> String {
        let letters = Array("abcdefghjkmnpqrstvwxyz0123456789".utf8)
        var generator = SystemRandomNumberGenerator()
        let groups = (0..<5).map { _ in
            String(decoding: (0..<4).map { _ in letters.randomElement(using: &generator)! }, as: UTF8.self)
        }
        return groups.joined(separator: "-")
    }
}
