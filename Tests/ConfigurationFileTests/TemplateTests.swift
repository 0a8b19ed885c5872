import Testing

@testable import ConfigurationFile

@Suite struct TemplateTests {
    @Test(
        arguments: [
            ("", []),
            ("plain $HOME $ $$", [.literal("plain $HOME $ $$")]),
            ("${A}", [.variable(name: "A", default: nil)]),
            (
                "x${A_1}y${b}",
                [
                    .literal("x"), .variable(name: "A_1", default: nil), .literal("y"),
                    .variable(name: "b", default: nil),
                ]
            ),
            ("${A:-}", [.variable(name: "A", default: "")]),
            ("${A:-http://x:1/$y?-}", [.variable(name: "A", default: "http://x:1/$y?-")]),
            ("${file:/run/secrets/a b}", [.file(path: "/run/secrets/a b")]),
            ("$${A}", [.literal("${A}")]),
            ("$$${A}", [.literal("$${A}")]),
            ("}${A}}", [.literal("}"), .variable(name: "A", default: nil), .literal("}")]),
        ] as [(String, [Template.Piece])])
    func `references are found`(_ text: String, _ expected: [Template.Piece]) throws {
        #expect(try Template(text).pieces.map(\.piece) == expected)
    }

    @Test(arguments: [
        ("${", 0), ("a $ $${ ${A", 3), ("${A:-${B}}", 0), ("${}", 0), ("${ A}", 0), ("${1}", 0), ("${A}${B:x}", 1),
        ("${A:-$}${file:}", 2), ("${é}", 0),
    ])
    func `a flaw names the dollar that begins it`(_ text: String, _ dollar: Int) throws {
        let flaw = try #require(throws: Template.Flaw.self) { try Template(text) }
        #expect(flaw.dollar == dollar)
    }

    @Test(arguments: [("${A}", true), ("${A:-}${file:x}", true), ("", true), ("x${A}", false), ("${A:-x}", false)])
    func `a text of references alone gives nothing away`(_ text: String, _ expected: Bool) throws {
        #expect(try Template(text).holdsOnlyReferences == expected)
    }

    @Test func `a set variable wins over its default, an empty one does not`() throws {
        let resolver = TemplateResolver(environment: ["SET": "1", "EMPTY": ""], folder: ".")
        var supplied: Set<String> = []
        let template = try Template("${SET:-a} ${EMPTY:-b} ${NONE:-c} [${EMPTY}]")
        #expect(resolver.resolve(template, supplied: &supplied).value?.text == "1 b c []")
        #expect(supplied == ["1", ""])
    }
}
