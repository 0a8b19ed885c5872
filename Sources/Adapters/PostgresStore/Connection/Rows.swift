import CLibpq
import ChannelSDK

/// The rows of one statement's answer, in binary format. Not to leave the connection's executor.
final class Rows {
    private let result: ResultHandle
    let count: Int

    init(_ result: consuming ResultHandle) {
        count = Int(PQntuples(result.pointer))
        self.result = result
    }

    var indices: Range<Int> { 0..<count }

    func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(result.pointer, Int32(row), Int32(column)) == 1 }

    private func bytes(_ row: Int, _ column: Int) -> UnsafeBufferPointer<UInt8> {
        let length = Int(PQgetlength(result.pointer, Int32(row), Int32(column)))
        guard length > 0, let start = PQgetvalue(result.pointer, Int32(row), Int32(column)) else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        return UnsafeBufferPointer(
            start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: length)
    }

    /// Of a `smallint`, `integer`, `bigint` or `boolean`; 0 for null.
    func integer(_ row: Int, _ column: Int) -> Int64 {
        let bytes = bytes(row, column)
        guard let first = bytes.first else { return 0 }
        let sign: Int64 = bytes.count > 1 && first & 0x80 != 0 ? -1 : 0
        return bytes.reduce(sign) { $0 << 8 | Int64($1) }
    }

    func int(_ row: Int, _ column: Int) -> Int { Int(integer(row, column)) }

    func timestamp(_ row: Int, _ column: Int) -> Timestamp { Timestamp(milliseconds: integer(row, column)) }

    func text(_ row: Int, _ column: Int) -> String { StoredText.read(bytes(row, column)) }

    func blob(_ row: Int, _ column: Int) -> [UInt8] { Array(bytes(row, column)) }

    func notificationID(_ row: Int, _ column: Int) -> NotificationID {
        let bytes = bytes(row, column)
        func number(_ half: some Sequence<UInt8>) -> UInt64 { half.reduce(0) { $0 << 8 | UInt64($1) } }
        return NotificationID(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
    }

    func deliveryID(_ row: Int, _ column: Int) -> DeliveryID {
        DeliveryID(
            notification: notificationID(row, column), ordinal: UInt16(truncatingIfNeeded: integer(row, column + 1)))
    }

    func optionalTimestamp(_ row: Int, _ column: Int) -> Timestamp? {
        isNull(row, column) ? nil : timestamp(row, column)
    }

    func optionalText(_ row: Int, _ column: Int) -> String? { isNull(row, column) ? nil : text(row, column) }
}
