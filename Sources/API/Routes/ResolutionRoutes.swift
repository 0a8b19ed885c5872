import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `/notifications/{id}/resolution`: an operator's word on a delivery that waits for one, under `uncertain: hold`.
struct ResolutionRoutes: Sendable {
    let api: APIDependencies

    func add(to router: APIRouter) {
        router.on(.post, "/notifications/{id}/resolution", demanding: .scope(.resolveNotifications)) {
            request, context, principal in
            guard let id = context.parameters.get("id").flatMap({ NotificationID($0) }) else {
                throw ProblemDetails.notFound
            }
            return try await resolve(id, request, principal)
        }
    }

    private func resolve(_ id: NotificationID, _ request: Request, _ principal: Principal) async throws -> Response {
        try requireJSON(request)
        let (decision, named) = try read(try await collect(request, upTo: 4096))
        let view = try await api.find(id, for: principal, .resolveNotifications)
        let delivery = try held(in: view.state, named)
        do {
            try await api.intake.accept([
                DeliveryReport(delivery: delivery, at: api.clock.now(), event: .resolution(decision))
            ])
        } catch {
            throw ProblemDetails.notDurable
        }
        var json = JSONWriter()
        json.object { json in
            json.member("delivery", delivery.description)
            json.member("decision", decision == .resend ? "resend" : "give_up")
        }
        return Response(
            status: .accepted, headers: [.contentType: "application/json", .location: "/notifications/\(id)"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }

    private func read(_ body: ByteBuffer) throws -> (DeliveryReport.Resolution, DeliveryID?) {
        try body.withUnsafeReadableBytes { bytes in
            var scanner = JSONScanner(bytes)
            var reader = ResolutionReader()
            do throws(JSONScanner.Problem) {
                try reader.read(&scanner)
                try scanner.expectEnd()
            } catch {
                throw ProblemDetails.malformed(error, in: bytes)
            }
            guard let decision = reader.decision, reader.problems.isEmpty else {
                throw ProblemDetails(.unprocessableContent, "The decision is not valid", errors: reader.problems)
            }
            return (decision, reader.delivery)
        }
    }

    /// The delivery that waits. The applier judges again when the record comes to it: of two decisions the first holds.
    private func held(in state: NotificationState, _ named: DeliveryID?) throws -> DeliveryID {
        let held = state.deliveries.filter { $0.waiting?.reason == .held && $0.settlement == .open }.map(\.id)
        guard let delivery = named ?? held.first else {
            throw ProblemDetails(.conflict, "Nothing is held", detail: "no delivery of it waits for a decision")
        }
        guard held.contains(delivery) else {
            throw ProblemDetails(.conflict, "It is not held", detail: "\(delivery) does not wait for a decision")
        }
        return delivery
    }
}
