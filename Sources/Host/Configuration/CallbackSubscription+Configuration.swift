import ConfigurationFile
import Pipeline

extension CallbackSubscription {
    init(_ configuration: CallbackConfiguration) {
        self.init(name: configuration.name, giveUpAfter: configuration.giveUpAfter)
        accounts = Set(configuration.accounts)
        channels = Set(configuration.channels)
        statuses = Set(configuration.statuses)
        settledOnly = configuration.settledOnly
    }
}

extension CallbackConfiguration {
    /// What it gets, for people.
    var summary: String {
        let chosen = [("accounts", accounts), ("channels", channels), ("statuses", statuses)].filter { !$0.1.isEmpty }
        let words = chosen.map { "\($0.0) \($0.1.joined(separator: ", "))" } + (settledOnly ? ["settled only"] : [])
        return words.isEmpty ? "every change" : words.joined(separator: "; ")
    }
}
