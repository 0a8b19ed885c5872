/// A command and its arguments, which may hold any bytes.
struct RedisCommand: Sendable {
    /// All arguments, one after the other.
    private(set) var bytes: [UInt8] = []
    private(set) var lengths: [Int] = []

    init(_ name: String) { append(name) }

    mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        lengths.append(text.utf8.count)
    }

    mutating func append(_ argument: [UInt8]) {
        bytes.append(contentsOf: argument)
        lengths.append(argument.count)
    }

    /// One argument of two parts.
    mutating func append(_ head: [UInt8], _ rest: [UInt8]) {
        bytes.append(contentsOf: head)
        bytes.append(contentsOf: rest)
        lengths.append(head.count + rest.count)
    }

    mutating func append(_ number: Int64) { append(String(number)) }
}
