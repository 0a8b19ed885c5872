import ChannelSDK
import ChannelSMS
import Foundation
import HTTPTypes
import HummingbirdTesting
import Pipeline
import Templates
import Testing

@testable import API

/// Templates as requests name them.
enum TestTemplates {
    static func catalog(greeting: String) throws -> TemplateCatalog {
        let sms = TemplateContent(body: try TextTemplate("\(greeting) {{name}}{{#code}}, {{code}}{{/code}}"))
        let german = TemplateContent(body: try TextTemplate("Hallo {{name}}"))
        let mail = TemplateContent(
            subject: try TextTemplate("For {{name}}"), body: try TextTemplate("Dear {{name}}"),
            html: try TextTemplate("<p>{{name}}</p>", as: .html),
            options: [("reply_to", .text(try TextTemplate("{{name}}@example.com")))])
        let hello = MessageTemplate(
            name: "hello", variables: [.init("name"), .init("code", optional: true)],
            contents: [.english: ["sms": sms, "mail": mail], try #require(LanguageTag("de")): ["sms": german]])
        let letter = MessageTemplate(name: "letter", variables: [], contents: [.english: ["mail": mail]])
        return TemplateCatalog(templates: [hello, letter], defaultLanguage: .english)
    }
}

@Suite(.timeLimit(.minutes(10)))
struct TemplateTests {
    @Test func aTemplateIsFilledInAndSent() async throws {
        try await LiveAPI.run { (api) async throws in
            let response = try await api.post(
                "/notifications",
                #"{"variables":{"name":"<Ada> & {{code}}"},"template":"hello","channel":"sms","to":"+15551230001"}"#)
            #expect(response.status == .accepted, "\(response.text)")
            let id = try #require(response.json["id"] as? String)
            let view = try await api.notification(id) { $0["status"] as? String != "accepted" }
            #expect(view["body"] as? String == "Hi <Ada> & {{code}}")
            #expect(api.provider.bodies.count == 1)
            #expect(
                api.provider.bodies[0].contains("Body=Hi%20%3CAda%3E%20%26%20%7B%7Bcode%7D%7D") == true
                    || api.provider.bodies[0].contains("Body=Hi+%3CAda%3E+%26+%7B%7Bcode%7D%7D"))
        }
    }

    @Test(
        arguments: [
            (#""template":"hello""#, ["variables.name"]),
            (#""template":"helo","variables":{"name":"x"}"#, ["template"]),
            (#""template":"hello","variables":{"name":"x","nmae":"y"}"#, ["variables.nmae"]),
            (#""template":"hello","variables":{"name":1}"#, ["variables.name", "variables.name"]),
            (#""template":"hello","variables":["x"]"#, ["variables", "variables.name"]),
            (#""template":"hello","variables":{"name":"x"},"locale":"de_AT""#, ["locale"]),
            (#""template":"hello","variables":{"name":"x"},"body":"b","subject":"s""#, ["body", "subject"]),
            (#""locale":"de""#, ["template"]), (#""variables":{}"#, ["template"]), (#""template":7"#, ["template"]),
            (#""template":"""#, ["template"]), (#""template":"letter""#, ["template"]),
            (#""template":"hello","variables":{"name":"\#(String(repeating: "x", count: 2000))"}"#, ["template"]),
            (#""template":"hello","variables":{"name":"x"},"options":{"from":"?"}"#, ["options.from"]),
            (#""tmeplate":"hello""#, ["body", "tmeplate"]),
        ] as [(String, [String])])
    func whatIsWrongIsNamedBeforeAnythingIsAccepted(_ members: String, _ fields: [String]) async throws {
        try await LiveAPI.run { (api) async throws in
            let response = try await api.post("/notifications", #"{"channel":"sms","to":"+15551230001",\#(members)}"#)
            #expect(response.status == .unprocessableContent)
            #expect(response.fields.sorted() == fields, "\(response.text)")
            #expect(api.provider.bodies.isEmpty)
        }
    }

    @Test func aBatchMayMixTemplatesAndTexts() async throws {
        try await LiveAPI.run { (api) async throws in
            let response = try await api.post(
                "/notifications/batch",
                #"""
                [{"channel":"sms","to":"+15551230001","template":"hello","variables":{"name":"A"},"locale":"de-CH"},
                 {"channel":"sms","to":"+15551230001","body":"b"},
                 {"channel":"sms","to":"+15551230001","template":"hello"}]
                """#)
            #expect(response.status.code == 207)
            let results = response.json["results"] as? [[String: Any]] ?? []
            #expect(results.map { $0["id"] != nil } == [true, true, false])
            let id = try #require(results.first?["id"] as? String)
            #expect(try await api.notification(id) { $0["body"] != nil }["body"] as? String == "Hallo A")
        }
    }

    @Test func anotherVariableIsAnotherRequest() async throws {
        try await LiveAPI.run { (api) async throws in
            let body = { (name: String) in
                #"{"channel":"sms","to":"+15551230001","externalId":"e","template":"hello","variables":{"name":"\#(name)"}}"#
            }
            let first = try await api.post("/notifications", body("Ada"))
            let id = try #require(first.json["id"] as? String)
            _ = try await api.notification(id) { $0["status"] as? String != "accepted" }
            #expect(try await api.post("/notifications", body("Ada")).json["id"] as? String == id)
            // Where the store is slow to answer, the projector tells the conflict: accepted, and never sent.
            let other = try await api.post("/notifications", body("Bob"))
            #expect(other.status == .conflict || other.json["id"] as? String == id)
            #expect(try await api.notification(id) { $0["body"] != nil }["body"] as? String == "Hi Ada")
            #expect(api.provider.bodies.count == 1)
        }
    }

    // MARK: What becomes durable

    private static func admission(greeting: String = "Hi") throws -> NotificationAdmission {
        let channels = ["sms", "backup", "mail"].map { name in
            let module = name == "mail" ? "mail" : "sms"
            return (
                name,
                APIChannel(module: module, validate: { _ in [] }, webhooks: TwilioDoor(token: "t").channel.webhooks)
            )
        }
        return NotificationAdmission(
            channels: Dictionary(uniqueKeysWithValues: channels),
            routing: RoutingTable(
                channels: ["sms", "backup", "mail"], routes: ["all": [.init(channels: ["sms", "backup", "mail"])]]),
            templates: try TestTemplates.catalog(greeting: greeting), account: "default", now: .distantPast,
            attachmentBytes: 1000)
    }

    private static func admit(_ draft: NotificationDraft, greeting: String = "Hi") throws -> AcceptedNotification {
        var admission = try admission(greeting: greeting)
        return try admission.admit(draft, problems: []).get()
    }

    private static func draft(_ name: String = "<Ada>", locale: String? = nil) -> NotificationDraft {
        var draft = NotificationDraft()
        draft.route = "all"
        draft.content = MessageContent(recipient: "x", body: "", tags: ["t"], options: ["reply_to": "own@example.com"])
        draft.hasRecipient = true
        draft.template = TemplateDraft(name: "hello", locale: locale, variables: ["name": name])
        draft.metadata = ["m": "1"]
        return draft
    }

    @Test func everyStepOfARouteHasItsOwnText() throws {
        let payload = try Self.admit(Self.draft()).payload
        let options = ["reply_to": "own@example.com"]
        let sms = MessageContent(recipient: "x", body: "Hi <Ada>", tags: ["t"], options: options)
        let mail = MessageContent(
            recipient: "x", body: "Dear <Ada>", subject: "For <Ada>", tags: ["t"],
            options: options.merging(["html": "<p>&lt;Ada&gt;</p>"]) { first, _ in first })
        #expect(try payload.decoded().content == sms)
        #expect(try payload.decoded(for: "sms").content == sms)
        #expect(try payload.decoded(for: "backup").content == sms)
        #expect(try payload.decoded(for: "mail").content == mail)
        #expect(try payload.decoded(for: "mail").metadata == ["m": "1"])
    }

    @Test func theRequestIsComparedAndNotItsText() throws {
        let first = try Self.admit(Self.draft()).payload
        let afterAnEdit = try Self.admit(Self.draft(), greeting: "Hello").payload
        #expect(try afterAnEdit.decoded().content.body == "Hello <Ada>")
        #expect(first == afterAnEdit && first.bytes != afterAnEdit.bytes)
        #expect(try first != Self.admit(Self.draft("Bob")).payload)
        #expect(try first != Self.admit(Self.draft(locale: "en")).payload)
        var other = Self.draft()
        other.metadata = [:]
        #expect(try first != Self.admit(other).payload)
    }

    @Test func theTextsOfABatchAreBoundedTogether() throws {
        var admission = try Self.admission()
        let size = try Self.admit(Self.draft()).payload.bytes.count
        admission.textRoom = size * 3
        let results = (0..<5).map { _ in admission.admit(Self.draft(), problems: []) }
        let refused = results.compactMap { result in
            if case .failure(let invalid) = result { invalid.problems.map(\.field) } else { nil }
        }
        #expect(refused == [["template"], ["template"]])
    }
}
