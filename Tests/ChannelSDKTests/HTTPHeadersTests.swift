import ChannelSDK
import Testing

@Suite struct HTTPHeadersTests {
    @Test func namesCompareWithoutCase() {
        var headers: HTTPHeaders = ["Content-Type": "a", "X": "1", "x": "2"]
        #expect(headers["content-TYPE"] == "a")
        #expect(headers["Content_Type"] == nil)
        #expect(headers["X"] == "1")
        #expect(headers.values(of: "x") == ["1", "2"])
        headers["x"] = "3"
        #expect(headers.values(of: "X") == ["3"])
        headers.add("X", "4")
        #expect(headers.values(of: "x") == ["3", "4"])
        headers["X"] = nil
        #expect(headers.fields == [.init(name: "Content-Type", value: "a")])
    }

    /// `@` and `` ` ``, `[` and `{` differ in the same bit as upper and lower case do.
    @Test func onlyLettersHaveACase() {
        let headers: HTTPHeaders = ["@[": "1"]
        #expect(headers["`{"] == nil)
        #expect(headers["@["] == "1")
    }

    @Test(arguments: [
        ("https://u:hush@api.example.com/x?token=hush", "POST api.example.com"), ("http://a:80", "POST a:80"),
        ("", "POST "),
        ("hush", "POST "), ("https://a.example?token=hush", "POST a.example"),
        ("https://a.example#hush", "POST a.example"),
    ])
    func aRequestsDescriptionShowsTheHostOnly(url: String, description: String) {
        let request = HTTPRequest(url: url, headers: ["Authorization": "hush"], body: Array("hush".utf8))
        #expect(request.description == description)
    }
}
