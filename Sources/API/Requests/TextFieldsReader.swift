import ChannelSDK

/// Reads a JSON object of which every field is a string, and known.
struct TextFieldsReader {
    private let wanted: [String]
    private(set) var values: [String: String] = [:]
    private(set) var problems: [FieldProblem] = []

    init(_ wanted: [String]) { self.wanted = wanted }

    mutating func read(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
        guard try scanner.peek() == .object else {
            note("", "the body is a JSON object")
            return try scanner.skip()
        }
        var seen: Set<String> = []
        try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
            guard try scanner.peek() == .string else {
                try scanner.skip()
                return note(String(key.prefix(60)), wanted.contains(key) ? "must be a string" : "is not a field here")
            }
            let text = try scanner.string()
            guard wanted.contains(key) else { return note(String(key.prefix(60)), "is not a field here") }
            guard seen.insert(key).inserted else { return note(key, "is there twice") }
            values[key] = text
        }
        for key in wanted where values[key] == nil && !problems.contains(where: { $0.field == key }) {
            note(key, "is required")
        }
    }

    private mutating func note(_ field: String, _ message: String) {
        guard problems.count < 20 else { return }
        problems.append(FieldProblem(field: field, message: message))
    }
}
