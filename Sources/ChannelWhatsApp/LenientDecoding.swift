/// What another party's JSON may hold is for that party to say: a field of an unexpected type counts as absent, so that
/// it does not cost the fields beside it.
extension KeyedDecodingContainer {
    /// A string with something in it.
    func text(_ key: Key) -> String? {
        guard let text = try? decodeIfPresent(String.self, forKey: key), !text.isEmpty else { return nil }
        return text
    }

    /// A whole number, also when it is written as a string.
    func integer(_ key: Key) -> Int? {
        (try? decodeIfPresent(Int.self, forKey: key)) ?? text(key).flatMap { Int($0) }
    }

    func object<Value: Decodable>(_ key: Key, as _: Value.Type = Value.self) -> Value? {
        try? decodeIfPresent(Value.self, forKey: key)
    }

    /// The elements of a list, nil for each that cannot be read; nil when it is no list.
    func list<Value: Decodable>(_ key: Key, of _: Value.Type = Value.self) -> [Value?]? {
        (try? decodeIfPresent([Readable<Value>].self, forKey: key))?.map(\.value)
    }
}

/// A value, or nil where it cannot be read.
private struct Readable<Value: Decodable>: Decodable {
    let value: Value?

    init(from decoder: any Decoder) { value = try? decoder.singleValueContainer().decode(Value.self) }
}
