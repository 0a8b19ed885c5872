/// The text of a file by lines, for messages that show them. Any bytes will do: what is not UTF-8 shows as U+FFFD.
public struct YAMLSource: Sendable {
    private let bytes: ArraySlice<UInt8>
    /// Where each line begins and where its text ends (before the line break).
    private let lines: [Range<Int>]

    public init(_ bytes: [UInt8]) {
        self.bytes = Self.withoutByteOrderMark(bytes)
        self.lines = Self.split(self.bytes)
    }

    /// - Parameter number: from 1.
    /// - Returns: nil when there is no such line.
    public func line(_ number: Int) -> String? {
        guard lines.indices.contains(number - 1) else { return nil }
        return String(decoding: bytes[lines[number - 1]], as: UTF8.self)
    }

    func character(at position: YAMLPosition) -> Unicode.Scalar? {
        line(position.line)?.unicodeScalars.dropFirst(position.column - 1).first
    }

    /// `position`, or the end of the last line for one behind it: libyaml puts the file's end on a line of its own.
    func clamped(_ position: YAMLPosition) -> YAMLPosition {
        guard position.line > lines.count, let text = line(lines.count) else { return position }
        return YAMLPosition(line: lines.count, column: text.unicodeScalars.count + 1)
    }

    /// Where in the file the `index`th (from 0) occurrence of `character` between two positions stands.
    public func position(
        ofOccurrence index: Int, of character: Unicode.Scalar, from start: YAMLPosition, to end: YAMLPosition
    ) -> YAMLPosition? {
        var remaining = index
        for number in start.line...max(start.line, end.line) {
            guard let text = line(number) else { return nil }
            for (offset, scalar) in text.unicodeScalars.enumerated() where scalar == character {
                let position = YAMLPosition(line: number, column: offset + 1)
                guard position >= start, position < end else { continue }
                if remaining == 0 { return position }
                remaining -= 1
            }
        }
        return nil
    }

    static func withoutByteOrderMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    }

    /// Lines end at LF, CR or both, as libyaml counts them (``InputCheck`` refuses Unicode's other line breaks).
    private static func split(_ bytes: ArraySlice<UInt8>) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = index + 1
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                lines.append(start..<index)
                let isPair = byte == UInt8(ascii: "\r") && next < bytes.endIndex && bytes[next] == UInt8(ascii: "\n")
                start = isPair ? next + 1 : next
                index = start
            } else {
                index = next
            }
        }
        if start < bytes.endIndex { lines.append(start..<bytes.endIndex) }
        return lines
    }
}
