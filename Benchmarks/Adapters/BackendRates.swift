import Foundation

/// The adapters' rates, each beside a bare loop over the same C library that does the same with the same server, turn
/// about in one run. Prints a line of JSON for each; `scripts/bench` starts the servers and reads the lines.
@main
struct BackendRates {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    static func main() async {
        var arguments = CommandLine.arguments.dropFirst()
        let isQuick = arguments.last == "--quick"
        if isQuick { arguments.removeLast() }
        do {
            switch arguments {
            case ["kafka"]: try await KafkaRates(brokers: server("KAFKA_BROKERS"), rounds: isQuick ? 3 : 7).run()
            case ["postgres"]: try await PostgresRates(url: server("DATABASE_URL"), rounds: isQuick ? 15 : 60).run()
            case ["redis"]: try await RedisRates(url: server("REDIS_URL"), rounds: isQuick ? 3 : 9).run()
            case ["smtp"]:
                guard let port = Int(try server("SMTP_SINK_PORT")) else { throw Failure("SMTP_SINK_PORT is no port") }
                try await MailRates(port: port, rounds: isQuick ? 3 : 9).run()
            case ["smtp-sink"]: try MailSink.run()
            case ["webhooks"]: try await WebhookCosts(rounds: isQuick ? 3 : 9).run()
            default: throw Failure("usage: BackendRates kafka|postgres|redis|smtp|smtp-sink|webhooks [--quick]")
            }
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    private static func server(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name] else {
            throw Failure("\(name) names no server: run by scripts/bench")
        }
        return value
    }
}
