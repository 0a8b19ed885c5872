/// The 36 ASCII characters of a UUID, eight digits at a time, each in a byte of a word: ids are read and written a hundred
/// thousand times a second.
enum UUIDText {
    static let length = 36

    /// In either case; nil for anything else.
    static func read(_ text: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64)? {
        guard text.count == length, text[8] == hyphen, text[13] == hyphen, text[18] == hyphen, text[23] == hyphen,
            let first = number(eight(text, 0)), let second = number(four(text, 9) | four(text, 14) << 32),
            let third = number(four(text, 19) | four(text, 24) << 32), let fourth = number(eight(text, 28))
        else { return nil }
        return (first << 32 | second, third << 32 | fourth)
    }

    /// Writes the characters, in lower case, at the start of `text`, which has room for them.
    static func write(_ high: UInt64, _ low: UInt64, to text: UnsafeMutableRawBufferPointer) {
        let (second, third) = (digits(high & 0xFFFF_FFFF), digits(low >> 32))
        text.storeBytes(of: digits(high >> 32).littleEndian, as: UInt64.self)
        store(second, text, 9)
        store(second >> 32, text, 14)
        store(third, text, 19)
        store(third >> 32, text, 24)
        text.storeBytes(of: digits(low & 0xFFFF_FFFF).littleEndian, toByteOffset: 28, as: UInt64.self)
        text[8] = hyphen
        text[13] = hyphen
        text[18] = hyphen
        text[23] = hyphen
    }

    private static var hyphen: UInt8 { UInt8(ascii: "-") }

    private static func eight(_ text: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    private static func four(_ text: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    private static func store(_ four: UInt64, _ text: UnsafeMutableRawBufferPointer, _ offset: Int) {
        text.storeBytes(of: UInt32(truncatingIfNeeded: four).littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// What eight hexadecimal digits say, the first of them in the lowest byte; nil where one is none.
    private static func number(_ digits: UInt64) -> UInt64? {
        let isLetter = atLeast(digits | each(0x20), 0x61) & ~atLeast(digits | each(0x20), 0x67)
        let isDigit = atLeast(digits, 0x30) & ~atLeast(digits, 0x3A)
        guard digits & each(0x80) == 0, isLetter | isDigit == each(0x80) else { return nil }
        var word = (digits & each(0x0F)) + (isLetter >> 7) &* 9
        // The first of two neighbours is the higher one: four bits become eight, then 16, then 32.
        word = (word << 4 | word >> 8) & 0x00FF_00FF_00FF_00FF
        word = (word << 8 | word >> 16) & 0x0000_FFFF_0000_FFFF
        return (word << 16 | word >> 32) & 0xFFFF_FFFF
    }

    /// The eight hexadecimal digits of 32 bits, the first of them in the lowest byte.
    private static func digits(_ number: UInt64) -> UInt64 {
        var word = (number >> 16 | number << 32) & 0x0000_FFFF_0000_FFFF
        word = (word >> 8 | word << 16) & 0x00FF_00FF_00FF_00FF
        word = (word >> 4 | word << 8) & each(0x0F)
        let isLetter = atLeast(word, 10) >> 7
        return word + each(0x30) + isLetter &* 0x27
    }

    /// The highest bit of each byte that is `least` or more, of bytes below 128.
    private static func atLeast(_ bytes: UInt64, _ least: UInt8) -> UInt64 {
        ((bytes | each(0x80)) &- each(least)) & each(0x80)
    }

    private static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
}
