/// A schema in a few words, for people.
struct SchemaText {
    private let schema: JSONTree

    init(_ schema: JSONTree) { self.schema = schema }

    var description: String {
        schema["description"]?.string
            ?? schema["anyOf"]?.elements.lazy.compactMap { $0["description"]?.string }.first ?? ""
    }

    var html: String {
        if let name = schema["$ref"]?.string?.split(separator: "/").last {
            return "<a href=\"#schema-\(HTMLText.escaped(name))\">\(HTMLText.escaped(name))</a>"
        }
        for key in ["anyOf", "oneOf"] {
            if let ways = schema[key]?.elements { return ways.map { SchemaText($0).html }.joined(separator: " or ") }
        }
        if let parts = schema["allOf"]?.elements {
            return parts.map { SchemaText($0).html }.joined(separator: ", and ")
        }
        if let words = schema["enum"]?.elements.compactMap(\.string) {
            return words.map { "<code>\(HTMLText.escaped($0))</code>" }.joined(separator: ", ")
        }
        if let word = schema["const"]?.string { return "<code>\(HTMLText.escaped(word))</code>" }
        return types + limits
    }

    private var types: String {
        let names = schema["type"]?.string.map { [$0] } ?? schema["type"]?.elements.compactMap(\.string) ?? ["anything"]
        return names.map { name in
            switch name {
            case "array": "list of \(SchemaText(schema["items"] ?? [:]).html)"
            case "object" where schema["additionalProperties"]?["type"] != nil:
                "object of \(SchemaText(schema["additionalProperties"] ?? [:]).html)"
            case "object" where schema["properties"] != nil: "object with \(propertyNames)"
            default: schema["format"]?.string ?? name
            }
        }.joined(separator: " or ")
    }

    private var propertyNames: String {
        (schema["properties"]?.members ?? []).map {
            "<code>\(HTMLText.escaped($0.name))</code> \(SchemaText($0.value).html)"
        }
        .joined(separator: ", ")
    }

    private var limits: String {
        let pairs: [(String, String, String)] = [
            ("minLength", "maxLength", "characters"), ("minimum", "maximum", ""), ("minItems", "maxItems", "elements"),
            ("minProperties", "maxProperties", "members"),
        ]
        let words = pairs.compactMap { low, high, unit -> String? in
            let least = number(low), most = number(high)
            switch (least, most) {
            case (let least?, let most?): return "\(least) to \(most) \(unit)"
            case (let least?, nil): return least == 0 ? nil : "at least \(least) \(unit)"
            case (nil, let most?): return "at most \(most) \(unit)"
            case (nil, nil): return nil
            }
        }
        return words.isEmpty ? "" : ", " + words.joined(separator: ", ")
    }

    private func number(_ name: String) -> Int? {
        if case .number(let number)? = schema[name] { number } else { nil }
    }
}
