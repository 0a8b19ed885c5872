import ChannelSDK

/// Puts a message into the request's templates, each value escaped for its place.
struct RequestWriter: Sendable {
    let template: RequestTemplate
    let batch: BatchRules?
    let settings: SettingTexts
    /// What the provider has to bring along in the query of the webhook's address, where that is how it is known.
    let webhookQuery: (name: String, secret: Secret)?
    let authorization: Secret?

    init(_ declaration: ChannelDeclaration, _ settings: SettingTexts) {
        template = declaration.request
        batch = declaration.batch
        self.settings = settings
        if case .query(let name, let secret)? = declaration.webhook?.verification {
            webhookQuery = (name, settings.secret(secret))
        } else {
            webhookQuery = nil
        }
        authorization = declaration.request.credentials.map { credentials in
            BasicAuthentication(
                username: settings.text(of: credentials.username) ?? "", password: settings.secret(credentials.password)
            ).headerValue
        }
    }

    /// - Parameter others: for a declaration with a batch; what stands outside of the messages is the same for each.
    func request(
        for message: OutboundMessage, and others: some Collection<OutboundMessage> = []
    ) throws(UnfitValue) -> HTTPRequest {
        var values = values(of: message)
        let all = [values] + others.map { self.values(of: $0) }
        if case .json(let item)? = batch?.message { values.items = all.map { item.json($0) ?? "null" } }
        var request = HTTPRequest(method: template.method.rawValue, url: try url(values))
        request.headers = try headers(values)
        let (body, type) = try body(values, all)
        request.body = body
        if let type, request.headers["Content-Type"] == nil { request.headers["Content-Type"] = type }
        return request
    }

    private func values(of message: OutboundMessage) -> MessageValues {
        MessageValues(message: message, webhookURL: webhookURL(of: message), settings: settings)
    }

    private func webhookURL(of message: OutboundMessage) -> String {
        guard let webhookQuery else { return message.webhookURL }
        let item = "\(FormEncoding.percentEncode(webhookQuery.name))="
        return "\(message.webhookURL)&\(item)\(FormEncoding.percentEncode(webhookQuery.secret.revealed))"
    }

    private func url(_ values: MessageValues) throws(UnfitValue) -> String {
        var base = ""
        var url = ""
        for (index, piece) in template.url.pieces.enumerated() {
            switch piece {
            case .literal(let text): url += text
            case .placeholder(let placeholder):
                guard let value = values.text(of: placeholder) else {
                    throw UnfitValue(field: placeholder.field, message: "is needed for the request's address")
                }
                if index == 0 {
                    let isWhole = template.url.pieces.count == 1
                    base = !isWhole && value.hasSuffix("/") ? String(value.dropLast()) : value
                } else {
                    let isInPath = !(base + url).contains("?")
                    url += isInPath ? Self.pathEncode(value) : FormEncoding.percentEncode(value)
                }
            }
        }
        try refuseDots(in: url)
        var mark: Character = (base + url).contains("?") ? "&" : "?"
        for field in template.query {
            guard let value = field.value.text(values) else { continue }
            url += "\(mark)\(FormEncoding.percentEncode(field.name))=\(FormEncoding.percentEncode(value))"
            mark = "&"
        }
        return base + url
    }

    /// A `:` means nothing in a path, and tokens that are written there have one.
    private static func pathEncode(_ value: String) -> String {
        FormEncoding.percentEncode(value).replacing("%3A", with: ":")
    }

    /// A segment of dots would lead to another address than the template's.
    private func refuseDots(in url: String) throws(UnfitValue) {
        let path = url.prefix { $0 != "?" }
        guard path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else { return }
        let field = template.url.uses.first { $0.placeholder.isOfMessage }?.placeholder.field
        throw UnfitValue(field: field ?? "to", message: "can't be '.' or '..' here")
    }

    private func headers(_ values: MessageValues) throws(UnfitValue) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for field in template.headers {
            for use in field.value.uses {
                guard let value = values.text(of: use.placeholder), !Self.fitsHeader(value) else { continue }
                throw UnfitValue(
                    field: use.placeholder.field, message: "must not have line breaks or other control characters")
            }
            if let value = field.value.text(values) { headers.add(field.name, value) }
        }
        if let authorization { headers["Authorization"] = authorization.revealed }
        if let name = template.idempotencyHeader { headers[name] = values.message.delivery.description }
        return headers
    }

    private func body(
        _ values: MessageValues, _ all: [MessageValues]
    ) throws(UnfitValue) -> (bytes: [UInt8], type: String?) {
        switch template.body {
        case .none: return ([], nil)
        case .json(let json): return (Array((json.json(values) ?? "null").utf8), "application/json")
        case .form(let fields):
            let pairs = Self.pairs(fields, values) + listed(all)
            return (FormEncoding.encode(pairs), "application/x-www-form-urlencoded")
        case .text(let text):
            guard let written = text.text(values) else {
                let missing = text.uses.first { values.text(of: $0.placeholder) == nil }
                throw UnfitValue(field: missing?.placeholder.field ?? "body", message: "is needed for the request")
            }
            return (Array(written.utf8), "text/plain; charset=utf-8")
        }
    }

    /// The fields of a batch's messages.
    private func listed(_ all: [MessageValues]) -> [FormEncoding.Pair] {
        guard case .form(let fields)? = batch?.message else { return [] }
        return all.enumerated().flatMap { index, values in
            Self.pairs(fields, values).map { pair in
                FormEncoding.Pair(pair.name.replacing(BatchRules.index, with: "\(index)"), pair.value)
            }
        }
    }

    private static func pairs(_ fields: [RequestTemplate.Field], _ values: MessageValues) -> [FormEncoding.Pair] {
        fields.compactMap { field in field.value.text(values).map { FormEncoding.Pair(field.name, $0) } }
    }

    static func fitsHeader(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}
