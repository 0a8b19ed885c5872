import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `GET /notifications`: an account's notifications, the newest first, in pages.
struct ListingRoute: Sendable {
    let api: APIDependencies

    private static let link = HTTPField.Name("Link")!

    func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let channels = api.routing.channels.union(api.laws.channels).filter { !api.callbacks.contains($0) }
        let reader = ListingReader(
            account: principal.account, laws: api.laws, channels: channels, callbacks: api.callbacks)
        let parameters = request.uri.queryParameters.map { (key: $0.key, value: $0.value) }
        let wanted = try reader.read(parameters)
        let found = try await api.store.list(wanted.query)
        let items = found.items.prefix(wanted.limit)
        let place = found.items.count > wanted.limit ? items.last?.place : found.next
        let next = place.map { $0.token(of: wanted.name) }
        var json = JSONWriter()
        json.object { json in
            json.member(
                "notifications",
                array: { array in
                    for item in items { write(item, wanted, to: &array) }
                })
            json.member("next", next)
        }
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        if let next { headers[Self.link] = "<\(Self.address(request, cursor: next))>; rel=\"next\"" }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }

    private func write(_ item: ListingPage.Item, _ wanted: ListingRequest, to json: inout JSONWriter) {
        let decoded = try? item.payload.decoded()
        let content = decoded?.content
        let standing = item.state.standing(laws: api.laws)
        guard wanted.fits(standing, content) else { return }
        json.object { json in
            item.state.writeHead(to: &json, standing: standing, content: content)
            decoded?.window.write(to: &json)
            json.member("tags", content?.tags ?? [])
            json.member("acceptedAt", item.acceptedAt.description)
            json.member("updatedAt", standing.updatedAt.description)
            json.member("sequence", item.state.sequence)
        }
    }

    /// The same request with another cursor.
    private static func address(_ request: Request, cursor: String) -> String {
        let rest = (request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("cursor=") }
        return request.uri.path + "?" + (rest + ["cursor=\(cursor)"]).joined(separator: "&")
    }
}
