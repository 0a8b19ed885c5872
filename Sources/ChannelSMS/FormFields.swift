import ChannelSDK

/// The pairs of one webhook, looked up by name.
struct FormFields {
    let pairs: [FormEncoding.Pair]

    init(pairs: [FormEncoding.Pair]) { self.pairs = pairs }

    /// Of a form in the body; with GET the same pairs are in the query.
    init(_ request: WebhookRequest) { pairs = request.method == "GET" ? request.queryItems : request.form }

    /// The first value of that name that is not empty.
    subscript(name: String) -> String? { pairs.first { $0.name == name && !$0.value.isEmpty }?.value }

    /// `Media0`, `Media1` and so on by their numbers, as many as there are.
    func numbered(_ prefix: String) -> [String] {
        var found: [(number: Int, value: String)] = []
        for pair in pairs where pair.name.utf8.starts(with: prefix.utf8) && !pair.value.isEmpty {
            if let number = Int(pair.name.dropFirst(prefix.count)), number >= 0 { found.append((number, pair.value)) }
        }
        return found.sorted { $0.number < $1.number }.map(\.value)
    }
}
