import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `/notifications`: one, many, and what became of them.
struct NotificationRoutes: Sendable {
    let api: APIDependencies
    /// Of an answer to a request that was accepted before.
    private static let replayed = HTTPField.Name("Idempotent-Replayed")!
    private let knownRequests: KnownRequests
    private let asksLater: Bool

    init(api: APIDependencies) {
        self.api = api
        asksLater = api.channels.values.contains { $0.isolated != nil }
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
            try await list(request, principal)
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
        let key = try IdempotencyKey.read(request)
        let body = try await api.collect(request, upTo: api.limits.maxBody)
        let pending = asksLater ? PendingValidation() : nil
        var results = [read(body, admission(principal, key, pending))]
        await pending?.judge(&results, by: api.channels)
        let notification = try results[0].get()
        let isReplay =
            notification.externalID != nil || key != nil ? try await refuseConflict(notification) : false
        try await accept([notification])
        return accepted(notification, isReplay: isReplay)
    }

    private func read(
        _ body: CollectedBody, _ admission: NotificationAdmission
    ) -> Result<AcceptedNotification, ProblemDetails> {
        body.withUnsafeReadableBytes { (bytes) -> Result<AcceptedNotification, ProblemDetails> in
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
        }
    }

    private func admission(
        _ principal: Principal, _ key: IdempotencyKey?, _ pending: PendingValidation?
    ) -> NotificationAdmission {
        var admission = NotificationAdmission(
            channels: api.channels, routing: api.routing, templates: api.templates, account: principal.account,
            now: api.clock.now(), attachmentBytes: api.limits.attachmentBytes, idempotencyKey: key?.text)
        admission.pending = pending
        return admission
    }

    private func accept(_ notifications: [AcceptedNotification]) async throws(ProblemDetails) {
        do throws(LogError) {
            try await api.intake.accept(notifications)
        } catch .tooLarge(let reason) {
            throw ProblemDetails(.contentTooLarge, "The log takes no record so large", detail: reason)
        } catch {
            throw ProblemDetails.notDurable
        }
    }

    /// True: it is known to be a repeat. What is not projected yet is not known.
    private func refuseConflict(_ notification: AcceptedNotification) async throws(ProblemDetails) -> Bool {
        guard let known = await knownRequests.known([notification.id])?[notification.id] else { return false }
        guard known.asks(the: notification) else { throw .conflict(notification) }
        return true
    }

    private func accepted(_ notification: AcceptedNotification, isReplay: Bool) -> Response {
        let id = notification.id.description
        var json = JSONWriter()
        json.object { json in
            json.member("id", id)
            json.member("status", "accepted")
            json.member("externalId", notification.externalID)
            if isReplay { json.member("replayed", true) }
        }
        var headers: HTTPFields = [.contentType: "application/json", .location: "/notifications/\(id)"]
        if isReplay { headers[Self.replayed] = "true" }
        return Response(
            status: .accepted, headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }

    // MARK: Many

    private func postBatch(_ request: Request, _ principal: Principal) async throws -> Response {
        try requireJSON(request, orLines: true)
        if api.isOverloaded() { throw ProblemDetails.overloaded }
        let key = try IdempotencyKey.read(request)
        let body = try await api.collect(request, upTo: api.limits.maxBody)
        let pending = asksLater ? PendingValidation() : nil
        var results = try body.withUnsafeReadableBytes { bytes in
            Result { try BatchReader(bytes, limit: api.limits.maxBatch).read(admission(principal, key, pending)) }
        }.get()
        await pending?.judge(&results, by: api.channels)
        let replays = await refuseConflicts(&results, hasKey: key != nil)
        let notifications = results.compactMap { try? $0.get() }
        if !notifications.isEmpty { try await accept(notifications) }
        return answer(results, replays)
    }

    /// The ids of those that are known to be repeats.
    private func refuseConflicts(
        _ results: inout [Result<AcceptedNotification, ProblemDetails>], hasKey: Bool
    ) async -> Set<NotificationID> {
        let ids = results.compactMap { result -> NotificationID? in
            guard let notification = try? result.get(), hasKey || notification.externalID != nil else { return nil }
            return notification.id
        }
        guard !ids.isEmpty, let known = await knownRequests.known(ids), !known.isEmpty else { return [] }
        var replays: Set<NotificationID> = []
        for (index, result) in results.enumerated() {
            guard let notification = try? result.get(), let known = known[notification.id] else { continue }
            if known.asks(the: notification) {
                replays.insert(notification.id)
            } else {
                results[index] = .failure(.conflict(notification))
            }
        }
        return replays
    }

    private func answer(
        _ results: [Result<AcceptedNotification, ProblemDetails>], _ replays: Set<NotificationID>
    ) -> Response {
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
                            array.object { json in
                                json.member("id", notification.id.description)
                                if replays.contains(notification.id) { json.member("replayed", true) }
                            }
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

    /// The one with an `externalId`, or all in pages.
    private func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let parameters = request.uri.queryParameters
        // One that no notification can have is refused by the list's reader, which names the field.
        guard parameters.count == 1, let externalID = parameters.get("externalId"),
            (1...200).contains(externalID.utf8.count)
        else { return try await ListingRoute(api: api).list(request, principal) }
        return try await show(NotificationID(account: principal.account, externalID: externalID), principal)
    }

    private func show(_ id: NotificationID, _ principal: Principal) async throws -> Response {
        let view = try await api.find(id, for: principal, .readNotifications)
        return api.response(view)
    }
}

extension ProjectedRequest {
    fileprivate func asks(the notification: AcceptedNotification) -> Bool {
        self == ProjectedRequest(notification)
    }
}

extension ProblemDetails {
    fileprivate static func conflict(_ notification: AcceptedNotification) -> Self {
        .conflict(notification.externalID == nil ? "Idempotency-Key" : "externalId")
    }
}
