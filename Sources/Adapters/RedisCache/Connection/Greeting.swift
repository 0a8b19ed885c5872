import ChannelSDK

/// What a new connection says first, and how the answers are understood.
struct Greeting {
    let commands: [RedisCommand]
    private let configuration: RedisCache.Configuration

    init(_ configuration: RedisCache.Configuration) {
        self.configuration = configuration
        var commands: [RedisCommand] = []
        if let password = configuration.password {
            var authentication = RedisCommand("AUTH")
            if let username = configuration.username { authentication.append(username) }
            authentication.append(password.revealed)
            commands.append(authentication)
        }
        if configuration.database != 0 {
            var selection = RedisCommand("SELECT")
            selection.append(Int64(configuration.database))
            commands.append(selection)
        }
        commands.append(RedisCommand("PING"))
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
