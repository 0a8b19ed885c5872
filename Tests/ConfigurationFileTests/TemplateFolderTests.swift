import ChannelSDK
import ConfigurationFile
import Foundation
import Templates
import Testing

/// The example in the repository's folder `templates`, and the manual that quotes it.
@Suite struct TemplateFolderTests {
    static let root = CorpusTests.folder.deletingLastPathComponent().deletingLastPathComponent()

    static func load(_ folder: String) -> LoadedConfiguration {
        let modules = ["email", "sms", "whatsapp"].map { name in
            TestModules.module(
                ChannelDescriptor(
                    name: name, version: "1", summary: "A module.",
                    providers: [.init("provider", title: "Provider", settings: [])]))
        }
        let channels = modules.map { "  \($0.descriptor.name): { module: \($0.descriptor.name) }\n" }.joined()
        let yaml = "templates: { folder: \(folder) }\nchannels:\n\(channels)"
        return ConfigurationLoader(modules: modules, environment: [:])
            .load(bytes: Array(yaml.utf8), file: root.appending(path: "channels.yaml").path())
    }

    static func catalog() throws -> TemplateCatalog {
        let loaded = load("templates")
        #expect(loaded.report.isEmpty)
        return try #require(loaded.configuration?.templates?.catalog)
    }

    @Test func `the example loads without a word and has what the manual says`() throws {
        let catalog = try Self.catalog()
        #expect(catalog.templates.keys.sorted() == ["login-code", "order-shipped"])
        let text = try catalog.use(
            template: "order-shipped", locale: "de-AT", variables: ["name": "Ada", "order": "10027"]
        ).content(for: "sms").body
        #expect(text == "Hallo Ada, Bestellung 10027 ist unterwegs.")
        let manual = try String(contentsOf: Self.root.appending(path: "docs/templates.md"), encoding: .utf8)
        #expect(manual.contains("sends `\(text)`"))
        let sources = try ["template.yaml", "en.yaml"].map {
            try String(contentsOf: Self.root.appending(path: "templates/order-shipped/\($0)"), encoding: .utf8)
        }
        let quoted = manual.split(separator: "```yaml\n").dropFirst(2).compactMap { $0.split(separator: "```").first }
        #expect(quoted.count == 3)
        for block in quoted { #expect(sources.contains { $0.contains(block) }, "\(block)") }
    }

    @Test func `mail has text and escaped html`() throws {
        let variables = ["name": "<Ada>", "order": "7", "tracking_url": "https://t.example/?a=1&b=\"2"]
        let mail = try Self.catalog().use(template: "order-shipped", locale: nil, variables: variables)
            .content(for: "email")
        #expect(
            mail
                == RenderedContent(
                    subject: "Order 7 is on its way",
                    body: """
                        Hi <Ada>,

                        your order 7 is on its way.
                        Follow it: https://t.example/?a=1&b="2

                        """,
                    options: [
                        "html": """
                        <p>Hi &lt;Ada&gt;,</p>
                        <p>your order <b>7</b> is on its way.</p>
                        <p><a href="https://t.example/?a=1&amp;b=&quot;2">Follow it</a></p>

                        """
                    ]))
    }

    @Test(arguments: [
        ("login-code", "de-AT", "sms", "4 ist dein Code."), ("login-code", "de-CH", "sms", "4 ist Ihr Code."),
        ("login-code", "pl", "sms", "4 is your code."),
    ])
    func `each module finds its language`(_ name: String, _ locale: String, _ module: String, _ start: String) throws {
        let use = try Self.catalog().use(template: name, locale: locale, variables: ["code": "4"])
        #expect(try use.content(for: module).body.hasPrefix(start))
    }

    @Test func `a mapping of texts becomes JSON`() throws {
        let variables = ["name": "A\"}", "order": "\\"]
        let content = try Self.catalog().use(template: "order-shipped", locale: "de", variables: variables)
            .content(for: "whatsapp")
        #expect(content.options["template_variables"] == #"{"1":"A\"}","2":"\\"}"#)
        #expect(content.options["template_language"] == "de")
    }

    @Test func `the host can point at what a template says`() throws {
        let loaded = Self.load("templates")
        let german = try #require(LanguageTag("de"))
        let diagnostic = try #require(
            loaded.diagnostic("is refused", template: "order-shipped", language: german, module: "email"))
        #expect(diagnostic.description.contains("templates/order-shipped/de.yaml:4:1: error: is refused\nemail:\n^"))
    }

    @Test func `one language in two files is refused`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "templates-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let template = folder.appending(path: "hello")
        try FileManager.default.createDirectory(at: template, withIntermediateDirectories: true)
        for name in ["en.yaml", "EN.yaml"] {
            try Data("sms:\n  body: Hi\n".utf8).write(to: template.appending(path: name))
        }
        let loaded = Self.load(folder.path())
        #expect(loaded.configuration == nil)
        #expect(loaded.report == "\(template.path()): error: EN.yaml and en.yaml are the same language: keep one\n")
    }
}
