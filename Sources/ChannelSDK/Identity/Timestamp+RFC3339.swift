extension Timestamp {
    /// A moment as somebody else has written it, in the form of RFC 3339: `2026-03-01T09:30:00Z`,
    /// `2026-03-01 10:30:00.125+01:00`. A fraction of a second may have any number of digits; it is cut to milliseconds.
    ///
    /// Nil for anything else: a date that no calendar has, a time without an offset, and whatever stands before or behind.
    /// So it tells a caller's mistakes, which Foundation's formats let pass.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45, [84, 116, 32].contains(bytes[10]), bytes[13] == 58,
            bytes[16] == 58, let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let hour = Self.number(bytes[11..<13]),
            let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19]),
            let (millisecond, rest) = Self.fraction(bytes[19...]), let offset = Self.offset(rest),
            let local = Timestamp(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second,
                millisecond: millisecond)
        else { return nil }
        self = local - .seconds(offset * 60)
    }

    /// Whole milliseconds, and what stands behind the fraction; zero where there is none.
    private static func fraction(_ bytes: ArraySlice<UInt8>) -> (milliseconds: Int, rest: ArraySlice<UInt8>)? {
        guard bytes.first == UInt8(ascii: ".") else { return (0, bytes) }
        let digits = bytes.dropFirst().prefix { (48...57).contains($0) }
        guard !digits.isEmpty, let milliseconds = number((digits.prefix(3) + [48, 48]).prefix(3)) else { return nil }
        return (milliseconds, bytes[digits.endIndex...])
    }

    /// In minutes.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
        if bytes.elementsEqual([90]) || bytes.elementsEqual([122]) { return 0 }
        let bytes = Array(bytes)
        guard bytes.count == 6, bytes[0] == 43 || bytes[0] == 45, bytes[3] == 58, let hours = number(bytes[1..<3]),
            let minutes = number(bytes[4..<6]), hours < 24, minutes < 60
        else { return nil }
        return (bytes[0] == 45 ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }
}
