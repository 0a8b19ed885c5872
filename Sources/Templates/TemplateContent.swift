/// What a template says by one kind of channel in one language.
public struct TemplateContent: Sendable {
    public var subject: TextTemplate?
    public var body: TextTemplate?
    /// HTML; handed to the channel as its option `html`.
    public var html: TextTemplate?
    public var options: [(name: String, value: OptionTemplate)]

    public init(
        subject: TextTemplate? = nil, body: TextTemplate? = nil, html: TextTemplate? = nil,
        options: [(name: String, value: OptionTemplate)] = []
    ) {
        self.subject = subject
        self.body = body
        self.html = html
        self.options = options
    }

    public var texts: [TextTemplate] {
        [subject, body, html].compactMap(\.self) + options.flatMap(\.value.texts)
    }

    /// Bytes of a body, in text or HTML; of a subject; of any other option. The same as a request's own may have.
    static let longestBody = 100_000
    static let longestSubject = 998
    static let longestOption = 4096

    /// - Throws: which part of it would be too long.
    func render(_ variables: [String: String]) throws(TooLong) -> RenderedContent {
        var rendered = RenderedContent()
        if let subject {
            rendered.subject = try text(
                subject.render(variables, limit: Self.longestSubject), "subject", Self.longestSubject)
        }
        if let body {
            rendered.body = try text(body.render(variables, limit: Self.longestBody), "body", Self.longestBody)
        }
        if let html {
            rendered.options["html"] = try text(
                html.render(variables, limit: Self.longestBody), "html", Self.longestBody)
        }
        for option in options {
            rendered.options[option.name] = try text(
                option.value.render(variables, limit: Self.longestOption), "options.\(option.name)", Self.longestOption)
        }
        return rendered
    }

    private func text(_ text: String?, _ part: String, _ limit: Int) throws(TooLong) -> String {
        guard let text else { throw TooLong(part: part, limit: limit) }
        return text
    }

    struct TooLong: Error {
        let part: String
        let limit: Int
    }
}

/// A template filled in: texts, with nothing left to put in.
public struct RenderedContent: Sendable, Hashable {
    public var subject: String?
    public var body = ""
    public var options: [String: String] = [:]

    public init(subject: String? = nil, body: String = "", options: [String: String] = [:]) {
        self.subject = subject
        self.body = body
        self.options = options
    }
}
