internal import ChannelDeclared
internal import ChannelSDK
internal import YAMLDocument

/// Reads the `request:` of a declaration.
struct RequestReader {
    let templates: TemplateReader
    let message: MessageRules

    func request(in section: inout Section) -> RequestTemplate? {
        let check = templates.check
        let errorsBefore = check.errorCount
        let method = section.value("method", ValueKind<RequestTemplate.Method>.choice, default: .post, "Its method.")
        let url = url(in: &section)
        let headers = headers(in: &section)
        let query = fields("query", in: &section, "Items of the address's query, by name.")
        let body = body(in: &section)
        let credentials = section.optionalSection("basic_auth", "HTTP Basic authentication by two settings.") {
            self.credentials(in: &$0)
        }
        let idempotency = section.optional(
            "idempotency_header", .headerName,
            "The header by which the provider drops a repeated request; it carries the delivery's id.")
        if method == .get, section.has("json") || section.has("form") || section.has("text") {
            check.error("\(section.path).method GET has no body; choose POST", at: section.position(of: "method"))
        }
        guard let url else { return nil }
        let request = RequestTemplate(
            method: method, url: url, query: query, headers: headers, body: body, credentials: credentials,
            idempotencyHeader: idempotency)
        if templates.isShared {
            checkBatch(request, section)
        } else if !request.placeholders.contains(.body), check.reference == nil, check.errorCount == errorsBefore {
            check.warning(
                "\(section.path) puts {{body}} nowhere: what applications write is not sent", at: section.position)
        }
        return request
    }

    private func checkBatch(_ request: RequestTemplate, _ section: Section) {
        if request.idempotencyHeader != nil {
            templates.check.error(
                "\(section.path(of: "idempotency_header")) carries one delivery's id, but with 'batch' the request is for "
                    + "many: give each message its {{delivery}}", at: section.position(of: "idempotency_header"))
        }
        if request.method == .get {
            templates.check.error(
                "\(section.path(of: "method")) GET has no body, but with 'batch' the messages are in it",
                at: section.position(of: "method"))
        }
    }

    private func url(in section: inout Section) -> TextTemplate? {
        let node = section.node(
            "url", "an address, with placeholders", .required,
            "Where it goes: begins with http:// or https:// and a host, or with a setting that is an address.")
        guard let node else {
            section.reportMissing("url")
            return nil
        }
        guard let url = templates.template(node, path: section.path(of: "url")) else { return nil }
        for flaw in AddressCheck(url, templates: templates, required: message.required).flaws {
            templates.check.error("\(section.path(of: "url")) \(flaw)", at: node.start)
        }
        return url
    }

    private func headers(in section: inout Section) -> [RequestTemplate.Field] {
        let node = section.node("headers", "a mapping from names to texts with placeholders", .none, "Its headers.")
        let found = templates.fields(node, path: section.path(of: "headers"))
        for (field, node) in found {
            let path = "\(section.path(of: "headers")).\(field.name.printable(limit: 40))"
            if (try? ValueKind.headerName.parse(field.name)) == nil {
                templates.check.error(
                    "\(path): a header's name must be \(ValueKind.headerName.expectation)", at: node.start)
            }
            refuseLiteralSecret(field, path, node)
            let isClean = field.value.pieces.allSatisfy { piece in
                if case .literal(let text) = piece { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } } else { true }
            }
            if !isClean { templates.check.error("\(path) must not have line breaks", at: node.start) }
        }
        return found.map(\.field)
    }

    private func fields(_ key: String, in section: inout Section, _ help: String) -> [RequestTemplate.Field] {
        let node = section.node(key, "a mapping from names to texts with placeholders", .none, help)
        let found = templates.fields(node, path: section.path(of: key))
        for (field, node) in found {
            refuseLiteralSecret(field, "\(section.path(of: key)).\(field.name.printable(limit: 40))", node)
        }
        return found.map(\.field)
    }

    /// By the name of the field: what is called a token is one.
    private func refuseLiteralSecret(_ field: RequestTemplate.Field, _ path: String, _ node: YAMLNode) {
        guard SensitiveNames.isSecretByName(field.name) else { return }
        let areHarmless = field.value.uses.allSatisfy { templates.isHarmless($0.placeholder) }
        guard areHarmless else { return }
        templates.check.error(
            "\(path) looks like a secret: declare a setting of kind secret, and write {{settings.NAME}} here",
            at: node.start)
    }

    private func body(in section: inout Section) -> RequestTemplate.Body {
        let json = section.node(
            "json", "JSON, written as YAML, its strings with placeholders", .none,
            "The body as JSON. A member whose placeholder has no value is left out.")
        let form = fields(
            "form", in: &section, "The body as a form. A field whose placeholder has no value is left out.")
        let text = section.node("text", "text with placeholders", .none, "The body as plain text.")
        let given = ["json", "form", "text"].filter { section.has($0) }
        if given.count > 1 {
            templates.check.error(
                "\(section.path) has \(given.joined(separator: " and ")); a request has one body",
                at: section.position(of: given[1]))
        }
        // Of a batch, all of the form may be its messages'.
        if section.has("form"), form.isEmpty, templates.isShared { return .form([]) }
        if let json { return templates.json(json, path: section.path(of: "json")).map { .json($0) } ?? .none }
        if !form.isEmpty { return .form(form) }
        if let text { return templates.template(text, path: section.path(of: "text")).map { .text($0) } ?? .none }
        return .none
    }

    private func credentials(in section: inout Section) -> RequestTemplate.Credentials? {
        let username = section.settingName("username", .string, templates.settings, "The setting with the user's name.")
        let password = section.settingName("password", .secret, templates.settings, "The setting with the password.")
        guard let username, let password else { return nil }
        return .init(username: username, password: password)
    }
}

/// What an address with placeholders must be: whom the request goes to is for the operator to say, not for a message.
struct AddressCheck {
    private(set) var flaws: [String] = []

    init(_ url: TextTemplate, templates: TemplateReader, required: [Placeholder]) {
        checkBeginning(url, templates)
        for piece in url.pieces {
            guard case .literal(let text) = piece, !Self.isClean(text) else { continue }
            flaws.append("must not have spaces or other characters that an address writes with '%'")
        }
        for use in url.uses { checkValue(use.placeholder, templates, required) }
    }

    private mutating func checkBeginning(_ url: TextTemplate, _ templates: TemplateReader) {
        guard case .placeholder(let first)? = url.pieces.first else {
            let afterScheme = url.head.dropFirst(url.head.lowercased().hasPrefix("http://") ? 7 : 8)
            let path = afterScheme.firstIndex(of: "/")
            let isWhole = path != nil || url.pieces.count == 1
            if !isWhole || !WebAddress.isValid(String(url.head[..<(path ?? url.head.endIndex)])) {
                flaws.append(
                    "must begin with http:// or https:// and the whole host, or with {{settings.NAME}} of an address")
            }
            return
        }
        guard case .setting(let name) = first, let setting = templates.setting(named: name),
            setting.kind == .url || setting.kind == .secret
        else {
            flaws.append("can begin only with a setting of kind url or secret that holds the address")
            return
        }
        guard url.pieces.count > 1 else { return }
        guard case .literal(let next) = url.pieces[1], next.hasPrefix("/") else {
            flaws.append("must go on with '/' after {{\(first.name)}}")
            return
        }
    }

    private mutating func checkValue(_ placeholder: Placeholder, _ templates: TemplateReader, _ required: [Placeholder])
    {
        switch placeholder {
        case .setting(let name):
            guard let setting = templates.setting(named: name), !setting.isRequired, setting.defaultValue == nil else {
                return
            }
            flaws.append("needs setting '\(name)' always: let it be required, or give it a default")
        case .subject, .option:
            if !required.contains(placeholder) {
                flaws.append("needs \(placeholder.name) always: list it under message.required")
            }
        default: break
        }
    }

    private static func isClean(_ text: String) -> Bool {
        text.utf8.allSatisfy { (33...126).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
    }
}

extension ValueKind<String> {
    /// One that a declaration can set: not those by which HTTP itself works.
    static let headerName = ValueKind(
        expectation: "letters, digits and '-', and none by which HTTP itself works, such as Host",
        parse: { (text) throws(Mismatch) in
            let isToken = text.utf8.allSatisfy {
                (97...122).contains($0 | 0x20) || (48...57).contains($0) || $0 == 45 || $0 == 95
            }
            let reserved = ["host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "expect"]
            guard isToken, (1...100).contains(text.utf8.count), !reserved.contains(text.lowercased()) else {
                throw Mismatch()
            }
            return text
        }, format: { $0 })
}

extension Section {
    /// The name of a setting, of `kind` and required. What is no such name is not shown: it may be the secret itself.
    mutating func settingName(_ key: String, _ kind: Setting.Kind, _ settings: [Setting], _ help: String) -> String? {
        let noun = kind == .secret ? "a required setting of kind secret" : "a required setting"
        guard let node = node(key, "the name of \(noun)", .required, help) else {
            reportMissing(key)
            return nil
        }
        let fitting = settings.filter { $0.isRequired && (kind != .secret || $0.kind == .secret) }.map(\.name)
        if let name = node.scalar?.text, fitting.contains(name) { return name }
        let known = fitting.isEmpty ? "the declaration has none" : "one of: \(fitting.joined(separator: ", "))"
        check.error("\(path(of: key)) must be the name of \(noun); \(known)", at: node.start)
        return nil
    }
}
