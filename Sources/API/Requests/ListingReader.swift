import ChannelSDK
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
    private var parameters = QueryParameters()
    private var request: ListingRequest
    private var cursor: Substring?

    /// How many bytes each may have.
    private static let lengths: KeyValuePairs = [
        "channel": 80, "created_after": 40, "created_before": 40, "cursor": 4000, "externalId": 200, "limit": 20,
        "recipient": 320, "settlement": 100, "status": 1000, "tag": 100,
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
        _ given: some Sequence<(key: Substring, value: Substring)>
    ) throws(ProblemDetails) -> ListingRequest {
        parameters = QueryParameters(given, upTo: Self.lengths)
        request.name = request.query.account
        for (key, value) in parameters.values.sorted(by: { $0.key < $1.key }) {
            read(key, value)
            if key != "limit", key != "cursor" { request.name += "\n\(key)=\(value)" }
        }
        if let from = request.query.from, let until = request.query.until, from >= until {
            parameters.note("created_before", "is not later than created_after: nothing lies between them")
        }
        if let cursor {
            request.query.after = ListingPlace(token: cursor, of: request.name)
            if request.query.after == nil { parameters.note("cursor", "is not the 'next' of a page of this very list") }
        }
        try parameters.check()
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

    private mutating func read(_ key: String, _ value: Substring) {
        switch key {
        case "status":
            request.query.statuses = words(key, value, among: statuses).map { StatusName($0) }
        case "settlement":
            let words = words(key, value, among: Self.settlements.map(\.rawValue))
            request.query.settlements = words.compactMap { Settlement(rawValue: $0) }
        case "channel": request.query.channel = words(key, value, among: channels, isOne: true).first
        case "recipient": request.recipient = text(value)
        case "tag": request.tag = text(value)
        case "created_after": request.query.from = moment(key, value)
        case "created_before": request.query.until = moment(key, value)
        case "limit": request.limit = parameters.number(key, in: 1...Self.maxLimit, otherwise: request.limit)
        case "cursor": cursor = value
        default: parameters.note(key, "stands alone: it names one notification")
        }
    }

    /// Words with commas between them, each one of `choices`.
    private mutating func words(
        _ key: String, _ value: Substring, among choices: [String], isOne: Bool = false
    ) -> [String] {
        let words =
            isOne ? [String(value)] : value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for word in Set(words).subtracting(choices).sorted() {
            parameters.note(key, "'\(word.prefix(60))' is unknown; there are: \(choices.joined(separator: ", "))")
        }
        return words
    }

    private mutating func text(_ value: Substring) -> String {
        request.query.texts.append(String(value))
        return String(value)
    }

    private mutating func moment(_ key: String, _ value: Substring) -> Timestamp? {
        let moment = Timestamp(rfc3339: String(value))
        if moment == nil { parameters.note(key, "must be RFC 3339, e.g. 2026-03-01T09:30:00Z") }
        return moment
    }
}
