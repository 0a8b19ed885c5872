import ChannelSDK

extension Timestamp {
    /// Reads `2026-03-01T09:30:00Z`, with any fraction of a second (cut to milliseconds) and any offset from UTC.
    init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45, bytes[10] | 0x20 == 116 || bytes[10] == 32,
            bytes[13] == 58, bytes[16] == 58
        else { return nil }
        let parts = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19].compactMap { Self.number(bytes[$0]) }
        guard parts.count == 6 else { return nil }
        var end = 19
        var millisecond = 0
        if bytes[19] == UInt8(ascii: ".") {
            let digits = bytes[20...].prefix { (48...57).contains($0) }
            guard !digits.isEmpty else { return nil }
            end = digits.endIndex
            millisecond = Self.number((Array(digits) + [48, 48])[..<3]) ?? 0
        }
        guard let offset = Self.offset(bytes[end...]),
            let local = Timestamp(
                year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4], second: parts[5],
                millisecond: millisecond)
        else { return nil }
        self = local - .seconds(offset * 60)
    }

    /// In minutes.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let sign = bytes.first else { return nil }
        if sign | 0x20 == 122 { return bytes.count == 1 ? 0 : nil }
        let rest = Array(bytes.dropFirst())
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), rest.count == 5, rest[2] == 58,
            let hours = number(rest[..<2]), let minutes = number(rest[3...]), hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
    }
}
