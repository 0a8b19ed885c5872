/// A moment of wall-clock time: milliseconds since 1970-01-01T00:00:00Z.
///
/// Providers send any number as a time: arithmetic that would leave the range stays at its end.
public struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Since 1970-01-01 00:00:00 UTC.
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// `seconds` since 1970, as most providers count.
    public init(seconds: Int64) { self.milliseconds = Duration.seconds(seconds).wholeMilliseconds }

    /// Before every other.
    public static let distantPast = Timestamp(milliseconds: 0)
    /// Later than any real moment, with room left for adding durations.
    public static let distantFuture = Timestamp(milliseconds: 1 << 52)

    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// So much later.
    public static func + (moment: Self, duration: Duration) -> Self {
        Timestamp(milliseconds: moment.milliseconds.addingOrStaying(duration.wholeMilliseconds))
    }

    /// The time from the second moment to the first.
    public static func - (moment: Self, duration: Duration) -> Self {
        Timestamp(milliseconds: moment.milliseconds.addingOrStaying(-duration.wholeMilliseconds))
    }

    /// The time from `earlier` to this moment; negative when `earlier` is later.
    public func since(_ earlier: Self) -> Duration { .milliseconds(milliseconds) - .milliseconds(earlier.milliseconds) }

    /// RFC 3339 in UTC with milliseconds, e.g. `2026-03-01T09:30:00.125Z`.
    public var description: String {
        let (days, millisecondOfDay) = milliseconds.flooredQuotientAndRemainder(by: 86_400_000)
        let (year, month, day) = Self.civil(fromDays: days)
        let seconds = millisecondOfDay / 1000
        let parts: [(value: Int64, width: Int, behind: Unicode.Scalar)] = [
            (year, 4, "-"), (month, 2, "-"), (day, 2, "T"), (seconds / 3600, 2, ":"), (seconds / 60 % 60, 2, ":"),
            (seconds % 60, 2, "."), (millisecondOfDay % 1000, 3, "Z"),
        ]
        guard (0...9999).contains(year) else { return Self.wide(parts) }
        return String(unsafeUninitializedCapacity: 24) { buffer in
            var end = 0
            for part in parts {
                var rest = part.value
                for place in stride(from: end + part.width - 1, through: end, by: -1) {
                    buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
                end += part.width + 1
                buffer[end - 1] = UInt8(ascii: part.behind)
            }
            return end
        }
    }

    /// For years of more than four digits, and those before year 0.
    private static func wide(_ parts: [(value: Int64, width: Int, behind: Unicode.Scalar)]) -> String {
        parts.reduce(into: "") { text, part in
            let digits = String(part.value)
            text += String(repeating: "0", count: max(0, part.width - digits.count)) + digits
            text.unicodeScalars.append(part.behind)
        }
    }

    /// Days and civil dates convert by Howard Hinnant's published algorithm, which holds for all years of interest.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotientAndRemainder(by: 146_097).quotient
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The moment of a civil date and time in UTC; nil when a part is out of its range.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0)
    {
        guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second), (0...999).contains(millisecond)
        else { return nil }
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = shiftedYear.flooredQuotientAndRemainder(by: 400).quotient
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        guard case let civil = Self.civil(fromDays: days), civil.day == Int64(day), civil.month == Int64(month) else {
            return nil  // such as 31 June
        }
        let seconds = days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        self.init(milliseconds: seconds * 1000 + Int64(millisecond))
    }
}

extension Duration {
    /// Rounded toward zero; a longer duration than 73 million years stays there.
    public var wholeMilliseconds: Int64 {
        let limit = Int64.max / 4
        let (seconds, attoseconds) = components
        guard seconds.magnitude < limit.magnitude / 1000 else { return seconds < 0 ? -limit : limit }
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}

extension Int64 {
    /// The sum, or the end of the range on its side.
    fileprivate func addingOrStaying(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }

    fileprivate func flooredQuotientAndRemainder(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
