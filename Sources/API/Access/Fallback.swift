import HTTPTypes
import Hummingbird

/// Answers what no route does: 405 with `Allow` where the path has routes for other methods, else 404.
struct Fallback: RouterMiddleware {
    typealias Context = APIContext

    /// Segments of a path, nil for a parameter, with the methods that it takes.
    private let paths: [(segments: [Substring?], allow: String)]

    init(_ methods: [String: [HTTPTypes.HTTPRequest.Method]]) {
        paths = methods.map { path, methods in
            let segments = path.split(separator: "/").map { $0.hasPrefix("{") ? nil : Optional($0) }
            return (segments, methods.map(\.rawValue).sorted().joined(separator: ", "))
        }
    }

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let allow = allow(request.uri.path) else {
            return ProblemDetails(.notFound, "Not found", detail: "there is nothing at this path: see /docs").response
        }
        var problem = ProblemDetails(
            .methodNotAllowed, "The method is not allowed", detail: "this path takes \(allow)")
        problem.allow = allow
        return problem.response
    }

    /// A segment that is written out goes before a parameter, as it does for the router.
    private func allow(_ path: String) -> String? {
        let wanted = path.split(separator: "/")
        let fitting = paths.filter { path in
            path.segments.count == wanted.count && zip(path.segments, wanted).allSatisfy { $0 == nil || $0 == $1 }
        }
        return fitting.min { $0.segments.count { $0 == nil } < $1.segments.count { $0 == nil } }?.allow
    }
}
