import ChannelConformance
import Testing
import YAMLDocument

/// Files that are broken or hostile get an answer, and a quick one.
@Suite(.timeLimit(.minutes(10))) struct YAMLLimitsTests {
    static func message(_ bytes: [UInt8]) throws -> String {
        try #require(throws: YAMLProblem.self) { try YAMLTree(parsing: bytes) }.message
    }

    @Test func `ten megabytes are refused unread`() throws {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000_000)
        #expect(try Self.message(bytes) == "the file is larger than 1024 KiB; is it the right one?")
    }

    /// 9^12 values, were they made.
    @Test func `a billion laughs are counted, not expanded`() throws {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...11 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            yaml += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(try Self.message(Array(yaml.utf8)).hasPrefix("the file holds more than 100000 values"))
    }

    @Test func `depth is counted through aliases`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try YAMLTree(parsing: Array(nested(32).utf8)) }
        #expect(try Self.message(Array(nested(33).utf8)) == "nested more than 32 levels deep")
        let aliased = "a: &a \(nested(20))\nb: [[[[[[[[[[[[*a]]]]]]]]]]]]\n"
        #expect(try Self.message(Array(aliased.utf8)) == "nested more than 32 levels deep")
    }

    /// Inputs that parsers are slow on, in flow, in block and at the top: quadratic time would show at this size.
    @Test(arguments: [
        "[", "{", "- ", "? ", "a: ", "[a,", "{a: ", "\"", "'", "&a ", "*a ", "!a ", "# \n", "%TAG !a! b\n", "a\n",
        "a: b\n", "- - ", "|\n", "a:\n", "[]: ", "\\", ": ", ",", "\u{85}", "---\n", "{},", "[],", "\"a\":",
        "- a: &a *a\n",
    ])
    func `200 kB of one pattern get an answer`(_ pattern: String) throws {
        let unit = Array(pattern.utf8)
        let bytes = (0..<200_000 / unit.count).flatMap { _ in unit }
        for prefix in ["? [\na: [", "? [\n- "] {
            #expect(try !Self.message(Array(prefix.utf8) + bytes).isEmpty)
        }
        // Alone, some are documents.
        let tree = try? YAMLTree(parsing: bytes)
        #expect(tree?.problems.contains { $0.message.isEmpty } != true)
    }

    @Test func `random bytes never crash`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<1000 {
            let count = Int.random(in: 0..<400, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            if (try? YAMLTree(parsing: bytes)) == nil { refused += 1 }
        }
        #expect(refused > 900, "seed \(seed)")
    }

    @Test func `random YAML never crashes, and its problems have places that exist`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let words = [
            "a", "b", ": ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", "\"", "'", "|\n", ">\n", "&a ",
            "*a", "# ", "? ", "!t ", "<<", "---\n", "...\n", "\\", "\t", "ż", "\r\n", "${", "%", "@",
        ]
        for _ in 0..<3000 {
            let count = Int.random(in: 1..<40, using: &random)
            let yaml = (0..<count).map { _ in words.randomElement(using: &random)! }.joined()
            let lines = yaml.split(omittingEmptySubsequences: false) { $0.isNewline }.count
            for problem in Self.problems(yaml) {
                let line = problem.position?.line ?? 1
                #expect((1...lines).contains(line), "seed \(seed): \(yaml.debugDescription)")
            }
        }
    }

    private static func problems(_ yaml: String) -> [YAMLProblem] {
        do throws(YAMLProblem) {
            return try YAMLTree(parsing: Array(yaml.utf8)).problems
        } catch {
            return [error]
        }
    }
}
