import ChannelSDK
import GRDB
import GRDBSQLite
import Pipeline

/// A prepared statement, driven through SQLite's own calls: GRDB's argument and row types cost more than the statements
/// themselves where there are thousands of rows. GRDB owns the statement and caches it.
struct RawStatement {
    private let owner: Statement
    private let handle: OpaquePointer

    /// Tells SQLite to copy the bytes before the call returns.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ database: Database, _ sql: String) throws {
        owner = try database.cachedStatement(sql: sql)
        handle = owner.sqliteStatement
        sqlite3_reset(handle)
    }

    // MARK: Parameters, from 1

    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(handle, index, value) }
    func bind(_ index: Int32, _ value: Int) { sqlite3_bind_int64(handle, index, Int64(value)) }
    func bind(_ index: Int32, _ value: Timestamp) { sqlite3_bind_int64(handle, index, value.milliseconds) }
    func bindNull(_ index: Int32) { sqlite3_bind_null(handle, index) }

    func bind(_ index: Int32, _ value: Timestamp?) {
        if let value { bind(index, value) } else { bindNull(index) }
    }

    func bind(_ index: Int32, _ value: String) {
        var value = value
        value.withUTF8 { utf8 in
            _ = utf8.withMemoryRebound(to: CChar.self) { text in
                // An empty string's address may be nil, which SQLite would take for NULL.
                text.baseAddress == nil
                    ? sqlite3_bind_text(handle, index, "", 0, Self.transient)
                    : sqlite3_bind_text(handle, index, text.baseAddress, Int32(text.count), Self.transient)
            }
        }
    }

    func bind(_ index: Int32, _ value: String?) {
        if let value { bind(index, value) } else { bindNull(index) }
    }

    /// The 16 bytes of the id, big-endian, so that ids sort in the file as they do in memory.
    func bind(_ index: Int32, _ id: NotificationID) {
        withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { bytes in
            _ = sqlite3_bind_blob(handle, index, bytes.baseAddress, 16, Self.transient)
        }
    }

    func bind(_ index: Int32, blob: [UInt8]) {
        blob.withUnsafeBytes { bytes in
            _ =
                bytes.isEmpty
                ? sqlite3_bind_zeroblob(handle, index, 0)
                : sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), Self.transient)
        }
    }

    // MARK: Steps

    /// True when there is a row to read.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure()
        }
    }

    func reset() { sqlite3_reset(handle) }

    /// Carries out a statement that returns no row, ready for the next parameters afterwards.
    func run() throws {
        let code = sqlite3_step(handle)
        let failure = code == SQLITE_DONE || code == SQLITE_ROW ? nil : failure()
        sqlite3_reset(handle)
        if let failure { throw failure }
    }

    /// Like ``run()``, with `blob` as parameter `index`, whose bytes SQLite uses where they are.
    func run(_ index: Int32, blob: [UInt8]) throws {
        try blob.withUnsafeBytes { bytes in
            if bytes.isEmpty {
                sqlite3_bind_zeroblob(handle, index, 0)
            } else {
                sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil)
            }
            defer { sqlite3_bind_null(handle, index) }
            try run()
        }
    }

    /// Calls `row` for every row.
    func forEach(_ row: (RawStatement) throws -> Void) throws {
        defer { reset() }
        while try step() { try row(self) }
    }

    /// The first row, if there is one.
    func first<Value>(_ row: (RawStatement) throws -> Value) throws -> Value? {
        defer { reset() }
        return try step() ? try row(self) : nil
    }

    // MARK: Columns, from 0

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func timestamp(_ column: Int32) -> Timestamp { Timestamp(milliseconds: integer(column)) }
    func optionalTimestamp(_ column: Int32) -> Timestamp? { isNull(column) ? nil : timestamp(column) }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func blob(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// True when the column's bytes are exactly `bytes`.
    func blob(_ column: Int32, equals bytes: [UInt8]) -> Bool {
        let count = Int(sqlite3_column_bytes(handle, column))
        guard count == bytes.count, let start = sqlite3_column_blob(handle, column) else { return bytes.isEmpty }
        return bytes.elementsEqual(UnsafeRawBufferPointer(start: start, count: count))
    }

    func notificationID(_ column: Int32) throws -> NotificationID {
        guard sqlite3_column_bytes(handle, column) == 16, let start = sqlite3_column_blob(handle, column) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a notification's id is not 16 bytes long")
        }
        return NotificationID(
            high: UInt64(bigEndian: start.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: start.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    private func failure() -> DatabaseError {
        let connection = sqlite3_db_handle(handle)
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)), sql: owner.sql)
    }
}
