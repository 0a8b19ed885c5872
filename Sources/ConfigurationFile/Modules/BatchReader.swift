internal import ChannelDeclared
internal import ChannelSDK
internal import YAMLDocument

/// Reads the `batch:` of a declaration.
struct BatchReader {
    /// For one message, which may have any placeholder.
    let templates: TemplateReader
    /// Without its messages; nil: it is wrong.
    let request: RequestTemplate?

    func rules(in section: inout Section) -> BatchRules? {
        let limit = section.required("max", .integer(2...1000), "The most messages in one request.")
        let json = section.node(
            "json", "JSON, written as YAML, its strings with placeholders", .none,
            "One message, as an item of {{messages}} in request.json.")
        let form = form(in: &section)
        let results = section.optional(
            "results", .results,
            "Where the answer's list of results is. Default: it has none, and counts for all messages alike.")
        let delivery = section.optional(
            "delivery", .pointer, "In a result: the delivery's id. Default: the results are in the messages' order.")
        let id = section.optional("id", .pointer, "In a result: the provider's id of the message.")
        let code = section.optional("code", .pointer, "In a result: the provider's code, for answer.codes.")
        let words = section.optional("message", .pointer, "In a result: what went wrong, in the provider's words.")
        guard section.check.reference == nil, let message = message(json, form, section) else { return nil }
        let rules = BatchRules(
            limit: limit ?? 2, message: message, results: results, delivery: delivery, id: id, code: code, words: words)
        check(rules, section)
        return rules
    }

    private func form(in section: inout Section) -> [RequestTemplate.Field]? {
        let node = section.node(
            "form", "a mapping from names to texts with placeholders", .none,
            "One message, as fields of the form; {{index}} in their names is its place, from 0.")
        guard let node else { return nil }
        let path = section.path(of: "form")
        let found = templates.fields(node, path: path)
        for (field, node) in found where !field.name.contains(BatchRules.index) {
            templates.check.error(
                "\(path).\(field.name.printable(limit: 40)) needs \(BatchRules.index) in its name, "
                    + "or else nobody knows to which message it belongs", at: node.start)
        }
        return found.map(\.field)
    }

    /// Nil when there is none, or not the one that the request has a place for, which is reported.
    private func message(
        _ json: YAMLNode?, _ form: [RequestTemplate.Field]?, _ section: Section
    ) -> BatchRules.Message? {
        switch (json, form) {
        case (let json?, nil):
            checkPlace(section)
            return templates.json(json, path: section.path(of: "json")).map { .json($0) }
        case (nil, let form?):
            if let request, !request.body.isForm {
                error(
                    "form",
                    "needs request.form, where the fields that are the same for all stand; {} if there are none",
                    section)
            }
            return .form(form)
        case (.some, .some): error("form", "stands beside json: a request has one body", section)
        case (nil, nil):
            section.check.error("\(section.path) needs json or form: one message", at: section.position)
        }
        return nil
    }

    private func checkPlace(_ section: Section) {
        guard let request else { return }
        guard case .json(let body) = request.body, body.messageLists == 1 else {
            return error(
                "json", "needs one place in request.json where the list of messages stands: \"{{messages}}\"", section)
        }
    }

    private func check(_ rules: BatchRules, _ section: Section) {
        if rules.results == nil {
            for key in ["delivery", "id", "code", "message"] where section.has(key) {
                error(key, "is read from a result: say under 'results' where the answer has them", section)
            }
        }
        if section.has("delivery"), !rules.placeholders.contains(.delivery) {
            error("delivery", "is what the provider sends back, but no message has {{delivery}}", section)
        }
        if !rules.placeholders.contains(.body), section.check.errorCount == 0 {
            section.check.warning(
                "\(section.path) puts {{body}} nowhere: what applications write is not sent", at: section.position)
        }
    }

    private func error(_ key: String, _ flaw: String, _ section: Section) {
        section.check.error("\(section.path(of: key)) \(flaw)", at: section.position(of: key))
    }
}

extension RequestTemplate.Body {
    fileprivate var isForm: Bool { if case .form = self { true } else { false } }
}

extension ValueKind<[String]> {
    /// The parts of a pointer to the list of results, of which the body itself has none.
    static let results = ValueKind(
        expectation: "a JSON pointer such as /results, or body where the body itself is the list",
        parse: { (text) throws(Mismatch) in
            if text == "body" { return [] }
            guard case .pointer(let path)? = ValueSelector(text) else { throw Mismatch() }
            return path
        },
        format: { path in
            path.isEmpty ? "body" : path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
        })
}
