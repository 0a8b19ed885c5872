import Testing
import YAMLDocument

@Suite struct YAMLTreeTests {
    private func parse(_ text: String) throws -> YAMLTree { try YAMLTree(parsing: Array(text.utf8)) }

    @Test func everyNodeKnowsItsPlace() throws {
        let tree = try parse("a: 1\nb:\n  - ż: \"x\"\n")
        guard case .mapping(let entries)? = tree.root?.content else {
            Issue.record("the root is no mapping")
            return
        }
        #expect(entries.map(\.key) == ["a", "b"])
        #expect(entries.map(\.keyStart) == [.init(line: 1, column: 1), .init(line: 2, column: 1)])
        #expect(entries[0].value.start == .init(line: 1, column: 4))
        guard case .sequence(let items) = entries[1].value.content, case .mapping(let inner)? = items.first?.content
        else {
            Issue.record("b is no list of mappings")
            return
        }
        // Columns count characters, not bytes.
        #expect(inner[0].value.start == .init(line: 3, column: 8))
        #expect(inner[0].value.scalar == YAMLScalar(text: "x", style: .quoted))
    }

    @Test func aliasBombsAreRefusedWithoutBeingExpanded() {
        let lines = (1...60).map { level in
            "a\(level): &a\(level) [\(level == 1 ? "x" : "*a\(level - 1), *a\(level - 1)")]"
        }
        #expect(throws: YAMLProblem.self) { try parse(lines.joined(separator: "\n")) }
    }

    @Test func whatIsTooLargeOrTooDeepIsRefused() {
        #expect(throws: YAMLProblem.self) { try YAMLTree(parsing: Array(repeating: 0x61, count: 10 << 20)) }
        #expect(throws: YAMLProblem.self) { try parse(String(repeating: "[", count: 100_000)) }
    }

    @Test func junkNeverCrashes() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var state = seed
        func next() -> UInt8 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let yaml = Array("a: [1, {b: *c}]\n- &c 'x'\n? |\n  !t ---".utf8)
        for round in 0..<1000 {
            let bytes = (0..<200).map { _ in round % 2 == 0 ? next() : yaml[Int(next()) % yaml.count] }
            do throws(YAMLProblem) {
                let tree = try YAMLTree(parsing: bytes)
                #expect(tree.problems.count <= bytes.count, "seed \(seed)")
            } catch {
                #expect(!error.message.isEmpty, "seed \(seed)")
            }
        }
    }
}
