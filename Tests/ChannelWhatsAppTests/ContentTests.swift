import ChannelSDK
import ChannelTesting
import ChannelWhatsApp
import Testing

/// What is said about a request before it is accepted.
@Suite struct ContentTests {
    private func content(_ to: String = "+15551230001", _ body: String = "Hi", _ options: [String: String] = [:])
        -> MessageContent
    {
        MessageContent(recipient: to, body: body, options: options)
    }

    private func options(_ options: [String: String], body: String = "") -> MessageContent {
        content("+15551230001", body, options)
    }

    private func text(_ count: Int, _ character: Character = "a") -> String {
        String(repeating: character, count: count)
    }

    private var recipients: [ContentCase] {
        [
            "15551230001", "+05551230001", "+1555", "+1555123000112345", "+1 555 123", "", "+", "+٤٤٧٩١١١٢٣٤", "a@b.c",
            "whatsapp:+15551230001",
        ].map { ContentCase("to '\($0)'", content($0), problemsAt: ["to"]) }
            + ["+15551230001", "+4479111", "+123456789012345"].map { ContentCase("to '\($0)'", content($0)) }
    }

    private var media: [ContentCase] {
        [
            ContentCase("media for a body", options(["media_url": "https://a.example/1.png"])),
            ContentCase("no address", options(["media_url": " "]), problemsAt: ["options.media_url"]),
            ContentCase(
                "two media", options(["media_url": "https://a/1.png https://a/2.png"]),
                problemsAt: ["options.media_url"]),
            ContentCase("odd media", options(["media_url": "ftp://a/1.png"]), problemsAt: ["options.media_url"]),
        ]
    }

    private func file(
        _ type: String, body: String = "", _ options: [String: String] = [:], link: String? = "https://a.example/1",
        count: Int = 1
    ) -> MessageContent {
        var content = self.options(options, body: body)
        let medium = link.map { MessageAttachment.Content.link($0) } ?? .bytes([1])
        content.attachments = Array(
            repeating: .init(name: "a.pdf", mediaType: type, content: medium), count: count)
        return content
    }

    private var attachments: [ContentCase] {
        [
            ContentCase("a document", file("application/pdf", body: "Hi")), ContentCase("a picture", file("image/png")),
            ContentCase("bytes", file("image/png", body: "Hi", link: nil), problemsAt: ["attachments[0].data"]),
            ContentCase("two", file("image/png", body: "Hi", count: 2), problemsAt: ["attachments"]),
            ContentCase(
                "beside a link", file("image/png", ["media_url": "https://a.example/2.png"]),
                problemsAt: ["attachments"]),
            ContentCase("an archive", file("application/zip"), problemsAt: ["attachments[0].mediaType"]),
        ]
    }

    @Test func contentForMeta() throws {
        let png = "https://a.example/1.png"
        var cases = recipients + media + attachments
        cases += [
            ContentCase("no body", content("+15551230001", ""), problemsAt: ["body"]),
            ContentCase("4096 characters", content("+15551230001", text(4096, "🎉"))),
            ContentCase("4097 characters", content("+15551230001", text(4097, "🎉")), problemsAt: ["body"]),
            ContentCase("a caption", options(["media_url": png], body: text(1024))),
            ContentCase("a long caption", options(["media_url": png], body: text(1025)), problemsAt: ["body"]),
            ContentCase("options of other channels", options(["content_sid": "x", "from": "?"], body: "Hi")),
            ContentCase(
                "unknown kind of media", options(["media_url": "https://a.example/1"]),
                problemsAt: ["options.media_type"]),
            ContentCase(
                "a host is no ending", options(["media_url": "https://a.png"]), problemsAt: ["options.media_type"]),
            ContentCase(
                "a query is no ending", options(["media_url": "https://a/1?x=1.png"]),
                problemsAt: ["options.media_type"]),
            ContentCase("a kind that is told", options(["media_url": "https://a.example/1", "media_type": "video"])),
            ContentCase(
                "an odd kind", options(["media_url": png, "media_type": "gif"]), problemsAt: ["options.media_type"]),
            ContentCase("audio with text", options(["media_url": "https://a/1.mp3"], body: "Hi"), problemsAt: ["body"]),
            ContentCase("audio", options(["media_url": "https://a/1.MP3?x=1"])),
        ]
        cases += [
            ContentCase("template for a body", options(["template_name": "notice"])),
            ContentCase("a body for another channel", options(["template_name": "notice"], body: text(5000))),
            ContentCase("odd name", options(["template_name": "Notice"]), problemsAt: ["options.template_name"]),
            ContentCase(
                "odd language", options(["template_name": "notice", "template_language": "en-GB"]),
                problemsAt: ["options.template_language"]),
            ContentCase(
                "variables alone", options(["template_variables": "{}"], body: "Hi"),
                problemsAt: ["options.template_variables"]),
            ContentCase("media in a template", options(["template_name": "notice", "media_url": png])),
            ContentCase(
                "audio in a template", options(["template_name": "notice", "media_url": "https://a/1.ogg"]),
                problemsAt: ["options.media_type"]),
            ContentCase(
                "everything at once", content("x", "", ["template_language": "?", "media_url": "?"]),
                problemsAt: ["to", "options.template_language", "options.media_url"]),
        ]
        try MetaAccount.kit().check(contents: cases)
    }

    @Test(arguments: [
        (#"{}"#, true), (#"{"1": "a"}"#, true), (#"{"2": "b", "1": "a"}"#, true),
        (#"{"name": "a", "day_2": "b"}"#, true),
        (#"{"header.1": "a", "1": "b", "button.0": "c", "button.9": "d"}"#, true), (#"{"header.name": "a"}"#, true),
        (#"{"2": "b"}"#, false), (#"{"0": "b"}"#, false), (#"{"01": "b"}"#, false),
        (#"{"1": "a", "name": "b"}"#, false),
        (#"{"1": 1}"#, false), (#"["a"]"#, false), ("", false), ("{", false), (#"{"Name": "a"}"#, false),
        (#"{"": "a"}"#, false), (#"{"header.": "a"}"#, false), (#"{"button.10": "a"}"#, false),
        (#"{"button.x": "a"}"#, false), (#"{"button.": "a"}"#, false), (#"{"99999999999999999999": "a"}"#, false),
        (#"{"-1": "a"}"#, false),
    ])
    func variablesForMeta(json: String, isGood: Bool) throws {
        try MetaAccount.kit().check(contents: [
            ContentCase(
                json, options(["template_name": "notice", "template_variables": json]),
                problemsAt: isGood ? [] : ["options.template_variables"])
        ])
    }

    @Test func contentForTwilio() throws {
        let template = TwilioAccount.template
        var cases = recipients + media + attachments
        cases += [
            ContentCase("no body", content("+15551230001", ""), problemsAt: ["body"]),
            ContentCase("1600 characters", content("+15551230001", text(1600, "🎉"))),
            ContentCase("1601 characters", content("+15551230001", text(1601)), problemsAt: ["body"]),
            ContentCase("template for a body", options(["content_sid": template])),
            ContentCase("a body for another channel", options(["content_sid": template], body: text(5000))),
            ContentCase("odd template", options(["content_sid": "HX1"]), problemsAt: ["options.content_sid"]),
            ContentCase("sender", options(["from": "+15550001111"], body: "Hi")),
            ContentCase("odd sender", options(["from": "ACME"], body: "Hi"), problemsAt: ["options.from"]),
            ContentCase("variables", options(["content_sid": template, "content_variables": #"{"1":"a"}"#])),
            ContentCase(
                "variables alone", options(["content_variables": "{}"], body: "Hi"),
                problemsAt: ["options.content_variables"]),
            ContentCase(
                "variables that are no object of strings",
                options(["content_sid": template, "content_variables": #"{"1":1}"#]),
                problemsAt: ["options.content_variables"]),
            ContentCase("media of any kind", options(["media_url": "https://a.example/1"], body: "Hi")),
            ContentCase("options of other channels", options(["template_name": "?", "media_type": "?"], body: "Hi")),
        ]
        try TwilioAccount.kit().check(contents: cases)
    }
}
