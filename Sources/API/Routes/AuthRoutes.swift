import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `/auth/register`, `/auth/login` and `/auth/me`.
struct AuthRoutes: Sendable {
    let api: APIDependencies
    let accounts: AccountService

    /// Larger than any name, address and password, escaped.
    private static let maxBody = 16 << 10

    func add(to router: APIRouter) {
        router.open(.post, "/auth/register") { request, _ in try await register(request) }
        router.open(.post, "/auth/login") { request, _ in try await login(request) }
        router.on(.get, "/auth/me", demanding: .credentials) { _, _, principal in try await me(principal) }
    }

    /// 202 also when the address is taken. A login afterwards tells whether it was, which only a mail to the address before
    /// there is a user could hide: see docs/accounts.md.
    private func register(_ request: Request) async throws -> Response {
        let fields = try await read(["email", "password", "name"], from: request)
        let wish = NewUser(
            email: fields["email"] ?? "", name: fields["name"] ?? "", password: Secret(fields["password"] ?? ""))
        try await api.granting { () throws(AccountError) in try await accounts.register(wish) }
        return Response.uncached(.accepted) { json in
            json.member("status", "accepted")
            json.member("detail", "unless the address was taken before, you can log in now")
        }
    }

    private func login(_ request: Request) async throws -> Response {
        let fields = try await read(["email", "password"], from: request)
        let token = try await api.granting { () throws(AccountError) in
            try await accounts.login(email: fields["email"] ?? "", password: Secret(fields["password"] ?? ""))
        }
        return Response.uncached(.ok) { json in
            json.member("access_token", token.token.revealed)
            json.member("token_type", "Bearer")
            json.member("expires_in", Int(token.lifetime.components.seconds))
        }
    }

    private func me(_ principal: Principal) async throws -> Response {
        let user = try await api.granting { () throws(AccountError) in try await accounts.user(principal.user) }
        guard let user else { throw ProblemDetails.unauthorized }
        return Response.uncached(.ok) { json in
            UserSummary(user).write(to: &json)
            json.member("scopes", principal.scopes.sorted().map(\.rawValue))
            if case .key(let prefix) = principal.credential { json.member("key", prefix) }
        }
    }

    private func read(_ fields: [String], from request: Request) async throws -> [String: String] {
        try requireJSON(request)
        return try await collect(request, upTo: Self.maxBody).withUnsafeReadableBytes { bytes in
            var scanner = JSONScanner(bytes)
            var reader = TextFieldsReader(fields)
            do throws(JSONScanner.Problem) {
                try reader.read(&scanner)
                try scanner.expectEnd()
            } catch {
                throw ProblemDetails.malformed(error, in: bytes)
            }
            guard reader.problems.isEmpty else {
                throw ProblemDetails(.unprocessableContent, "The fields are not valid", errors: reader.problems)
            }
            return reader.values
        }
    }
}

extension Response {
    /// An object that no cache on the way may keep.
    static func uncached(
        _ status: HTTPStatus, headers: HTTPFields = [:], _ members: (inout JSONWriter) -> Void
    ) -> Response {
        var json = JSONWriter()
        json.object(members)
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }
}

extension UserSummary {
    /// The members of an object.
    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("email", email)
        json.member("name", name)
        json.member("role", role)
        json.member("account", account)
        json.member("active", isActive)
        json.member("createdAt", createdAt.description)
    }
}
