/// Durations as the file writes them: a whole number and a unit.
public enum DurationText {
    private static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Nil: it is not so written, e.g. `30s` or `90d`.
    public static func parse(_ text: String) -> Duration? {
        let (digits, rest) = text.splitAfterDigits
        guard let count = Int(digits), let unit = units.first(where: { $0.name == rest }) else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        return overflow ? nil : .milliseconds(milliseconds)
    }

    /// In the largest unit that leaves no rest, except that up to three days are given in hours.
    static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        if milliseconds == 0 { return "0s" }
        let unit = units.first {
            milliseconds % $0.milliseconds == 0 && ($0.name != "d" || milliseconds > 3 * $0.milliseconds)
        }
        return unit.map { "\(milliseconds / $0.milliseconds)\($0.name)" } ?? "\(milliseconds)ms"
    }
}
