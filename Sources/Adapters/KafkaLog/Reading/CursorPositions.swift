import Pipeline

/// The offset to read next of each partition. Written `0:12,1:9`.
struct CursorPositions: Equatable {
    private(set) var offsets: [Int64]

    init(_ offsets: [Int64]) { self.offsets = offsets }

    init(_ cursor: LogCursor, partitions: Int) throws(LogError) {
        let parts = cursor.text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == partitions else { throw .badCursor }
        offsets = []
        for (partition, part) in parts.enumerated() {
            let prefix = "\(partition):"
            guard part.hasPrefix(prefix) else { throw .badCursor }
            let digits = part.utf8.dropFirst(prefix.utf8.count)
            guard let first = digits.first, (0x30...0x39).contains(first), let offset = Int64(Substring(digits)) else {
                throw .badCursor
            }
            offsets.append(offset)
        }
    }

    subscript(partition: Int) -> Int64 {
        get { offsets[partition] }
        set { offsets[partition] = newValue }
    }

    var cursor: LogCursor {
        LogCursor(offsets.enumerated().map { "\($0.offset):\($0.element)" }.joined(separator: ","))
    }
}
