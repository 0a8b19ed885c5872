import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline
import Synchronization

/// `/openapi.json`, `/asyncapi.json`, `/schemas/{topic}` and `/docs`. All of it is made once, and open to everybody.
struct DescriptionRoutes: Sendable {
    private struct Document: Sendable {
        let path: String
        let type: String
        let body: ByteBuffer

        init(_ path: String, _ type: String, _ bytes: some Sequence<UInt8>) {
            (self.path, self.type, body) = (path, type, ByteBuffer(bytes: bytes))
        }
    }

    private static let paths = ["/openapi.json", "/asyncapi.json", "/schemas/{topic}", "/docs", "/docs/style.css"]

    private let documents: [Document]
    private let schemas: [String: ByteBuffer]

    /// - Parameter routes: all others.
    init(_ api: APIDependencies, describing routes: [APIRoute]) {
        let own = Self.paths.map { APIRoute(method: .get, path: $0, demand: nil) }
        let description = APIDescription(routes: routes + own, DescribedFacts(api)).document
        let events = EventDescription.document
        documents = [
            Document("/openapi.json", "application/openapi+json", description.bytes),
            Document("/asyncapi.json", "application/asyncapi+json", events.bytes),
            Document("/docs", "text/html; charset=utf-8", DescriptionPage(description, events: events).html.utf8),
            Document("/docs/style.css", "text/css; charset=utf-8", DescriptionPage.style.utf8),
        ]
        schemas = Dictionary(
            uniqueKeysWithValues: EventDescription.events.map {
                ($0.topic.rawValue, ByteBuffer(bytes: $0.schema.bytes))
            })
    }

    func add(to router: APIRouter) {
        for document in documents {
            router.open(.get, document.path) { _, _ in answer(document.type, document.body) }
        }
        router.open(.get, "/schemas/{topic}") { _, context in
            guard let schema = schemas[context.parameters.get("topic") ?? ""] else {
                let known = schemas.keys.sorted().joined(separator: ", ")
                throw ProblemDetails(.notFound, "No such event", detail: "there are: \(known)")
            }
            return answer("application/schema+json", schema)
        }
    }

    private func answer(_ type: String, _ body: ByteBuffer) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                .init("Referrer-Policy")!: "no-referrer",
            ], body: .init(byteBuffer: body))
    }
}

/// The description of a host's API, made for the first of its routers, and anew when one says something else.
public final class DescriptionCache: Sendable {
    private let made = Mutex<(facts: DescribedFacts, routes: DescriptionRoutes)?>(nil)

    public init() {}

    func routes(_ facts: DescribedFacts, _ make: () -> DescriptionRoutes) -> DescriptionRoutes {
        made.withLock { made in
            if let made, made.facts == facts { return made.routes }
            let routes = make()
            made = (facts, routes)
            return routes
        }
    }
}
