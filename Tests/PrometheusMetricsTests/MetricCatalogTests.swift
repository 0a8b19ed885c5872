import Foundation
import Pipeline
import Testing

/// What Prometheus asks of names, and what docs/metrics.md says of each metric.
@Suite(.timeLimit(.minutes(10)))
struct MetricCatalogTests {
    @Test func namesAreThereOnce() {
        #expect(Set(MetricDefinition.all.map(\.name)).count == MetricDefinition.all.count)
    }

    @Test(arguments: MetricDefinition.all)
    func followsTheConventions(definition: MetricDefinition) {
        let name = definition.name
        let isWord = { (word: String) in word.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "_") } }
        #expect(isWord(name) && definition.labels.allSatisfy(isWord))
        #expect(name.hasPrefix("switchboard_") || name.hasPrefix("process_"))
        #expect(!definition.help.isEmpty && !definition.help.contains("\n"))
        #expect(!definition.labels.contains("le"))
        switch definition.kind {
        case .counter: #expect(name.hasSuffix("_total"))
        case .gauge: #expect(!name.hasSuffix("_total"))
        case .histogram(let bounds):
            #expect(name.hasSuffix("_seconds"))
            #expect(!bounds.isEmpty && bounds == bounds.sorted() && Set(bounds).count == bounds.count)
        }
    }

    /// A label's values must be known at the start: these are. Another needs a thought before it is added here.
    @Test(arguments: MetricDefinition.all)
    func labelsAreKnown(definition: MetricDefinition) {
        let known: Set = [
            "channel", "class", "kind", "method", "outcome", "reason", "result", "route", "routes", "stage", "state",
            "status",
        ]
        #expect(known.isSuperset(of: definition.labels))
    }
}

/// The reference lists every metric as it is, and none besides.
@Suite(.timeLimit(.minutes(10)))
struct MetricReferenceTests {
    static let reference: [String] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = (try? String(contentsOf: root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("| `switchboard_") || $0.hasPrefix("| `process_")
        }
    }()

    static func row(_ definition: MetricDefinition) -> String {
        let labels = definition.labels.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(definition.name)` | \(definition.kind.name) | \(labels) | \(definition.help) |"
    }

    @Test func listsEveryMetricInOrder() {
        #expect(Self.reference == MetricDefinition.all.map(Self.row))
    }
}
