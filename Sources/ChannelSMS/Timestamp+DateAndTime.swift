import ChannelSDK

extension Timestamp {
    /// `2026-03-01 09:30:00` or `2026-03-01T09:30:00.125Z`, in UTC: date and time, a fraction of a second (cut to
    /// milliseconds) and a `Z` or nothing. Nil for anything else.
    init?(dateAndTime text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 19, [4, 7].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            [13, 16].allSatisfy({ bytes[$0] == UInt8(ascii: ":") }), " Tt".utf8.contains(bytes[10]),
            let millisecond = Self.millisecond(bytes[19...])
        else { return nil }
        let numbers = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19].compactMap { Self.number(bytes[$0]) }
        guard numbers.count == 6 else { return nil }
        self.init(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers[5], millisecond: millisecond)
    }

    /// Of what follows the seconds; nil when that is neither a fraction nor `Z`.
    private static func millisecond(_ rest: ArraySlice<UInt8>) -> Int? {
        let fraction = rest.last == UInt8(ascii: "Z") || rest.last == UInt8(ascii: "z") ? rest.dropLast() : rest
        guard let dot = fraction.first else { return 0 }
        guard dot == UInt8(ascii: "."), fraction.count > 1, number(fraction.dropFirst().suffix(1)) != nil else {
            return nil
        }
        return number((fraction.dropFirst().prefix(3) + Array("00".utf8)).prefix(3))
    }

    /// Of decimal digits, few enough for an `Int`.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
    }
}
