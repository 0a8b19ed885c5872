import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `DELETE /notifications/{id}`: the application takes a notification back, if nothing of it has been sent yet.
struct CancellationRoute: Sendable {
    let api: APIDependencies
    /// How long an answer waits for the status to say what is certain already.
    var patience = Duration.seconds(2)

    func add(to router: APIRouter) {
        router.on(.delete, "/notifications/{id}", demanding: .scope(.sendNotifications)) { _, context, principal in
            guard let id = context.parameters.get("id").flatMap({ NotificationID($0) }) else {
                throw ProblemDetails.notFound
            }
            return try await cancel(id, principal)
        }
    }

    private enum Attempt {
        /// Canceled before.
        case done(NotificationView)
        case held(DeliveryID)
        case tooLate(NotificationView)
        /// The store is behind, or does not answer.
        case unseen
    }

    private func cancel(_ id: NotificationID, _ principal: Principal) async throws -> Response {
        switch try await attempt(id, principal) {
        case .done(let view): return api.response(view)
        case .tooLate(let view): throw ProblemDetails.tooLate(view, laws: api.laws)
        case .held(let delivery):
            // If this fails somebody who keeps house does it later: what is held is canceled whatever comes.
            try await record(.cancel, for: delivery)
            return try await outcome(of: delivery)
        case .unseen:
            let account = principal.may(.everyAccount) ? nil : principal.account
            try await record(.cancelRequest(account: account), for: DeliveryID(notification: id, ordinal: 1))
            return pending(id)
        }
    }

    private func attempt(
        _ id: NotificationID, _ principal: Principal, again: Int = 2
    ) async throws -> Attempt {
        do {
            guard let view = try await find(id, principal) else { return .unseen }
            if view.state.status(laws: api.laws) == .canceled { return .done(view) }
            switch try await api.store.holdForCancel(id) {
            case .held(let delivery): return .held(delivery)
            case .refused:
                // Another cancel may have been applied since: that is what was asked for.
                let now = try await find(id, principal) ?? view
                let standing = now.state.standing(laws: api.laws)
                if standing.status == .canceled { return .done(now) }
                // Or the attempt that stood in the way has ended, and the delivery waits for its next one.
                let waits = standing.status == .accepted && !now.claimed.contains(standing.id)
                guard waits, again > 0 else { return .tooLate(now) }
                return try await attempt(id, principal, again: again - 1)
            case .unknown: throw ProblemDetails.notFound
            }
        } catch is StoreError {
            return .unseen
        }
    }

    /// Nil: it can't be told yet.
    private func find(_ id: NotificationID, _ principal: Principal) async throws -> NotificationView? {
        switch try await api.finder.find(id, where: { principal.may(.sendNotifications, in: $0.state.account) }) {
        case .found(let view): return view
        case .unknown: throw ProblemDetails.notFound
        case .notProjectedYet: return nil
        }
    }

    private func record(_ event: DeliveryReport.Event, for delivery: DeliveryID) async throws(ProblemDetails) {
        do {
            try await api.intake.accept([DeliveryReport(delivery: delivery, at: api.clock.now(), event: event)])
        } catch {
            throw ProblemDetails(
                .serviceUnavailable, "Not certain to be canceled",
                detail: "it is not known whether the cancel was stored: repeat it", retryAfter: 1)
        }
    }

    /// Waits for the delivery's status: it is canceled, unless a report says meanwhile that an attempt of which nobody
    /// thought so did reach the provider.
    private func outcome(of delivery: DeliveryID) async throws -> Response {
        let deadline = ContinuousClock.now + patience
        var pause = Duration.milliseconds(2)
        repeat {
            guard let view = try? await api.store.notification(delivery.notification) else { break }
            switch view.state.deliveries.first(where: { $0.id == delivery })?.status {
            case .canceled: return api.response(view)
            case .accepted: break
            default: throw ProblemDetails.tooLate(view, laws: api.laws)
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(50))
        } while ContinuousClock.now < deadline
        return pending(delivery.notification)
    }

    private func pending(_ id: NotificationID) -> Response {
        var json = JSONWriter()
        json.object { json in
            json.member("id", id.description)
            json.member("cancellation", "pending")
        }
        return Response(
            status: .accepted, headers: [.contentType: "application/json", .location: "/notifications/\(id)"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }
}

extension ProblemDetails {
    fileprivate static func tooLate(_ view: NotificationView, laws: LawBook) -> Self {
        let standing = view.state.standing(laws: laws)
        let isBeingSent = view.claimed.contains(standing.id)
        let detail =
            switch standing.status {
            case .accepted where isBeingSent: "it is being sent just now"
            case .accepted: "it may have been sent already: its provider is asked again, by the same key"
            default: "it is \(standing.status) already"
            }
        var problem = Self(.conflict, "Too late to cancel", detail: detail)
        problem.notificationStatus = standing.status.rawValue
        return problem
    }
}
