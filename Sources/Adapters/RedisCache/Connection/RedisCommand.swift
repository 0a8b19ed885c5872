/// A command and its arguments, which may hold any bytes, in the form in which they are sent.
struct RedisCommand: Sendable {
    /// The arguments, each with its length before it.
    private(set) var bytes: [UInt8] = []
    private var count = 0

    init(_ name: String) {
        bytes.reserveCapacity(96)
        append(name)
    }

    /// What is sent before ``bytes``.
    var head: String { "*\(count)\r\n" }

    mutating func append(_ text: String) { append(text, "") }

    mutating func append(_ argument: [UInt8]) { append(argument, []) }

    /// One argument of two parts.
    mutating func append(_ head: String, _ rest: String) {
        begin(head.utf8.count + rest.utf8.count)
        bytes.append(contentsOf: head.utf8)
        bytes.append(contentsOf: rest.utf8)
        end()
    }

    /// One argument of two parts.
    mutating func append(_ head: [UInt8], _ rest: [UInt8]) {
        begin(head.count + rest.count)
        bytes.append(contentsOf: head)
        bytes.append(contentsOf: rest)
        end()
    }

    mutating func append(_ number: Int64) { append(String(number)) }

    private mutating func begin(_ length: Int) {
        count += 1
        let size = String(length)
        bytes.reserveCapacity(bytes.count + length + size.utf8.count + 5)
        bytes.append(UInt8(ascii: "$"))
        bytes.append(contentsOf: size.utf8)
        end()
    }

    private mutating func end() {
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }
}
