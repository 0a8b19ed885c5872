import Foundation
import NIOCore
import Testing

@testable import ProviderSandbox

/// Files that come with mails, in the ways of the providers.
@Suite("attachments") struct AttachmentTests {
    private static let json: [(name: String, provider: String, files: String, isTaken: Bool)] = [
        ("sound", "sendgrid", #"{"content":"AQID","filename":"a","type":"a/b"}"#, true),
        ("inline", "sendgrid", #"{"content":"AQID","filename":"a","disposition":"inline","content_id":"c"}"#, true),
        ("no id", "sendgrid", #"{"content":"AQID","filename":"a","disposition":"inline"}"#, false),
        ("no base64", "sendgrid", #"{"content":"A!","filename":"a"}"#, false),
        ("no name", "sendgrid", #"{"content":"AQID"}"#, false),
        ("sound", "postmark", #"{"Content":"AQID","Name":"a","ContentType":"a/b"}"#, true),
        ("no type", "postmark", #"{"Content":"AQID","Name":"a"}"#, false),
        ("no base64", "postmark", #"{"Content":"AQI","Name":"a","ContentType":"a/b"}"#, false),
        ("sound", "resend", #"{"content":"AQID","filename":"a"}"#, true),
        ("a link", "resend", #"{"path":"https://a.example/a","filename":"a"}"#, true),
        ("both", "resend", #"{"path":"https://a.example/a","content":"AQID","filename":"a"}"#, false),
        ("neither", "resend", #"{"filename":"a"}"#, false),
        ("sound", "ses", #"{"RawContent":"AQID","FileName":"a","ContentDisposition":"INLINE","ContentId":"c"}"#, true),
        ("an odd word", "ses", #"{"RawContent":"AQID","FileName":"a","ContentDisposition":"inline"}"#, false),
        ("no base64", "ses", #"{"RawContent":"AQI","FileName":"a"}"#, false),
        ("no name", "ses", #"{"RawContent":"AQID"}"#, false),
    ]

    @Test(arguments: json.indices)
    func inJSON(_ index: Int) throws {
        let (name, provider, file, isTaken) = Self.json[index]
        let files = try? Self.files(provider, file)
        #expect((files?.count == 1) == isTaken, "\(provider), \(name)")
        if isTaken { #expect(files?.first?.name == "a" && [3, nil].contains(files?.first?.size)) }
    }

    private static func files(_ provider: String, _ file: String) throws -> [SubmittedFile] {
        func buffer(_ fields: String) -> ByteBuffer { ByteBuffer(string: "{\(fields)}") }
        switch provider {
        case "sendgrid":
            return try SendGridRequest(
                buffer(
                    #""personalizations":[{"to":[{"email":"a@b.example"}]}],"from":{"email":"c@d.example"},"#
                        + #""subject":"s","content":[{"type":"text/plain","value":"t"}],"attachments":[\#(file)]"#)
            ).attachments
        case "postmark":
            return try PostmarkRequest(
                buffer(#""From":"c@d.example","To":"a@b.example","TextBody":"t","Attachments":[\#(file)]"#)
            ).attachments
        case "resend":
            return try ResendRequest(
                buffer(#""from":"c@d.example","to":"a@b.example","subject":"s","text":"t","attachments":[\#(file)]"#)
            ).attachments
        default:
            return try SESRequest(
                buffer(
                    #""FromEmailAddress":"c@d.example","Destination":{"ToAddresses":["a@b.example"]},"Content":{"Simple":"#
                        + #"{"Subject":{"Data":"s"},"Body":{"Text":{"Data":"t"}},"Attachments":[\#(file)]}}"#)
            ).attachments
        }
    }

    @Test func inAMultipartForm() throws {
        func part(_ disposition: String, _ content: String, type: String = "") -> String {
            "--b\r\nContent-Disposition: form-data; \(disposition)\r\n\(type)\r\n\(content)\r\n"
        }
        let fields =
            part("name=\"from\"", "c@d.example") + part("name=\"to\"", "a@b.example") + part("name=\"text\"", "t\r\n--")
        let file = part(
            "name=\"attachment\"; filename=\"a;%22b%22.pdf\"", "\r\n--c\r\n", type: "Content-Type: a/b\r\n")
        let type = "multipart/form-data; boundary=b"
        let request = try MailgunRequest(ByteBuffer(string: fields + file + "--b--\r\n"), contentType: type)
        #expect(request.body == "t\r\n--")
        #expect(
            request.attachments == [
                SubmittedFile(name: "a;\"b\".pdf", mediaType: "a/b", bytes: Data("\r\n--c\r\n".utf8))
            ])
        for broken in [fields + file, "", "--b--", fields + "--b\r\nno header", file + "--b--\r\n"] {
            #expect(throws: MailgunError.self, "\(broken)") {
                try MailgunRequest(ByteBuffer(string: broken), contentType: type)
            }
        }
    }

    @Test func inAMail() {
        func lines(_ text: String) -> String { text.replacingOccurrences(of: "\n", with: "\r\n") }
        let mail = """
            Subject: x
            Content-Type: multipart/mixed;
             boundary="m"

            --m
            Content-Type: multipart/related; type="text/html"; boundary="r"

            --r
            Content-Type: text/html

            <p>
            --r
            Content-Type: image/png
            Content-Transfer-Encoding: base64
            Content-Disposition: inline; filename="a;b.png"
            Content-ID: <c>

            AQID
            --r--
            --m
            Content-Type: application/pdf
            Content-Transfer-Encoding: base64
            Content-Disposition: attachment;
             filename*0*=UTF-8''%C3%BC+;
             filename*1*=b.pdf

            JVBE
            Rg==
            --m--

            """
        let files = MailFiles(lines(mail))
        #expect(files.problem == nil)
        #expect(
            files.files == [
                SubmittedFile(name: "a;b.png", mediaType: "image/png", contentID: "c", bytes: Data([1, 2, 3])),
                SubmittedFile(name: "ü+b.pdf", mediaType: "application/pdf", bytes: Data("%PDF".utf8)),
            ])
        #expect(MailFiles(lines(mail.replacing("AQID", with: "A?ID"))).problem != nil)
        #expect(MailFiles(lines(mail.replacing("--m--", with: ""))).problem != nil)
        #expect(MailFiles(lines("Subject: x\n\nHi")).files.isEmpty)
    }
}
