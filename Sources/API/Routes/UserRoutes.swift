import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import Pipeline

/// `GET /users?limit=…&after=…`: for admins.
struct UserRoutes: Sendable {
    let api: APIDependencies
    let accounts: AccountService

    /// `store` or `cache`: whether the page was read now, or within the last minute.
    static let source = HTTPField.Name("X-Source")!

    func add(to router: APIRouter) {
        router.on(.get, "/users", demanding: .scope(.readUsers)) { request, _, _ in try await list(request) }
    }

    private func list(_ request: Request) async throws -> Response {
        let (after, limit) = try page(request)
        let page = try await api.granting { () throws(AccountError) in
            try await accounts.users(after: after, limit: limit)
        }
        return Response.uncached(.ok, headers: [Self.source: page.source.rawValue]) { json in
            json.member(
                "users",
                array: { users in
                    for user in page.users { users.object { user.write(to: &$0) } }
                })
            json.member("next", page.next?.text)
        }
    }

    private func page(_ request: Request) throws -> (after: UserID?, limit: Int) {
        var parameters = QueryParameters(request, upTo: ["after": 100, "limit": 20])
        let limit = parameters.number("limit", in: 1...1000, otherwise: 100)
        let after = parameters["after"].map { UserID($0) }
        if case .some(nil) = after { parameters.note("after", "is not a user's id") }
        try parameters.check()
        return (after ?? nil, limit)
    }
}
