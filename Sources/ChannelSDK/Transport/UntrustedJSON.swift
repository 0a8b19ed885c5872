import FoundationEssentials

/// JSON that somebody else wrote: whatever the bytes are, the answer is a value or nil.
///
/// `JSONDecoder` bounds the depth by itself, but traps on a text that ends right where it becomes too deep (513 times
/// `[`, swift-foundation of Swift 6.3), so it is not shown what is far deeper than any provider's JSON.
public enum UntrustedJSON {
    private static let deepest = 64

    /// The value that `bytes` are in JSON, or nil.
    public static func decode<Value: Decodable>(_: Value.Type = Value.self, from bytes: some Sequence<UInt8>) -> Value?
    {
        let bytes = Array(bytes)
        guard isShallow(bytes) else { return nil }
        return try? JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    /// Up to the first thing that is not JSON this counts as the decoder does, and further the decoder does not read. A
    /// zero byte is never JSON in UTF-8, and without one there are no brackets in UTF-16.
    private static func isShallow(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if byte == 0 { return false }
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > deepest { return false }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return true
    }
}
