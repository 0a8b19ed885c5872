import ChannelConformance
import Testing

@testable import Templates

@Suite struct TextTemplateTests {
    static let variables = ["name": "Ada", "code": "", "hostile": "<b a=\"x\" b='y'>&{{name}}"]

    @Test(arguments: [
        ("", ""), ("plain { text } \n", "plain { text } \n"), ("Hi {{name}}!", "Hi Ada!"),
        ("{{ name }}{{name}}", "AdaAda"), ("{{hostile}}", "<b a=\"x\" b='y'>&{{name}}"),
        ("{{{hostile}}}{{&name}}", "<b a=\"x\" b='y'>&{{name}}Ada"), ("{{#code}}code {{code}}{{/code}}", ""),
        ("{{^code}}none{{/code}}", "none"), ("{{#name}}for {{name}}{{/name}}{{^name}}?{{/name}}", "for Ada"),
        ("{{#name}}{{#code}}no{{/code}}{{hostile}}{{/name}}", "<b a=\"x\" b='y'>&{{name}}"),
        ("a\n{{#name}}\nb\n{{/name}}\nc\n", "a\nb\nc\n"), ("{{#name}}\nb\n{{/name}}\n", "b\n"),
        ("\n\n{{name}}", "\n\nAda"), ("a{{! a { comment }}b", "ab"), ("{{missing}}|{{#missing}}x{{/missing}}", "|"),
        ("{ {{name}} }", "{ Ada }"), ("{{#name}}{{renderText}}{{isNull}}{{/name}}", ""),
        ("Größe {{name}} 🎉", "Größe Ada 🎉"),
    ])
    func `texts are filled in as they are`(_ source: String, _ expected: String) throws {
        #expect(try TextTemplate(source).render(Self.variables, limit: 1000) == expected)
    }

    @Test(arguments: [
        ("<p>{{name}}</p>", "<p>Ada</p>"),
        ("{{hostile}}", "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;{{name}}"),
        ("{{#name}}<i>{{hostile}}</i>{{/name}}", "<i>&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;{{name}}</i>"),
        ("<a href=\"{{accent}}\">", "<a href=\"&quot;\u{301} onclick=&#39;\u{338}x&lt;\u{338}\">"),
    ])
    func `html has its values escaped`(_ source: String, _ expected: String) throws {
        let variables = Self.variables.merging(["accent": "\"\u{301} onclick='\u{338}x<\u{338}"]) { first, _ in first }
        let text = try #require(try TextTemplate(source, as: .html).render(variables, limit: 1000))
        #expect(Array(text.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(arguments: [
        ("{{name", "'{{' is not closed", 0), ("{ {{ a }} {{b", "'{{' is not closed", 3), ("{{}}", "is no name", 0),
        ("{{a b}}", "is no name", 0), ("{{a.b}}", "is no name", 0), ("{{.}}", "is no name", 0),
        ("{{1a}}", "is no name", 0), ("{{lowercased(a)}}", "is no name", 0), ("{{{{a}}}}", "is no name", 0),
        ("{{#a}}", "'a' is not closed by {{/a}}", 0), ("{{x}}{{#a}}{{#b}}{{/b}}", "'a' is not closed", 2),
        ("{{/a}}", "closes a section that is not open", 0), ("{{#a}}{{/b}}", "where the section 'a' is open", 2),
        ("{{> footer}}", "partials and blocks are not supported", 0), ("{{<p}}{{/p}}", "partials", 0),
        ("{{$b}}{{/b}}", "partials", 0), ("{{=<% %>=}}", "delimiters", 0), ("{{% CONTENT_TYPE:HTML}}", "pragmas", 0),
        ("{{! { }}{{/a}}", "not open", 3), ("text {", "this is not Mustache", 0),
        (String(repeating: "{{a}}", count: 501), "more than 500 tags", 1000),
        (String(repeating: "{{#a}}", count: 17), "nested deeper than 16", 32),
    ])
    func `what is no template is refused at its place`(_ source: String, _ message: String, _ braces: Int) {
        let flaw = #expect(throws: TemplateFlaw.self) { try TextTemplate(source) }
        #expect(flaw?.message.contains(message) == true, "\(flaw?.message ?? "")")
        #expect(flaw?.braces == braces)
    }

    @Test(arguments: ["{{{a}}}", "{{&a}}", "x{{{ a }}}"])
    func `html takes no unescaped values`(_ source: String) throws {
        _ = try TextTemplate(source)
        let flaw = #expect(throws: TemplateFlaw.self) { try TextTemplate(source, as: .html) }
        #expect(flaw?.message == "values are always escaped in html: write {{a}}")
    }

    @Test func `a text that grows too long is not made`() throws {
        let many = try TextTemplate(String(repeating: "{{a}}", count: 500))
        #expect(many.render(["a": String(repeating: "x", count: 4096)], limit: 100_000) == nil)
        let one = try TextTemplate("{{a}}")
        #expect(one.render(["a": "12345"], limit: 5) == "12345")
        #expect(one.render(["a": "123456"], limit: 5) == nil)
        #expect(try TextTemplate("{{a}}", as: .html).render(["a": "<<"], limit: 7) == nil)
        #expect(throws: TemplateFlaw.self) { try TextTemplate(String(repeating: "x", count: 128 << 10 + 1)) }
    }

    @Test func `a template knows its variables`() throws {
        let template = try TextTemplate("{ {{a}} {{#b}}{{c}}{{/b}}{{^d}}{{/d}} {{a}}")
        #expect(template.variables == ["a": 1, "b": 3, "c": 5, "d": 9])
    }

    /// Whatever stands in a value stands in the text, escaped in HTML, and nothing else comes of it.
    @Test func `values are never templates`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "{{", "}}", "{{name}}", "{{#a}}", "{{/a}}", "{{> x}}", "<", "&", "\"", "'", ">", "\u{301}", "\n", "x",
        ]
        let text = try TextTemplate("[{{a}}|{{#a}}{{b}}{{/a}}]")
        let html = try TextTemplate("[{{a}}|{{#a}}{{b}}{{/a}}]", as: .html)
        for _ in 0..<2000 {
            let a =
                "a"
                + (0..<Int.random(in: 0..<8, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            let b = (0..<Int.random(in: 0..<8, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            let plain = try #require(text.render(["a": a, "b": b], limit: 10_000))
            #expect(Array(plain.utf8) == Array("[\(a)|\(b)]".utf8), "seed \(seed)")
            let escaped = try #require(html.render(["a": a, "b": b], limit: 10_000))
            #expect(!escaped.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) }, "seed \(seed)")
        }
    }

    /// Any text is a template or has a flaw; what the scanner lets pass, the library renders.
    @Test func `any text gets an answer`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "{{", "}}", "{", "}", "#", "/", "^", "!", ">", "&", "=", "%", "a", "b", " ", "\n", "\r\n", "\u{301}",
        ]
        var good = 0
        for _ in 0..<5000 {
            let source = (0..<Int.random(in: 0..<16, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            guard let template = try? TextTemplate(source) else { continue }
            good += 1
            #expect(template.render(["a": "1", "b": ""], limit: 1000) != nil, "seed \(seed): \(source)")
        }
        #expect(good > 100, "seed \(seed)")
    }
}
