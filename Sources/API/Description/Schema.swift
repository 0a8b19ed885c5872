/// JSON Schema (draft 2020-12), in the few shapes that the API has.
enum Schema {
    /// One of the document's own schemas, by its name.
    static func named(_ name: String) -> JSONTree { ["$ref": "#/components/schemas/\(name)"] }

    /// - Parameter lengths: in characters; what is counted in bytes can be shorter in characters.
    static func text(
        _ description: String? = nil, _ lengths: ClosedRange<Int>? = nil, pattern: String? = nil,
        example: JSONTree? = nil
    ) -> JSONTree {
        var schema: JSONTree = ["type": "string"]
        if let lengths {
            schema = schema.with("minLength", .number(lengths.lowerBound))
                .with("maxLength", .number(lengths.upperBound))
        }
        return schema.with("pattern", pattern.map { .text($0) }).described(description)
            .with("examples", example.map { [$0] })
    }

    static func number(_ description: String? = nil, _ range: ClosedRange<Int>) -> JSONTree {
        let schema: JSONTree = ["type": "integer", "minimum": .number(range.lowerBound)]
        return schema.with("maximum", range.upperBound == .max ? nil : .number(range.upperBound))
            .described(description)
    }

    static func flag(_ description: String) -> JSONTree { ["type": "boolean", "description": .text(description)] }

    static func word(_ words: [String], _ description: String? = nil) -> JSONTree {
        let schema: JSONTree = ["type": "string", "enum": .list(words.map { .text($0) })]
        return schema.described(description)
    }

    static func time(_ description: String) -> JSONTree {
        ["type": "string", "format": "date-time", "description": .text(description)]
    }

    static func list(of element: JSONTree, atMost count: Int? = nil, _ description: String? = nil) -> JSONTree {
        let schema: JSONTree = ["type": "array", "items": element]
        return schema.with("maxItems", count.map { .number($0) }).described(description)
    }

    /// An object of strings with names of any kind.
    static func pairs(_ description: String, values: JSONTree, atMost count: Int? = nil) -> JSONTree {
        let schema: JSONTree = ["type": "object", "additionalProperties": values]
        return schema.with("maxProperties", count.map { .number($0) }).described(description)
    }

    /// - Parameters:
    ///   - required: `*`: all of them.
    ///   - isClosed: what else is there is refused: of requests. An answer may get new members.
    static func object(
        _ description: String? = nil, required: [String], isClosed: Bool = false,
        _ properties: KeyValuePairs<String, JSONTree>
    ) -> JSONTree {
        let names = required == ["*"] ? properties.map(\.key) : required
        var schema: JSONTree = ["type": "object"]
        schema = schema.described(description)
            .with("required", names.isEmpty ? nil : .list(names.map { .text($0) }))
            .with("properties", .object(properties.map { JSONTree.Member(name: $0.key, value: $0.value) }))
        return isClosed ? schema.with("additionalProperties", false) : schema
    }
}

extension JSONTree {
    func described(_ text: String?) -> JSONTree { with("description", text.map { .text($0) }) }

    /// A field of a request that may as well be null, which is the same as leaving it out.
    var orNull: JSONTree {
        if case .text(let type)? = self["type"], self["enum"] == nil {
            return .object(
                members.map { $0.name == "type" ? Member(name: "type", value: [.text(type), "null"]) : $0 })
        }
        return ["anyOf": [self, ["type": "null"]]]
    }
}
