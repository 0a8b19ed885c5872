import Accounts
import ChannelSDK
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline

/// `/opt-outs`: to whom nothing is sent, by the kind of channel. A change is durable, and holds for every send that is
/// looked at after its answer.
struct OptOutRoutes: Sendable {
    let api: APIDependencies

    /// The lists are the host's: all accounts send by them, and what is on them tells of all accounts' recipients.
    func add(to router: APIRouter) {
        router.on(.get, "/opt-outs", demanding: .scope(.readOptOuts)) { request, _, _ in try await page(request) }
        router.on(.get, "/opt-outs/{list}/{recipient}", demanding: .scope(.readOptOuts)) { _, context, _ in
            try await show(try key(context))
        }
        router.on(.put, "/opt-outs/{list}/{recipient}", demanding: .scope(.changeOptOuts)) { _, context, _ in
            try await optOut(try key(context))
        }
        router.on(.delete, "/opt-outs/{list}/{recipient}", demanding: .scope(.changeOptOuts)) { _, context, _ in
            try await optIn(try key(context))
        }
    }

    private func key(_ context: APIContext) throws -> OptOutKey {
        guard let list = context.parameters.get("list").flatMap({ PathSegment.decoded($0) }),
            let recipient = context.parameters.get("recipient").flatMap({ PathSegment.decoded($0) })
        else { throw ProblemDetails(.badRequest, "The path is not percent-encoded UTF-8") }
        try check(list: list)
        guard (1...320).contains(recipient.unicodeScalars.count) else {
            throw ProblemDetails(.badRequest, "The recipient is not valid", detail: "it has 1 to 320 characters")
        }
        let key = OptOutKey(list: list, recipient: recipient)
        guard !key.address.isEmpty else { throw ProblemDetails(.badRequest, "The recipient is blank") }
        return key
    }

    private func check(list: String) throws {
        guard !api.optOutLists.contains(list) else { return }
        let known = api.optOutLists.sorted().joined(separator: ", ")
        throw ProblemDetails(
            .notFound, "No such list", detail: "there is one for each module in use, whatever its channels: \(known)")
    }

    // MARK: One

    private func show(_ key: OptOutKey) async throws -> Response {
        guard let change = try await api.store.optOuts(among: [key])[key] else {
            throw ProblemDetails(.notFound, "Not found", detail: "\(key.address) has not opted out of \(key.list)")
        }
        return answer { write(change, to: &$0) }
    }

    private func optOut(_ key: OptOutKey) async throws -> Response {
        // The same again is no new word: what the recipient said themselves stays as it is.
        if let standing = try await api.store.optOuts(among: [key])[key] { return answer { write(standing, to: &$0) } }
        let change = OptOutChange(key: key, isOptedOut: true, at: api.clock.now(), source: .api)
        try await api.store.note(change)
        guard let standing = try await api.store.optOuts(among: [key])[key] else {
            throw ProblemDetails(
                .serviceUnavailable, "Opted in meanwhile",
                detail: "the recipient opted in at this very moment, or by a clock that is ahead: try again",
                retryAfter: 1)
        }
        return answer { write(standing, to: &$0) }
    }

    private func optIn(_ key: OptOutKey) async throws -> Response {
        // Where somebody else's clock is ahead of ours, the word that comes later still holds.
        let standing = try await api.store.optOuts(among: [key])[key]
        let now = max(api.clock.now(), standing.map { $0.at + .milliseconds(1) } ?? .distantPast)
        try await api.store.note(OptOutChange(key: key, isOptedOut: false, at: now, source: .api))
        return Response(status: .noContent)
    }

    // MARK: All

    private func page(_ request: Request) async throws -> Response {
        var query = QueryParameters(request, upTo: ["after": 4000, "limit": 20, "list": 40])
        let limit = query.number("limit", in: 1...1000, otherwise: 100)
        let last = query["after"].map { cursor($0) }
        if case .some(nil) = last { query.note("after", "is not the 'next' of a page") }
        try query.check()
        let list = query["list"]
        if let list { try check(list: list) }
        // One more than asked for tells whether there is another page.
        let found = try await api.store.optOuts(of: list, after: last ?? nil, limit: limit + 1)
        return answer { json in
            json.member(
                "optOuts",
                array: { array in
                    for change in found.prefix(limit) { array.object { write(change, to: &$0) } }
                })
            if found.count > limit { json.member("next", Self.cursor(found[limit - 1].key)) }
        }
    }

    /// Letters and digits only, so that it stands in a query as it is.
    private static func cursor(_ key: OptOutKey) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = "\(key.list)/\(key.address)".utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func cursor(_ text: String) -> OptOutKey? {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        guard let key = String(validating: bytes, as: UTF8.self), let slash = key.firstIndex(of: "/"),
            digits.count == text.utf8.count, digits.count.isMultiple(of: 2)
        else { return nil }
        return OptOutKey(list: String(key[..<slash]), address: String(key[key.index(after: slash)...]))
    }

    // MARK: Answers

    private func write(_ change: OptOutChange, to json: inout JSONWriter) {
        json.member("list", change.key.list)
        json.member("recipient", change.key.address)
        json.member("since", change.at.description)
        json.member("source", change.source.rawValue)
    }

    private func answer(_ members: (inout JSONWriter) -> Void) -> Response {
        var json = JSONWriter()
        json.object(members)
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.takeBytes())))
    }
}
