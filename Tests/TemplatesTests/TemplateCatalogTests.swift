import ChannelSDK
import Templates
import Testing

@Suite struct TemplateCatalogTests {
    static func language(_ text: String) throws -> LanguageTag { try #require(LanguageTag(text)) }

    static func catalog() throws -> TemplateCatalog {
        let english = TemplateContent(
            subject: try TextTemplate("Order {{order}}"), body: try TextTemplate("Hi {{name}}"),
            html: try TextTemplate("<p>{{name}}</p>", as: .html),
            options: [("reply_to", .text(try TextTemplate("{{order}}@example.com")))])
        let buttons = TemplateContent(
            options: [
                ("list", .list([try TextTemplate("{{name}}"), try TextTemplate("{{order}}")])),
                ("members", .members([("a\"b", try TextTemplate("{{name}}"))])),
            ])
        let german = TemplateContent(body: try TextTemplate("Servus {{name}}"))
        let template = MessageTemplate(
            name: "shipped", variables: [.init("name"), .init("order", optional: true, example: "1")],
            contents: [
                try language("en"): ["email": english, "whatsapp": buttons],
                try language("de"): ["email": TemplateContent(body: try TextTemplate("Hallo {{name}}"))],
                try language("de-AT"): ["email": german],
            ])
        return TemplateCatalog(templates: [template], defaultLanguage: try language("en"))
    }

    @Test(
        arguments: [
            (nil, "Hi Ada"), ("en", "Hi Ada"), ("en-GB", "Hi Ada"), ("de", "Hallo Ada"), ("DE-at", "Servus Ada"),
            ("de-AT-1996", "Servus Ada"), ("de-CH", "Hallo Ada"), ("fr", "Hi Ada"),
        ] as [(String?, String)])
    func `the nearest language is taken`(_ locale: String?, _ expected: String) throws {
        let use = try Self.catalog().use(template: "shipped", locale: locale, variables: ["name": "Ada"])
        #expect(try use.content(for: "email").body == expected)
    }

    @Test func `a language without content for the channel falls back`() throws {
        let use = try Self.catalog().use(template: "shipped", locale: "de-AT", variables: ["name": "a\"\\\n\u{7}é"])
        #expect(
            try use.content(for: "whatsapp").options == [
                "list": #"["a\"\\\u000a\u0007é",""]"#, "members": #"{"a\"b":"a\"\\\u000a\u0007é"}"#,
            ])
    }

    @Test func `every part is rendered, html escaped`() throws {
        let use = try Self.catalog().use(template: "shipped", locale: nil, variables: ["name": "<Ada>", "order": "7"])
        #expect(
            try use.content(for: "email")
                == RenderedContent(
                    subject: "Order 7", body: "Hi <Ada>",
                    options: ["html": "<p>&lt;Ada&gt;</p>", "reply_to": "7@example.com"]))
    }

    @Test func `everything that is wrong is named, at once`() throws {
        let catalog = try Self.catalog()
        let wrong = #expect(throws: TemplateProblems.self) {
            try catalog.use(template: "shipped", locale: "german", variables: ["nmae": "x", "order": "1"])
        }
        #expect(
            wrong?.problems == [
                FieldProblem(field: "locale", message: "must be a language such as en, or de-AT"),
                FieldProblem(field: "variables.name", message: "is required by template 'shipped'"),
                FieldProblem(
                    field: "variables.nmae", message: "is not a variable of template 'shipped'; it has: name, order"),
            ])
        let unknown = #expect(throws: TemplateProblems.self) {
            try catalog.use(template: "shiped", locale: nil, variables: [:])
        }
        #expect(unknown?.problems == [FieldProblem(field: "template", message: "is unknown; there are: shipped")])
        let use = try catalog.use(template: "shipped", locale: nil, variables: ["name": "x"])
        let channel = #expect(throws: TemplateProblems.self) { try use.content(for: "sms") }
        #expect(
            channel?.problems == [
                FieldProblem(field: "template", message: "'shipped' has no content for sms; it has: email, whatsapp")
            ])
    }

    @Test func `a subject that grows too long is the variables' fault`() throws {
        let variables = ["name": "x", "order": String(repeating: "9", count: 1000)]
        let use = try Self.catalog().use(template: "shipped", locale: nil, variables: variables)
        let problem = #expect(throws: TemplateProblems.self) { try use.content(for: "email") }?.problems.first
        #expect(problem?.field == "variables")
        #expect(
            problem?.message.contains("the subject of template 'shipped' (email, en) would have more than 998") == true)
    }

    @Test(arguments: [
        ("en", true), ("de-AT", true), ("zh-Hant-TW", true), ("yue", true), ("", false), ("e", false), ("engl", false),
        ("de_AT", false), ("de-", false), ("-de", false), ("de--AT", false), ("de-ÄT", false), ("de-123456789", false),
        ("../en", false), ("en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd", false),
    ])
    func `language tags`(_ text: String, _ isTag: Bool) {
        #expect((LanguageTag(text) != nil) == isTag)
    }
}
