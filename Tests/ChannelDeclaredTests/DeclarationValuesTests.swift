import ChannelDeclared
import ChannelSDK
import Testing

@Suite struct DeclarationValuesTests {
    @Test(
        arguments: [
            ("", []), ("plain { } }}", [.literal("plain { } }}")]), ("{{to}}", [.placeholder(.to)]),
            ("a{{ body }}b", [.literal("a"), .placeholder(.body), .literal("b")]),
            ("{{settings.a-b}}{{options.c_1}}", [.placeholder(.setting("a-b")), .placeholder(.option("c_1"))]),
            ("{{to_digits}}{{webhook_url}}", [.placeholder(.toDigits), .placeholder(.webhookURL)]),
        ] as [(String, [TextTemplate.Piece])])
    func `placeholders are found`(_ text: String, _ pieces: [TextTemplate.Piece]) throws {
        #expect(try TextTemplate(text).pieces == pieces)
    }

    @Test(arguments: [
        ("{{", 0), ("{ {{to}} {{x}}", 3), ("{{settings.}}", 0), ("{{options}}", 0), ("{{{to}}}", 0), ("a{{to", 0),
        ("{{settings.a b.c}}", 0), ("{{TO}}", 0),
    ])
    func `a flaw names the brace that begins it`(_ text: String, _ brace: Int) throws {
        #expect(try #require(throws: TextTemplate.Flaw.self) { try TextTemplate(text) }.brace == brace)
    }

    @Test(
        arguments: [
            ("/a/0/b", .pointer(["a", "0", "b"])), ("/a~1b/~0", .pointer(["a/b", "~"])), ("/", .pointer([""])),
            ("/~01", .pointer(["~1"])), ("form:Status", .form("Status")), ("query:a:b", .query("a:b")),
            ("header:X-Id", .header("X-Id")), ("text", .text), ("a", nil), ("", nil), ("/a~2", nil), ("/a~", nil),
            ("form:", nil), ("body:x", nil),
        ] as [(String, ValueSelector?)])
    func `selectors`(_ text: String, _ selector: ValueSelector?) {
        #expect(ValueSelector(text) == selector)
    }

    /// A stored delivery is judged by this number: it must not change from release to release.
    @Test func `a graph's version is made from what it says`() {
        let statuses: [StatusGraph.Status] = [.progress("queued"), .failure("failed"), .goal("delivered")]
        let edges: [StatusGraph.Transition] = .chain("queued", "failed", "delivered")
        let version = GraphVersion.version(statuses: statuses, transitions: edges)
        #expect(version == GraphVersion.version(statuses: statuses.reversed(), transitions: edges.reversed()))
        let others = [
            GraphVersion.version(statuses: statuses, transitions: .chain("queued", "delivered", "failed")),
            GraphVersion.version(statuses: statuses + [.goal("read")], transitions: edges),
            GraphVersion.version(
                statuses: [.progress("queued"), .goal("failed"), .goal("delivered")], transitions: edges),
        ]
        #expect(!others.contains(version) && Set(others).count == 3)
        #expect(version == 2_002_932_347)
    }
}
