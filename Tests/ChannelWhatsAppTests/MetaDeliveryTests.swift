import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

@Suite struct MetaDeliveryTests {
    private static let delivery = "0190163d-8694-739b-aea5-966c26f8ad90.1"

    /// Every request has the same address and headers, and some fields in common; its JSON has sorted keys.
    private func request(_ own: [String: String], base: String = "https://graph.facebook.com/v25.0") -> HTTPRequest {
        let common = [
            "biz_opaque_callback_data": "\"\(Self.delivery)\"", "messaging_product": #""whatsapp""#,
            "recipient_type": #""individual""#, "to": #""15551230001""#,
        ]
        let fields = common.merging(own) { $1 }.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return HTTPRequest(
            method: "POST", url: "\(base)/277321005464405/messages",
            headers: [
                "Authorization": "Bearer \(MetaAccount.accessToken)", "Content-Type": "application/json",
                "Accept": "application/json",
            ],
            body: Array("{\(fields.joined(separator: ","))}".utf8))
    }

    private func text(_ body: String, previews: Bool = false) -> [String: String] {
        ["type": #""text""#, "text": #"{"body":"\#(body)","preview_url":\#(previews)}"#]
    }

    private func media(_ kind: String, _ link: String) -> [String: String] { ["type": "\"\(kind)\"", kind: link] }

    private func template(_ template: String) -> [String: String] {
        ["type": #""template""#, "template": template]
    }

    private func content(_ body: String, _ options: [String: String] = [:]) -> MessageContent {
        MessageContent(recipient: "+15551230001", body: body, options: options)
    }

    @Test func texts() throws {
        try MetaAccount.kit().check(requests: [
            RequestCase("text", content("Hi there"), becomes: request(text("Hi there"))),
            RequestCase(
                "any text", content("\"a\\b\" /é🎉\n\u{1}"), becomes: request(text(#"\"a\\b\" /é🎉\n\u0001"#))),
            RequestCase(
                "options of others", content("Hi", ["from": "x", "content_sid": "y"]), becomes: request(text("Hi"))),
        ])
        try MetaAccount.kit([
            "preview_urls": .boolean(true), "api_version": .string("v26.1"),
            "base_url": .string("http://127.0.0.1:4010/"),
        ])
        .check(requests: [
            RequestCase(
                "with previews, elsewhere", content("https://a.example"),
                becomes: request(text("https://a.example", previews: true), base: "http://127.0.0.1:4010/v26.1"))
        ])
    }

    /// An attachment by its address says the same as the options.
    @Test(arguments: [
        ("image/png", "image"), ("video/mp4", "video"), ("audio/ogg", "audio"), ("image/webp", "sticker"),
        ("application/pdf", "document"),
    ])
    func anAttachmentIsAMedium(type: String, kind: String) throws {
        let kit = try MetaAccount.kit()
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        var attached = content(kind == "image" ? "Look" : "")
        let url = "https://a.example/1"
        attached.attachments = [.init(name: "a.x", mediaType: type, content: .link(url))]
        let options = ["media_url": url, "media_type": kind, "media_filename": "a.x"]
        let expected = try client.request(for: kit.message(content(attached.body, options)))
        #expect(try client.request(for: kit.message(attached)) == expected)
        #expect(kit.channel.validate(attached).isEmpty)
    }

    @Test func mediaByLink() throws {
        func link(_ url: String, caption: String? = nil) -> String {
            (caption.map { #"{"caption":"\#($0)","# } ?? "{") + #""link":"\#(url)"}"#
        }
        let kinds = [
            ("https://a.example/1.jpg?x=1", "image"), ("https://a.example/1.PNG", "image"),
            ("http://a/b/1.mp4", "video"),
            ("https://a.example/1.pdf#p", "document"), ("https://a.example/v1.2/1.docx", "document"),
        ]
        var cases = kinds.map { url, kind in
            RequestCase(
                url, content("Look", ["media_url": url]), becomes: request(media(kind, link(url, caption: "Look"))))
        }
        cases += [("https://a.example/1.ogg", "audio"), ("https://a.example/1.webp", "sticker")].map { url, kind in
            RequestCase(url, content("", ["media_url": url]), becomes: request(media(kind, link(url))))
        }
        cases += [
            RequestCase(
                "the kind that is told goes first",
                content("", ["media_url": "https://a/1.png", "media_type": "document", "media_filename": "plan.png"]),
                becomes: request(media("document", #"{"filename":"plan.png","link":"https://a/1.png"}"#))),
            RequestCase(
                "a picture has no file name",
                content("", ["media_url": "https://a/1.png", "media_filename": "plan.png"]),
                becomes: request(media("image", link("https://a/1.png")))),
        ]
        try MetaAccount.kit().check(requests: cases)
    }

    @Test func templates() throws {
        func options(_ variables: String?, _ more: [String: String] = [:]) -> [String: String] {
            var options = more.merging(["template_name": "notice"]) { own, _ in own }
            options["template_variables"] = variables
            return options
        }
        func components(_ components: String, language: String = "en_US") -> HTTPRequest {
            request(template(#"{"components":[\#(components)],"language":{"code":"\#(language)"},"name":"notice"}"#))
        }
        try MetaAccount.kit().check(requests: [
            RequestCase("without places", content("", options(nil)), becomes: components("")),
            RequestCase(
                "in its language, and without the text", content("Hi", options("{}", ["template_language": "pl"])),
                becomes: components("", language: "pl")),
            RequestCase(
                "numbered places, ten of them",
                content(
                    "", options(#"{"10":"j","2":"b","1":"a","3":"c","4":"d","5":"e","6":"f","7":"g","8":"h","9":"i"}"#)),
                becomes: components(
                    #"{"parameters":["#
                        + "abcdefghij".map { #"{"text":"\#($0)","type":"text"}"# }.joined(separator: ",")
                        + #"],"type":"body"}"#)),
            RequestCase(
                "named places", content("", options(#"{"who":"Ada","day":"Monday","header.shop":"ACME"}"#)),
                becomes: components(
                    #"{"parameters":[{"parameter_name":"shop","text":"ACME","type":"text"}],"type":"header"},"#
                        + #"{"parameters":[{"parameter_name":"day","text":"Monday","type":"text"},"#
                        + #"{"parameter_name":"who","text":"Ada","type":"text"}],"type":"body"}"#)),
            RequestCase(
                "a one-time password", content("", options(#"{"1":"123456","button.0":"123456"}"#)),
                becomes: components(
                    #"{"parameters":[{"text":"123456","type":"text"}],"type":"body"},"#
                        + #"{"index":"0","parameters":[{"text":"123456","type":"text"}],"sub_type":"url","type":"button"}"#
                )),
            RequestCase(
                "a picture above", content("", options(#"{"1":"a"}"#, ["media_url": "https://a/1.png"])),
                becomes: components(
                    #"{"parameters":[{"image":{"link":"https://a/1.png"},"type":"image"}],"type":"header"},"#
                        + #"{"parameters":[{"text":"a","type":"text"}],"type":"body"}"#)),
        ])
    }

    /// What was accepted before a rule was known is refused, not sent as something else.
    @Test(arguments: [
        (["template_name": "notice", "template_variables": "{"], "template_variables"),
        (["media_url": "https://a/1", "media_type": "gif"], "media_type"),
    ])
    func whatCanNeverBeSent(options: [String: String], code: String) throws {
        let kit = try MetaAccount.kit()
        let client = try #require(kit.channel.delivery as? any HTTPDeliveryClient)
        let failure = #expect(throws: DeliveryFailure.self) {
            try client.request(for: kit.message(content("", options)))
        }
        #expect(failure?.kind == .content)
        #expect(failure?.code == code)
    }

    /// Through `deliver`, with a transport that fails in both ways.
    @Test(arguments: [nil, true, false])
    func deliversEachMessageInItsPlace(mayHaveBeenSent: Bool?) async throws {
        let kit = try MetaAccount.kit(answer: { request in
            guard let mayHaveBeenSent else {
                let isFirst = String(decoding: request.body, as: UTF8.self).contains(#""body":"1""#)
                return .success(isFirst ? MetaAccount.taken() : MetaAccount.error(400, code: 131026))
            }
            return .failure(TransportFailure(reason: .reset, mayHaveBeenSent: mayHaveBeenSent, message: "reset"))
        })
        let outcomes = await kit.channel.delivery.deliver([content("1"), content("2")].map(kit.message))
        let failure = DeliveryFailure(.transient, code: "reset", message: "reset")
        let expected: [DeliveryOutcome] =
            switch mayHaveBeenSent {
            case nil:
                [
                    .accepted(Acceptance(providerMessageID: MetaAccount.messageID)),
                    .rejected(DeliveryFailure(.recipient, code: "131026", message: "Meta's words")),
                ]
            case true?: [.uncertain(failure), .uncertain(failure)]
            case false?: [.retry(failure), .retry(failure)]
            }
        #expect(outcomes == expected)
    }
}
