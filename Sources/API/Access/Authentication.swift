import Accounts
import HTTPTypes
import Hummingbird

/// Finds out who a request is from, once, and notes it in the request's context. It refuses nobody: what comes between
/// it and the route (which does, see ``APIRouter``) can count those without good credentials, too.
struct Authentication: RouterMiddleware {
    let authenticator: Authenticator

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
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
