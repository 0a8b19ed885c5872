import Testing
import YAMLDocument

@Suite struct YAMLTreeTests {
    /// The tree on one line, each value with `@line:column`.
    static func dump(_ node: YAMLNode?) -> String {
        guard let node else { return "nothing" }
        let place = "@\(node.start.line):\(node.start.column)"
        switch node.content {
        case .scalar(let scalar): return (scalar.style == .plain ? scalar.text : "'\(scalar.text)'") + place
        case .sequence(let items): return "[" + items.map { dump($0) }.joined(separator: ", ") + "]" + place
        case .mapping(let entries):
            let shown = entries.map { "\($0.key)@\($0.keyStart.line):\($0.keyStart.column): \(dump($0.value))" }
            return "{" + shown.joined(separator: ", ") + "}" + place
        }
    }

    @Test(arguments: [
        ("", "nothing"),
        ("# only a comment\n", "nothing"),
        ("word", "word@1:1"),
        ("a: 1\nb:\n  c: two words # why\n", "{a@1:1: 1@1:4, b@2:1: {c@3:3: two words@3:6}@3:3}@1:1"),
        ("country: NO\nport: '8080'\n", "{country@1:1: NO@1:10, port@2:1: '8080'@2:7}@1:1"),
        ("a: [x, \"y\", [z]]", "{a@1:1: [x@1:5, 'y'@1:8, [z@1:14]@1:13]@1:4}@1:1"),
        ("- a\n- b: ~\n", "[a@1:3, {b@2:3: ~@2:6}@2:3]@1:1"),
        ("a:\nb: |\n  x\n  y\n", "{a@1:1: @1:3, b@2:1: 'x\ny\n'@2:4}@1:1"),
        ("żółć: ✓\n名: { x: 1 }\n", "{żółć@1:1: ✓@1:7, 名@2:1: {x@2:6: 1@2:9}@2:4}@1:1"),
        ("a: 1\r\nb: 2\r\n", "{a@1:1: 1@1:4, b@2:1: 2@2:4}@1:1"),
        ("\u{FEFF}a: 1\n", "{a@1:1: 1@1:4}@1:1"),
        ("---\na: 1\n...\n", "{a@2:1: 1@2:4}@2:1"),
        ("a: &x [1]\nb: *x\n", "{a@1:1: [1@1:8]@1:4, b@2:1: [1@1:8]@1:4}@1:1"),
        ("\"a b\": 1\n? c\n: 2\n", "{a b@1:1: 1@1:8, c@2:3: 2@3:3}@1:1"),
    ])
    func `values know their text, style, line and column`(_ yaml: String, _ expected: String) throws {
        let tree = try YAMLTree(parsing: Array(yaml.utf8))
        #expect(Self.dump(tree.root) == expected)
        #expect(tree.problems.isEmpty)
    }

    @Test(arguments: [
        ("a: 1\nb: 2\na: 3\na: 4\n", ["3:1 duplicate key 'a'", "4:1 duplicate key 'a'"]),
        ("a: !!int 1\nb: !x {}\n", ["1:4 tags such as", "2:4 tags such as"]),
        ("a: &a { b: 1 }\nc:\n  <<: *a\n  \"<<\": fine\n", ["3:3 merge keys"]),
        ("{ [a]: 1, {b: c}: 2 }", ["1:3 a key must be a name", "1:11 a key must be a name"]),
        ("a: \"x\\0y\"\n", ["1:4 the value contains a NUL"]),
    ])
    func `what does not keep the rest from being read is collected`(_ yaml: String, _ expected: [String]) throws {
        let tree = try YAMLTree(parsing: Array(yaml.utf8))
        #expect(tree.root != nil)
        let found = tree.problems.map { "\($0.position?.line ?? 0):\($0.position?.column ?? 0) \($0.message)" }
        #expect(found.count == expected.count)
        for (problem, start) in zip(found, expected) { #expect(problem.hasPrefix(start)) }
    }

    @Test(arguments: [
        ("a: [1, 2\nb: 3\n", 2, 2, "expected ',' or ']'"),
        ("a: \"x\n", 1, 4, "the quote that opens here"),
        ("a: 1\n b: 2\n", 2, 3, "a ':' is not allowed here"),
        ("a:\n\tb: 1\n", 2, 1, "a tab is not allowed"),
        ("a: @x\n", 1, 4, "a value cannot begin with '@'"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document"),
        ("%YAML 1.1\n---\na: 1\n", 1, 1, "directives"),
        ("a: *b\n", 1, 4, "this alias names no anchor"),
        ("a: &a\n  b: *a\n", 2, 6, "the alias '*a' stands inside"),
        ("a: żó\u{1}ć\n", 1, 6, "the character U+0001"),
    ])
    func `what is not YAML is refused at its place`(
        _ yaml: String, _ line: Int, _ column: Int, _ message: String
    ) throws {
        let problem = try #require(throws: YAMLProblem.self) { try YAMLTree(parsing: Array(yaml.utf8)) }
        #expect(problem.position == YAMLPosition(line: line, column: column))
        #expect(problem.message.hasPrefix(message), "\(problem.message)")
    }

    @Test func `a refused key is marked and kept`() throws {
        let tree = try YAMLTree(parsing: Array("a: 1\na: 2\n<<: {}\n".utf8))
        guard case .mapping(let entries)? = tree.root?.content else {
            Issue.record("no mapping")
            return
        }
        #expect(entries.map(\.isRefused) == [false, true, true])
    }
}
