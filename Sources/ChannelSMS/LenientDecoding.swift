/// What another party's JSON may hold is for that party to say: a field of an unexpected type counts as absent, so that
/// it does not cost the fields beside it.
extension KeyedDecodingContainer {
    /// A string with something in it.
    func text(_ key: Key) -> String? {
        guard let text = try? decodeIfPresent(String.self, forKey: key), !text.isEmpty else { return nil }
        return text
    }

    /// The strings of a list, or a string by itself.
    func texts(_ key: Key) -> [String] {
        if let one = text(key) { return [one] }
        return ((try? decodeIfPresent([String].self, forKey: key)) ?? []).filter { !$0.isEmpty }
    }
}
