import CLibpq

/// Turns libpq's errors into messages for people, without the password and without the rows' content.
struct Redaction: Sendable {
    let password: String?

    func message(of connection: OpaquePointer) -> String { clean(PQerrorMessage(connection)) }

    func failure(of result: OpaquePointer) -> PostgresFailure {
        // The primary message only: DETAIL and CONTEXT can quote what is stored.
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
        guard let state else { return .connection(clean(PQresultErrorMessage(result))) }
        return .server(state: state, message: clean(PQresultErrorField(result, Int32(UInt8(ascii: "M")))))
    }

    private func clean(_ message: UnsafePointer<CChar>?) -> String {
        let text = message.map { String(cString: $0) } ?? ""
        let lines = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
        return lines.isEmpty ? "the connection to PostgreSQL is lost" : hide(lines)
    }

    func hide(_ text: String) -> String {
        guard let password, !password.isEmpty else { return text }
        var rest = text[...]
        var result = ""
        while let found = rest.firstRange(of: password) {
            result += rest[..<found.lowerBound] + "***"
            rest = rest[found.upperBound...]
        }
        return result + rest
    }
}
