import ChannelSDK
import Hummingbird

/// The parameters of a request's query: those that are known, each at most once, neither empty nor too long. Everything
/// that is wrong is gathered.
struct QueryParameters {
    /// By name.
    private(set) var values: [String: Substring] = [:]
    var problems: [FieldProblem] = []

    init() {}

    /// - Parameter lengths: the names that there are, and how many bytes the value of each may have.
    init(
        _ parameters: some Sequence<(key: Substring, value: Substring)>, upTo lengths: KeyValuePairs<String, Int>
    ) {
        var seen: Set<Substring> = []
        for (key, value) in parameters {
            guard let length = lengths.first(where: { $0.key == key })?.value else {
                let names = lengths.map(\.key).joined(separator: ", ")
                note(String(key.prefix(60)), "is not a parameter here; there are: \(names)")
                continue
            }
            if !seen.insert(key).inserted {
                note(String(key), "comes twice: keep one")
            } else if value.isEmpty {
                note(String(key), "must not be empty")
            } else if value.utf8.count > length {
                note(String(key), "is longer than \(length) bytes")
            } else {
                values[String(key)] = value
            }
        }
    }

    init(_ request: Request, upTo lengths: KeyValuePairs<String, Int>) {
        self.init(request.uri.queryParameters.map { (key: $0.key, value: $0.value) }, upTo: lengths)
    }

    subscript(name: String) -> String? { values[name].map(String.init) }

    mutating func note(_ field: String, _ message: String) {
        guard problems.count < 20 else { return }
        problems.append(FieldProblem(field: field, message: message))
    }

    /// `fallback` where there is none; what is no number of `range` is noted.
    mutating func number(_ name: String, in range: ClosedRange<Int>, otherwise fallback: Int) -> Int {
        guard let value = values[name] else { return fallback }
        guard let number = Int(value), range.contains(number) else {
            note(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    /// - Throws: 400 with everything that was noted.
    func check() throws(ProblemDetails) {
        guard problems.isEmpty else {
            throw ProblemDetails(.badRequest, "The query is not valid", errors: problems)
        }
    }
}
