import Accounts
import HTTPTypes
import Hummingbird

/// Finds out who a request is from, once, and notes it in the request's context. It refuses nobody: what comes between
/// it and the route (which does, see ``APIRouter``) can count those without good credentials, too.
///
/// Who guesses at keys from an address that has used up its limit is not given a look into the store for each guess.
struct Authentication: RouterMiddleware {
    let authenticator: Authenticator
    let limits: LimitMiddleware?

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let limits, authenticator.needsStore(authorization: request.authorization),
            let refusal = limits.refusalOfAddress(request, context)
        {
            return refusal
        }
        do {
            context.principal = try await authenticator.principal(authorization: request.authorization)
        } catch {
            return error.response
        }
        return try await next(request, context)
    }
}

extension Request {
    /// One that is there twice is joined by a comma, which no credentials have.
    var authorization: String? { headers[.authorization] }
}

/// Knows credentials.
struct Authenticator: Sendable {
    private let api: APIDependencies
    /// Who every request is from where there are no accounts.
    private let host: Principal

    init(_ api: APIDependencies) {
        self.api = api
        host = .host(account: api.account)
    }

    /// True: the credentials name a key of which this host knows nothing yet.
    func needsStore(authorization: String?) -> Bool {
        guard let accounts = api.accounts, let authorization else { return false }
        return accounts.namesUnknownKey(authorization: authorization)
    }

    /// Nil: there are no credentials, or none that are good.
    /// - Throws: that they can't be judged just now.
    func principal(authorization: String?) async throws(ProblemDetails) -> Principal? {
        guard let accounts = api.accounts else { return host }
        guard let authorization else { return nil }
        do throws(AccountError) {
            return try await accounts.authenticate(authorization: authorization)
        } catch {
            if case .refused = error { return nil }
            throw api.problem(error)
        }
    }
}
