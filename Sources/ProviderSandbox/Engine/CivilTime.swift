import FoundationEssentials

/// A point in time as the calendar fields (UTC) that providers print.
struct CivilTime: Sendable, Hashable {
    let year: Int
    let month: Int
    let day: Int
    let secondOfDay: Int
    let millisecond: Int
    /// 0 = Thursday, the first day of 1970.
    let weekday: Int

    /// - Parameter milliseconds: since 1970, not negative.
    init(milliseconds: Int64) {
        let seconds = Int(milliseconds / 1000)
        let days = seconds / 86_400
        secondOfDay = seconds % 86_400
        millisecond = Int(milliseconds % 1000)
        weekday = days % 7
        // Years begin in March here, so that the leap day is the last one.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Milliseconds since 1970.
    static func now() -> Int64 {
        Int64(Date().timeIntervalSince1970 * 1000)
    }

    /// `Thu, 24 Aug 2023 05:01:45 +0000`
    var rfc2822: String {
        "\(Self.weekdays[weekday]), \(pad(day)) \(Self.months[month - 1]) \(year) \(clock) +0000"
    }

    /// `2023-08-24T05:01:45.123Z`
    var iso8601: String {
        let milliseconds = millisecond < 100 ? "0" + pad(millisecond) : "\(millisecond)"
        return "\(year)-\(pad(month))-\(pad(day))T\(clock).\(milliseconds)Z"
    }

    /// `2023-08-24 05:01:45`
    var plain: String { "\(year)-\(pad(month))-\(pad(day)) \(clock)" }

    /// `2308240501`: YYMMDDhhmm, as carriers stamp delivery receipts.
    var receiptDate: String {
        "\(pad(year % 100))\(pad(month))\(pad(day))\(pad(secondOfDay / 3600))\(pad(secondOfDay / 60 % 60))"
    }

    private var clock: String {
        "\(pad(secondOfDay / 3600)):\(pad(secondOfDay / 60 % 60)):\(pad(secondOfDay % 60))"
    }

    private func pad(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
