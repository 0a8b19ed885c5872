import ChannelSDK

/// What a new connection says first, and how the answers are understood.
struct Greeting {
    let commands: RedisCommands
    private let configuration: RedisCache.Configuration

    init(_ configuration: RedisCache.Configuration) {
        self.configuration = configuration
        var commands = RedisCommands()
        if let password = configuration.password {
            commands.begin("AUTH", arguments: configuration.username == nil ? 1 : 2)
            if let username = configuration.username { commands.append(username) }
            commands.append(password.revealed)
        }
        if configuration.database != 0 {
            commands.begin("SELECT", arguments: 1)
            commands.append(Int64(configuration.database))
        }
        commands.begin("PING", arguments: 0)
        self.commands = commands
    }

    /// The first error among the answers, for people.
    func refusal(_ replies: [RedisReply]) -> RedisError? {
        guard let answer = replies.lazy.compactMap(\.errorText).first else { return nil }
        // A server that does not know a command quotes the beginning of its arguments.
        let text = answer.firstRange(of: ", with args").map { String(answer[..<$0.lowerBound]) } ?? answer
        let words = configuration.password?.redacted(from: text) ?? text
        let advice =
            if text.hasPrefix("NOAUTH") {
                "; give the password"
            } else if text.hasPrefix("WRONGPASS") || text.hasPrefix("ERR invalid password") {
                "; check user name and password"
            } else {
                ""
            }
        return RedisError(.refused, "Redis at \(configuration.address) refuses the connection: \(words)\(advice)")
    }
}
