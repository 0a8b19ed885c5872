import Accounts
import HTTPTypes
import Hummingbird
import Logging

extension ProblemDetails {
    /// Who a request is from is not known. Every reason looks the same.
    static var unauthorized: Self {
        var problem = Self(.unauthorized, "Not authorized", detail: Refusal.message)
        problem.authenticate = "Bearer"
        return problem
    }

    /// As RFC 6750 has it.
    static func forbidden(_ scope: Scope) -> Self {
        var problem = Self(
            .forbidden, "Not allowed", detail: "the credentials are good, but do not have the scope \(scope.rawValue)")
        problem.authenticate = "Bearer error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
        return problem
    }

    init(_ error: AccountError) {
        switch error {
        case .refused: self = .unauthorized
        case .invalid(let problems):
            self.init(.unprocessableContent, "The fields are not valid", errors: problems)
        case .registrationClosed:
            self.init(.forbidden, "Registration is closed", detail: "an operator makes users here: ask one")
        case .busy:
            self.init(
                .serviceUnavailable, "Too busy", detail: "too many passwords are being checked: try again in a moment",
                retryAfter: 2)
        case .emailTaken: self.init(.conflict, "The email address is taken")
        case .changedMeanwhile:
            self.init(.conflict, "Changed meanwhile", detail: "somebody else changes the same user: try again")
        case .unknownUser, .unknownKey: self = .notFound
        // The reasons are for logs: they speak of files and servers.
        case .unavailable: self.init(.serviceUnavailable, "Storage is not available", retryAfter: 1)
        case .failed: self = .failed
        }
    }
}

extension APIDependencies {
    /// Carries out `body`; what accounts refuse becomes a problem document.
    func granting<Value>(_ body: () async throws(AccountError) -> Value) async throws -> Value {
        do throws(AccountError) {
            return try await body()
        } catch {
            throw problem(error)
        }
    }

    /// For the client; the log gets what is not for clients.
    func problem(_ error: AccountError) -> ProblemDetails {
        switch error {
        case .unavailable(let reason), .failed(let reason):
            logger.error("accounts are not available", metadata: ["reason": "\(reason)"])
        default: break
        }
        return ProblemDetails(error)
    }
}
