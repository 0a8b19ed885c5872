/// What the text of a scalar has to be, and the value that it stands for.
struct ValueKind<Value: Sendable>: Sendable {
    /// Continues "must be …".
    let expectation: String
    /// For names of things (a module, a channel): "unknown module 'x'" says more than "must be one of".
    var noun: String?
    /// Must come from `${…}`; never shown.
    var isSecret = false
    let parse: @Sendable (String) throws(Mismatch) -> Value
    /// The value as it would be written in the file.
    let format: @Sendable (Value) -> String

    func map<Other: Sendable>(_ transform: @escaping @Sendable (Value) -> Other) -> ValueKind<Other> {
        ValueKind<Other>(
            expectation: expectation, noun: noun, isSecret: isSecret,
            parse: { (text) throws(Mismatch) in transform(try parse(text)) }, format: { _ in "" })
    }
}

/// The text is not what its key expects.
struct Mismatch: Error {
    /// What was probably meant.
    var suggestion: String?
}

extension ValueKind<String> {
    static let text = ValueKind(expectation: "text", parse: { $0 }, format: { $0 })

    static let secret = ValueKind(
        expectation: "a secret given by ${VARIABLE} or ${file:PATH}", isSecret: true, parse: { $0 }, format: { _ in "" }
    )

    /// Absolute, `http` or `https`, without user and password.
    static let url = ValueKind(
        expectation: "an absolute URL such as https://notify.example.com, without user and password",
        parse: { (text) throws(Mismatch) in
            guard WebAddress.isValid(text) else { throw Mismatch() }
            return text
        }, format: { $0 })

    /// Names of channels and routes.
    static let name = ValueKind(
        expectation: "1 to 40 characters of a-z, 0-9, '_' and '-'",
        parse: { (text) throws(Mismatch) in
            let isName = text.utf8.allSatisfy {
                (97...122).contains($0) || (48...57).contains($0) || $0 == 95 || $0 == 45
            }
            guard isName, (1...40).contains(text.utf8.count) else { throw Mismatch() }
            return text
        }, format: { $0 })

    static func one(of choices: [String], noun: String? = nil) -> ValueKind {
        ValueKind(
            expectation: choices.isEmpty
                ? "the name of a known \(noun ?? "thing")" : "one of: \(choices.joined(separator: ", "))",
            noun: noun,
            parse: { (text) throws(Mismatch) in
                guard choices.contains(text) else {
                    throw Mismatch(suggestion: Spelling.suggestion(for: text, among: choices))
                }
                return text
            }, format: { $0 })
    }
}

extension ValueKind where Value: RawRepresentable<String> & CaseIterable {
    /// One of the cases' raw values.
    static var choice: ValueKind {
        let choices = Value.allCases.map(\.rawValue)
        let text = ValueKind<String>.one(of: choices)
        return ValueKind(
            expectation: text.expectation,
            parse: { (written) throws(Mismatch) in
                guard let value = Value(rawValue: try text.parse(written)) else { throw Mismatch() }
                return value
            }, format: { $0.rawValue })
    }
}

extension ValueKind<Bool> {
    static let boolean = ValueKind(
        expectation: "true or false",
        parse: { (text) throws(Mismatch) in
            if text == "true" || text == "false" { return text == "true" }
            switch text.lowercased() {
            case "true", "yes", "on", "1": throw Mismatch(suggestion: "true")
            case "false", "no", "off", "0": throw Mismatch(suggestion: "false")
            default: throw Mismatch()
            }
        }, format: { "\($0)" })
}
