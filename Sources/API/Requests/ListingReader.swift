import ChannelSDK
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Pipeline

/// What a list is asked for.
struct ListingRequest {
    var query: ListingQuery
    var limit: Int
    var recipient: String?
    var tag: String?
    /// What a cursor of this list is good for: everything that was asked but how much and from where.
    var name: String

    /// Whether a notification is really what was asked for, of which the store can tell only a part.
    func fits(_ standing: DeliveryState, _ content: MessageContent?) -> Bool {
        if !query.statuses.isEmpty, !query.statuses.contains(standing.status) { return false }
        if !query.settlements.isEmpty, !query.settlements.contains(standing.settlement) { return false }
        if let recipient, content?.recipient != recipient { return false }
        if let tag, content?.tags.contains(tag) != true { return false }
        return true
    }
}

/// Reads the parameters of a list, gathering everything that is wrong with them.
struct ListingReader {
    static let defaultLimit = 50
    static let maxLimit = 500
    /// How many notifications a page with filters looks at.
    static let scanLimit = 5000

    private let statuses: [String]
    private let channels: [String]
    /// Callbacks stand between the others, and are left out.
    private let hasCallbacks: Bool
    private var problems: [FieldProblem] = []
    private var request: ListingRequest
    private var cursor: Substring?
    private var seen: Set<Substring> = []

    private static let names = [
        "channel", "created_after", "created_before", "cursor", "externalId", "limit", "recipient", "settlement",
        "status",
        "tag",
    ]
    private static let settlements: [Settlement] = [.open, .settled, .closed]

    /// - Parameter callbacks: channels that can be asked for, and are left out otherwise.
    init(account: String, laws: LawBook, channels: some Sequence<String>, callbacks: Set<String> = []) {
        statuses = laws.statuses.map(\.rawValue).sorted()
        self.channels = (Array(channels) + callbacks).sorted()
        hasCallbacks = !callbacks.isEmpty
        request = ListingRequest(
            query: ListingQuery(account: account, limit: 0, scanLimit: 0), limit: Self.defaultLimit, name: "")
    }

    consuming func read(
        _ parameters: some Sequence<(key: Substring, value: Substring)>
    ) throws(ProblemDetails) -> ListingRequest {
        var parameters = Array(parameters)
        parameters.sort { $0.key < $1.key }
        request.name = request.query.account
        for (key, value) in parameters {
            read(key, value)
            if key != "limit", key != "cursor" { request.name += "\n\(key)=\(value)" }
        }
        if let from = request.query.from, let until = request.query.until, from >= until {
            note("created_before", "is not later than created_after: nothing lies between them")
        }
        if let cursor {
            request.query.after = ListingPlace(token: cursor, of: request.name)
            if request.query.after == nil { note("cursor", "is not the 'next' of a page of this very list") }
        }
        guard problems.isEmpty else {
            throw ProblemDetails(.badRequest, "The query is not valid", errors: problems)
        }
        // One more than is shown tells whether there is more.
        request.query.limit = request.limit + 1
        request.query.scanLimit = hasFilter ? Self.scanLimit : request.limit + 1
        return request
    }

    private var hasFilter: Bool {
        let query = request.query
        return hasCallbacks || !query.statuses.isEmpty || !query.settlements.isEmpty || query.channel != nil
            || !query.texts.isEmpty
    }

    private mutating func read(_ key: Substring, _ value: Substring) {
        guard Self.names.contains(String(key)) else {
            let names = Self.names.joined(separator: ", ")
            return note(String(key.prefix(60)), "is not a parameter of this list; there are: \(names)")
        }
        guard seen.insert(key).inserted else { return note(String(key), "comes twice: keep one") }
        guard !value.isEmpty else { return note(String(key), "must not be empty") }
        switch key {
        case "status":
            request.query.statuses = words(key, value, among: statuses).map { StatusName($0) }
        case "settlement":
            let words = words(key, value, among: Self.settlements.map(\.rawValue))
            request.query.settlements = words.compactMap { Settlement(rawValue: $0) }
        case "channel": request.query.channel = words(key, value, among: channels, isOne: true).first
        case "recipient": request.recipient = text(key, value, upTo: 320)
        case "tag": request.tag = text(key, value, upTo: 100)
        case "created_after": request.query.from = moment(key, value)
        case "created_before": request.query.until = moment(key, value)
        case "limit": readLimit(value)
        case "cursor": cursor = value
        default: note(String(key), "stands alone: it names one notification")
        }
    }

    /// Words with commas between them, each one of `choices`.
    private mutating func words(
        _ key: Substring, _ value: Substring, among choices: [String], isOne: Bool = false
    ) -> [String] {
        let words =
            isOne ? [String(value)] : value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for word in Set(words).subtracting(choices).sorted() {
            note(String(key), "'\(word.prefix(60))' is unknown; there are: \(choices.joined(separator: ", "))")
        }
        return words
    }

    private mutating func text(_ key: Substring, _ value: Substring, upTo length: Int) -> String? {
        guard value.utf8.count <= length else {
            note(String(key), "is longer than \(length) bytes")
            return nil
        }
        request.query.texts.append(String(value))
        return String(value)
    }

    private mutating func moment(_ key: Substring, _ value: Substring) -> Timestamp? {
        let text = String(value)
        let date =
            (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        guard let date else {
            note(String(key), "must be RFC 3339, e.g. 2026-03-01T09:30:00Z")
            return nil
        }
        return Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }

    private mutating func readLimit(_ value: Substring) {
        request.limit = Int(value) ?? 0
        if !(1...Self.maxLimit).contains(request.limit) { note("limit", "is a number from 1 to \(Self.maxLimit)") }
    }

    private mutating func note(_ field: String, _ message: String) {
        guard problems.count < 20 else { return }
        problems.append(FieldProblem(field: field, message: message))
    }
}
