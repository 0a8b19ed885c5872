import Pipeline

/// Writes Prometheus's text format, version 0.0.4.
struct PrometheusText {
    private(set) var bytes: [UInt8] = []

    mutating func head(_ definition: MetricDefinition) {
        write("# HELP \(definition.name) \(Self.escaped(definition.help, quotes: false))\n")
        write("# TYPE \(definition.name) \(definition.kind.name)\n")
    }

    mutating func sample(_ definition: MetricDefinition, _ labels: [String], _ value: Double) {
        line(definition.name, Array(zip(definition.labels, labels)), value)
    }

    /// - Parameter counts: for each bound, and for what is beyond the last.
    mutating func histogram(
        _ definition: MetricDefinition, _ labels: [String], _ bounds: [Double], _ counts: [Int64], sum: Double
    ) {
        let pairs = Array(zip(definition.labels, labels))
        var total: Int64 = 0
        for (bound, count) in zip(bounds.map(Self.number) + ["+Inf"], counts) {
            total += count
            line(definition.name + "_bucket", pairs + [("le", bound)], Double(total))
        }
        line(definition.name + "_sum", pairs, sum)
        line(definition.name + "_count", pairs, Double(total))
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
        write(name)
        if !labels.isEmpty {
            let pairs = labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
            write("{\(pairs.joined(separator: ","))}")
        }
        write(" \(Self.number(value))\n")
    }

    private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Whole numbers without a fraction, as people read them.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || $0 == 0x22 }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
