/// Texts as PostgreSQL can hold them: its `text` has no NUL, providers' texts may.
///
/// NUL is stored as the noncharacter U+10FFFE followed by `0`, and U+10FFFE itself as U+10FFFE followed by `1`, so
/// every text comes back as it was and two different texts never become one. All others are stored as they are.
enum StoredText {
    private static let escape: [UInt8] = [0xF4, 0x8F, 0xBF, 0xBE]

    static func write(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { source in
            // No other scalar begins with the escape's first byte but those of the last plane: nearly no text does.
            guard source.contains(where: { $0 == 0 || $0 == 0xF4 }) else { return bytes.append(contentsOf: source) }
            var rest = source[...]
            while let first = rest.first {
                if first == 0 {
                    bytes += escape + [UInt8(ascii: "0")]
                    rest = rest.dropFirst()
                } else if rest.starts(with: escape) {
                    bytes += escape + [UInt8(ascii: "1")]
                    rest = rest.dropFirst(4)
                } else {
                    bytes.append(first)
                    rest = rest.dropFirst()
                }
            }
        }
    }

    static func read(_ source: UnsafeBufferPointer<UInt8>) -> String {
        guard source.contains(0xF4) else { return String(decoding: source, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = source[...]
        while let first = rest.first {
            if rest.starts(with: escape), rest.count > 4 {
                if rest[rest.startIndex + 4] == UInt8(ascii: "0") { bytes.append(0) } else { bytes += escape }
                rest = rest.dropFirst(5)
            } else {
                bytes.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
