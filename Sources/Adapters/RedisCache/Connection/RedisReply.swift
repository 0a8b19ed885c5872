import CHiredis

/// What Redis answered to one command.
enum RedisReply: Sendable, Hashable {
    case null
    case bytes([UInt8])
    case integer(Int64)
    case status(String)
    case array([RedisReply])
    /// E.g. `WRONGTYPE Operation against a key holding the wrong kind of value`.
    case error(String)

    init(_ reply: redisReply) {
        switch reply.type {
        case REDIS_REPLY_STRING: self = .bytes(Self.bytes(of: reply))
        case REDIS_REPLY_STATUS: self = .status(String(decoding: Self.bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: Self.bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
        case REDIS_REPLY_ARRAY:
            // hiredis refuses answers that are nested more than seven deep.
            self = .array(
                UnsafeBufferPointer(start: reply.element, count: reply.elements).map { element in
                    element.map { RedisReply($0.pointee) } ?? .null
                })
        default: self = .null
        }
    }

    private static func bytes(of reply: redisReply) -> [UInt8] {
        UnsafeRawBufferPointer(start: reply.str, count: reply.str == nil ? 0 : reply.len).withMemoryRebound(
            to: UInt8.self
        ) { Array($0) }
    }

    var bytes: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }

    var errorText: String? {
        guard case .error(let text) = self else { return nil }
        return text
    }

    /// Errors of a server that can't serve now, as a whole: one that loads its data, a copy without its original, one
    /// that has become a copy.
    var endsTheConnection: Bool {
        guard let text = errorText else { return false }
        return ["LOADING", "MASTERDOWN", "READONLY"].contains { text.hasPrefix($0) }
    }
}
