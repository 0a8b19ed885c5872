public import ChannelSDK

/// The name of a backup's file: `switchboard-20270115T080000Z.backup`, with `-2` and so on for more in one second. In
/// the order of time, and without a word about what it is a backup of.
public struct BackupName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// `20270115T080000Z`.
    public let moment: String
    let number: Int

    public init(at time: Timestamp, number: Int = 1) {
        // 2027-01-15T08:00:00.000Z
        let text = time.description
        moment = text.prefix { $0 != "." && $0 != "Z" }.filter { $0 != "-" && $0 != ":" } + "Z"
        self.number = number
    }

    /// Nil for any name that is not exactly as above: no other file is ever taken for a backup.
    public init?(_ name: String) {
        guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
        let middle = name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)
        let parts = middle.split(separator: "-", omittingEmptySubsequences: false)
        guard let moment = parts.first, Self.isMoment(moment) else { return nil }
        self.moment = String(moment)
        switch parts.count {
        case 1: number = 1
        case 2:
            guard let number = Int(parts[1]), number >= 2, String(number) == parts[1] else { return nil }
            self.number = number
        default: return nil
        }
    }

    public var description: String {
        Self.prefix + moment + (number > 1 ? "-\(number)" : "") + Self.suffix
    }

    public static func < (left: BackupName, right: BackupName) -> Bool {
        (left.moment, left.number) < (right.moment, right.number)
    }

    private static let prefix = "switchboard-"
    private static let suffix = ".backup"

    private static func isMoment(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 16
            && bytes.enumerated().allSatisfy { index, byte in
                switch index {
                case 8: byte == UInt8(ascii: "T")
                case 15: byte == UInt8(ascii: "Z")
                default: (0x30...0x39).contains(byte)
                }
            }
    }
}
