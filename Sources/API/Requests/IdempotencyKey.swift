import ChannelSDK
import HTTPTypes
import Hummingbird

/// The `Idempotency-Key` of a request, as the IETF's draft has it: a structured string, `"…"`; without the quotes it is
/// taken, too.
struct IdempotencyKey {
    static let header = HTTPField.Name("Idempotency-Key")!
    static let maxLength = 200

    let text: String

    /// Nil: the request has none.
    static func read(_ request: Request) throws(ProblemDetails) -> IdempotencyKey? {
        guard let value = request.headers[Self.header] else { return nil }
        guard let key = parse(value) else {
            throw ProblemDetails(
                .badRequest, "The Idempotency-Key is not valid",
                errors: [
                    FieldProblem(
                        field: "Idempotency-Key",
                        message: "is one string of 1 to \(maxLength) visible ASCII characters, e.g. "
                            + "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"")
                ])
        }
        return IdempotencyKey(text: key)
    }

    static func parse(_ value: String) -> String? {
        let bytes = Array(value.utf8)
        let key = bytes.first == UInt8(ascii: "\"") ? unquoted(bytes) : bare(bytes)
        guard let key, (1...maxLength).contains(key.count) else { return nil }
        return String(decoding: key, as: UTF8.self)
    }

    /// What has no quotes has no spaces either, nor what would make several values of it.
    private static func bare(_ bytes: [UInt8]) -> [UInt8]? {
        let isToken = bytes.allSatisfy { (0x21...0x7E).contains($0) && !"\"\\,;".utf8.contains($0) }
        return isToken ? bytes : nil
    }

    private static func unquoted(_ bytes: [UInt8]) -> [UInt8]? {
        var key: [UInt8] = []
        var rest = bytes.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return rest.isEmpty ? key : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), "\"\\".utf8.contains(escaped) else { return nil }
                key.append(escaped)
            case 0x20...0x7E: key.append(byte)
            default: return nil
            }
        }
        return nil
    }
}
