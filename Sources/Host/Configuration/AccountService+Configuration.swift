import Accounts
import ChannelSDK
import ConfigurationFile
import Logging

extension AccountService {
    /// Nil without `auth` in the configuration.
    static func configured(
        _ configuration: HostConfiguration, store: any AccountStore, cache: any Cache, clock: any WallClock,
        logger: Logger
    ) async throws -> AccountService? {
        guard let auth = configuration.auth else { return nil }
        return AccountService(
            Configuration(auth), store: store, tokens: try await Tokens(TokenConfiguration(auth), clock: clock),
            cache: cache, clock: clock, logger: logger)
    }
}

extension AccountService.Configuration {
    init(_ auth: AuthConfiguration) {
        let role: Role =
            switch auth.registrationRole {
            case .sender: .sender
            case .viewer: .viewer
            }
        self.init(isRegistrationOpen: auth.registration == .open, registrationRole: role)
    }
}

extension TokenConfiguration {
    init(_ auth: AuthConfiguration) {
        self.init(
            secret: auth.secret, previousSecret: auth.previousSecret, issuer: auth.issuer, audience: auth.audience,
            lifetime: auth.lifetime)
    }

    /// What is wrong with `auth`, at its place in the file.
    static func diagnostics(_ loaded: LoadedConfiguration) -> [Diagnostic] {
        guard let auth = loaded.configuration?.auth else { return [] }
        return TokenConfiguration(auth).problems.map { problem in
            loaded.diagnostic("auth.\(problem.setting) \(problem.message)", at: "auth.\(problem.setting)")
        }
    }
}
