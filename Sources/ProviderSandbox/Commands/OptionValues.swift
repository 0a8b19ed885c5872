import ArgumentParser
import NIOCore

/// A share of all, from 0 to 1.
struct Rate: ExpressibleByArgument, Sendable {
    static let never = Rate(value: 0)

    var value: Double
    var defaultValueDescription: String { "\(value)" }

    init(value: Double) {
        self.value = value
    }

    init?(argument: String) {
        guard let value = Double(argument), (0...1).contains(value) else { return nil }
        self.value = value
    }
}

/// `20ms` or `20ms..200ms`.
struct DelayOption: ExpressibleByArgument, Sendable {
    var range: DelayRange
    var defaultValueDescription: String { "0" }

    init(range: DelayRange) {
        self.range = range
    }

    init?(argument: String) {
        guard let range = DelayRange(argument) else { return nil }
        self.range = range
    }
}

/// `250us`, `20ms`, `1.5s`, `2m`.
struct DurationOption: ExpressibleByArgument, Sendable {
    var amount: TimeAmount
    var defaultValueDescription: String { "\(amount.nanoseconds / 1_000_000_000)s" }

    init(amount: TimeAmount) {
        self.amount = amount
    }

    init?(argument: String) {
        guard let amount = TimeAmount(parsing: argument) else { return nil }
        self.amount = amount
    }
}

extension CallbackURL {
    /// Reads an option, and says what is wrong with it.
    init(option text: String) throws {
        do {
            try self.init(text)
        } catch {
            throw ValidationError("'\(text)' is no address for webhooks: \(error.message)")
        }
    }
}

/// A provider's statuses, separated by commas.
struct ScriptOption<Status: ProviderStatus>: ExpressibleByArgument, Sendable {
    var statuses: [Status]
    var defaultValueDescription: String { statuses.map(\.rawValue).joined(separator: ",") }

    init(statuses: [Status]) {
        self.statuses = statuses
    }

    init?(argument: String) {
        let words = argument.split(separator: ",")
        statuses = words.compactMap { Status(rawValue: String($0)) }
        guard !words.isEmpty, statuses.count == words.count else { return nil }
    }
}

/// `127.0.0.1:4010` or `[::1]:4010`.
struct ListenAddress: ExpressibleByArgument, Sendable {
    var host: String
    var port: Int
    var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
    var defaultValueDescription: String { "\(bracketedHost):\(port)" }

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[colon...].dropFirst()) else {
            return nil
        }
        var host = argument[..<colon]
        if host.first == "[" && host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }
}
