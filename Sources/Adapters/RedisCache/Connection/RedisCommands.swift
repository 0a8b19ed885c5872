/// Commands and their arguments, which may hold any bytes, in the form in which they are sent.
struct RedisCommands: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0
    /// Arguments that the last command was said to have, and has not.
    private var missing = 0

    /// - Parameter size: about how many bytes there will be.
    init(reserving size: Int = 96) { bytes.reserveCapacity(size) }

    /// The first of them.
    init(_ name: String, arguments: Int = 0, reserving size: Int = 96) {
        self.init(reserving: size)
        begin(name, arguments: arguments)
    }

    var isComplete: Bool { missing == 0 }

    /// One more command, whose arguments are appended next.
    mutating func begin(_ name: String, arguments: Int) {
        precondition(isComplete, "a command lacks arguments")
        count += 1
        missing = arguments + 1
        append(UInt8(ascii: "*"), count: arguments + 1)
        append(name)
    }

    mutating func append(_ other: RedisCommands) {
        precondition(isComplete && other.isComplete, "a command lacks arguments")
        bytes += other.bytes
        count += other.count
    }

    // MARK: Arguments

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
        bytes += head
        bytes += rest
        end()
    }

    mutating func append(_ number: Int64) { append(String(number)) }

    private mutating func begin(_ length: Int) {
        precondition(!isComplete, "a command has too many arguments")
        missing -= 1
        append(UInt8(ascii: "$"), count: length)
    }

    private mutating func append(_ mark: UInt8, count: Int) {
        bytes.append(mark)
        if count < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(count))
        } else {
            bytes.append(contentsOf: String(count).utf8)
        }
        end()
    }

    private mutating func end() {
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }
}
