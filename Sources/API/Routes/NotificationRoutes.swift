import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `/notifications`: one, many, and what became of them.
struct NotificationRoutes: Sendable {
    let api: APIDependencies
    private let knownRequests: KnownRequests

    init(api: APIDependencies) {
        self.api = api
        knownRequests = KnownRequests(api.store)
    }

    func add(to router: APIRouter) {
        router.on(.post, "/notifications", demanding: .scope(.sendNotifications)) { request, _, principal in
            try await post(request, principal)
        }
        router.on(.post, "/notifications/batch", demanding: .scope(.sendNotifications)) { request, _, principal in
            try await postBatch(request, principal)
        }
        router.on(.get, "/notifications", demanding: .scope(.readNotifications)) { request, _, principal in
            try await find(request, principal)
        }
        router.on(.get, "/notifications/{id}", demanding: .scope(.readNotifications)) { _, context, principal in
            guard let id = context.parameters.get("id").flatMap({ NotificationID($0) }) else {
                throw ProblemDetails(.notFound, "Not found", detail: "an id is a UUID, as given when accepted")
            }
            return try await show(id, principal)
        }
    }

    // MARK: One

    private func post(_ request: Request, _ principal: Principal) async throws -> Response {
        try requireJSON(request)
        if api.isOverloaded() { throw ProblemDetails.overloaded }
        let body = try await collect(request, upTo: api.limits.maxBody)
        let notification = try read(body, admission(principal))
        if notification.externalID != nil { try await refuseConflict(notification) }
        do {
            try await api.intake.accept([notification])
        } catch {
            throw ProblemDetails.notDurable
        }
        return accepted(notification)
    }

    private func read(
        _ body: ByteBuffer, _ admission: NotificationAdmission
    ) throws(ProblemDetails) -> AcceptedNotification {
        try body.withUnsafeReadableBytes { (bytes) -> Result<AcceptedNotification, ProblemDetails> in
            var scanner = JSONScanner(bytes)
            var reader = NotificationDraftReader()
            do throws(JSONScanner.Problem) {
                try reader.read(&scanner)
                try scanner.expectEnd()
            } catch {
                return .failure(.malformed(error, in: bytes))
            }
            var admission = admission
            return admission.admit(reader.draft, problems: reader.problems).mapError { .invalid($0.problems) }
        }.get()
    }

    private func admission(_ principal: Principal) -> NotificationAdmission {
        NotificationAdmission(
            channels: api.channels, routing: api.routing, templates: api.templates, account: principal.account,
            now: api.clock.now())
    }

    private func refuseConflict(_ notification: AcceptedNotification) async throws(ProblemDetails) {
        let known = await knownRequests.known([notification.id])?[notification.id]
        guard let known, known.payload != notification.payload || known.steps != notification.steps else { return }
        throw ProblemDetails.conflict
    }

    private func accepted(_ notification: AcceptedNotification) -> Response {
        let id = notification.id.description
        var json = JSONWriter()
        json.object { json in
            json.member("id", id)
            json.member("status", "accepted")
            json.member("externalId", notification.externalID)
        }
        return Response(
            status: .accepted, headers: [.contentType: "application/json", .location: "/notifications/\(id)"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }

    // MARK: Many

    private func postBatch(_ request: Request, _ principal: Principal) async throws -> Response {
        try requireJSON(request, orLines: true)
        if api.isOverloaded() { throw ProblemDetails.overloaded }
        let body = try await collect(request, upTo: api.limits.maxBody)
        var results = try body.withUnsafeReadableBytes { bytes in
            Result { try BatchReader(bytes, limit: api.limits.maxBatch).read(admission(principal)) }
        }.get()
        await refuseConflicts(&results)
        let notifications = results.compactMap { try? $0.get() }
        if !notifications.isEmpty {
            do {
                try await api.intake.accept(notifications)
            } catch {
                throw ProblemDetails.notDurable
            }
        }
        return answer(results)
    }

    private func refuseConflicts(_ results: inout [Result<AcceptedNotification, ProblemDetails>]) async {
        let ids = results.compactMap { result -> NotificationID? in
            guard let notification = try? result.get(), notification.externalID != nil else { return nil }
            return notification.id
        }
        guard !ids.isEmpty else { return }
        guard let known = await knownRequests.known(ids), !known.isEmpty else { return }
        for (index, result) in results.enumerated() {
            guard let notification = try? result.get(), let known = known[notification.id],
                known.payload != notification.payload || known.steps != notification.steps
            else { continue }
            results[index] = .failure(.conflict)
        }
    }

    private func answer(_ results: [Result<AcceptedNotification, ProblemDetails>]) -> Response {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(results.count * 64 + 32)
        var json = JSONWriter(into: bytes)
        bytes = []
        var accepted = 0
        json.object { json in
            json.member(
                "results",
                array: { array in
                    for result in results {
                        switch result {
                        case .success(let notification):
                            accepted += 1
                            array.object { $0.member("id", notification.id.description) }
                        case .failure(let problem):
                            array.object { json in
                                json.key("error")
                                problem.write(to: &json)
                            }
                        }
                    }
                })
            json.member("accepted", accepted)
            json.member("refused", results.count - accepted)
        }
        return Response(
            status: accepted == results.count ? .accepted : .init(code: 207),
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }

    // MARK: Reading

    private func find(_ request: Request, _ principal: Principal) async throws -> Response {
        guard let externalID = request.uri.queryParameters.get("externalId"), !externalID.isEmpty else {
            throw ProblemDetails(
                .badRequest, "The query is not valid",
                errors: [.init(field: "externalId", message: "is required")])
        }
        return try await show(NotificationID(account: principal.account, externalID: externalID), principal)
    }

    private func show(_ id: NotificationID, _ principal: Principal) async throws -> Response {
        let view = try await api.find(id, for: principal, .readNotifications)
        var json = JSONWriter()
        view.write(to: &json, laws: api.laws, obstacle: api.obstacle)
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }
}
