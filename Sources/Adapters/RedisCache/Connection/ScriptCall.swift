import Crypto

/// A Lua script that the server runs as a whole, without anybody else's commands in between.
struct RedisScript: Sendable {
    let source: String
    /// SHA-1 of the source: the name by which a server knows a script that it has run before.
    let digest: String

    init(_ source: String) {
        self.source = source
        digest = Insecure.SHA1.hash(data: Array(source.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

/// A script with what it is to work on.
struct ScriptCall {
    private let script: RedisScript
    private let keys: [String]
    private let arguments: [[UInt8]]

    init(_ script: RedisScript, keys: [String], arguments: [[UInt8]]) {
        (self.script, self.keys, self.arguments) = (script, keys, arguments)
    }

    var byDigest: RedisCommands { command("EVALSHA", script.digest) }

    /// For a server that does not know the script, be it new, restarted or flushed; from then on it does.
    var bySource: RedisCommands { command("EVAL", script.source) }

    func isUnknown(_ reply: RedisReply) -> Bool { reply.errorText?.hasPrefix("NOSCRIPT") ?? false }

    private func command(_ name: String, _ script: String) -> RedisCommands {
        var command = RedisCommands(name, arguments: 2 + keys.count + arguments.count)
        command.append(script)
        command.append(Int64(keys.count))
        for key in keys { command.append(key) }
        for argument in arguments { command.append(argument) }
        return command
    }
}
