internal import ChannelDeclared
internal import ChannelSDK
internal import YAMLDocument

extension AnswerRules {
    init(_ section: inout Section, statuses: [String], batch: BatchRules?) {
        self.init()
        id = section.optional(
            "id", .answerSelector,
            "The provider's id of the message. An answer without it leaves it uncertain whether the message was taken.")
        code = section.optional("code", .answerSelector, "The provider's own code, for 'codes'.")
        words = section.optional("message", .answerSelector, "What went wrong, in the provider's words.")
        retryAfter = section.value(
            "retry_after", .answerSelector, default: .header("Retry-After"),
            "For how many seconds it wants to be left alone; where there is nothing, Retry-After says it.")
        let found = section.map(
            "codes", .choiceOf(Meaning.self),
            "What each code means, asked before the HTTP status; '*' is every other in a success by HTTP."
        )
        codes = Dictionary(found.map { ($0.key, $0.value) }) { first, _ in first }
        otherCodes = codes.removeValue(forKey: "*")
        if !found.isEmpty, code == nil, batch?.code == nil {
            section.check.error(
                "\(section.path(of: "codes")) needs \(section.path(of: "code")), which says where the code is",
                at: section.position(of: "codes"))
        }
        if id != nil, batch != nil {
            section.check.error(
                "\(section.path(of: "id")) would be one id for many messages: say under batch.id where each has its own",
                at: section.position(of: "id"))
        }
        let classes = section.map(
            "http", .choiceOf(Meaning.self),
            "What HTTP statuses mean, e.g. 404, or 4xx for the rest. Default: see docs/declared-channels.md."
        )
        readClasses(classes, section)
        status = section.optional(
            "status", .status(of: statuses),
            "The status that an acceptance is evidence of. Default: the first."
        ).map { StatusName($0) }
    }

    private mutating func readClasses(
        _ found: [(key: String, value: Meaning, position: YAMLPosition)], _ section: Section
    ) {
        for (key, meaning, position) in found {
            if let status = Int(key), (100...599).contains(status) {
                statuses[status] = meaning
            } else if key.utf8.count == 3, key.hasSuffix("xx"), let digit = Int(key.prefix(1)), (1...5).contains(digit)
            {
                classes[digit] = meaning
            } else {
                section.check.error(
                    "\(section.path(of: "http")) names HTTP statuses such as 404 or 4xx, "
                        + "not '\(key.printable(limit: 40))'",
                    at: position)
            }
        }
    }
}

extension Section {
    /// A mapping from the provider's words.
    mutating func map<Value: Sendable>(
        _ key: String, _ kind: ValueKind<Value>, _ help: String
    ) -> [(key: String, value: Value, position: YAMLPosition)] {
        guard let node = node(key, "a mapping from the provider's words; each \(kind.expectation)", .none, help) else {
            return []
        }
        return (check.entries(of: node, path: path(of: key)) ?? []).filter { !$0.isRefused }.compactMap { entry in
            check.value(of: entry.value, kind, path: "\(path(of: key)).\(entry.key.printable(limit: 40))")
                .map { (entry.key, $0, entry.keyStart) }
        }
    }
}

extension ValueKind where Value: RawRepresentable<String> & CaseIterable {
    static func choiceOf(_: Value.Type) -> ValueKind { choice }
}

extension ValueKind<ValueSelector> {
    static let answerSelector = selector("a JSON pointer such as /message/id, header:NAME, or text for the whole body")
    {
        switch $0 {
        case .pointer, .header, .text: true
        case .form, .query: false
        }
    }

    static let pointer = selector("a JSON pointer such as /events") {
        if case .pointer = $0 { true } else { false }
    }

    static let webhookSelector = selector("a JSON pointer such as /message/id, form:NAME, query:NAME or header:NAME") {
        $0 != .text
    }

    private static func selector(_ expectation: String, _ fits: @escaping @Sendable (ValueSelector) -> Bool)
        -> ValueKind
    {
        ValueKind(
            expectation: expectation,
            parse: { (text) throws(Mismatch) in
                guard let selector = ValueSelector(text), fits(selector) else {
                    // The most usual slip.
                    throw Mismatch(suggestion: text.contains(":") || text.hasPrefix("/") ? nil : "/\(text)")
                }
                return selector
            }, format: { $0.written })
    }
}

extension ValueSelector {
    fileprivate var written: String {
        switch self {
        case .pointer(let path):
            path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
        case .form(let name): "form:\(name)"
        case .query(let name): "query:\(name)"
        case .header(let name): "header:\(name)"
        case .text: "text"
        }
    }
}
