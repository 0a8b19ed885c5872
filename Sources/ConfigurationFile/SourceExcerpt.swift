internal import YAMLDocument

/// One line of the file and the place in it that is meant.
public struct SourceExcerpt: Sendable, Hashable, CustomStringConvertible {
    /// The line; secrets are masked, control characters replaced, long lines cut.
    public let text: String
    /// The characters of `text` before the place.
    public let caret: Int

    /// The line, and below it a caret under the place.
    public var description: String { "\(text)\n\(String(repeating: " ", count: caret))^" }
}

extension SourceExcerpt {
    static let mask = "•••"
    private static let width = 120

    /// - Parameters:
    ///   - column: the place, from 1.
    ///   - masked: columns (from 1) that must not be shown.
    init(line: String, column: Int, masked: [Range<Int>]) {
        var shown: [Unicode.Scalar] = []
        var caret: Int?
        var lastMask: Range<Int>?
        for (offset, scalar) in line.unicodeScalars.enumerated() {
            if let range = masked.first(where: { $0.contains(offset + 1) }) {
                if lastMask.map({ !$0.overlaps(range) }) ?? true { shown += Array(Self.mask.unicodeScalars) }
                lastMask =
                    lastMask.map { min($0.lowerBound, range.lowerBound)..<max($0.upperBound, range.upperBound) }
                    ?? range
                if offset + 1 == column { caret = max(0, shown.count - Self.mask.unicodeScalars.count) }
            } else {
                if offset + 1 == column { caret = shown.count }
                shown.append(scalar == "\t" ? " " : scalar.isPrintable ? scalar : "\u{FFFD}")
            }
        }
        self.init(fitting: shown, caret: caret ?? shown.count)
    }

    /// Cuts a long line so that the caret stays in view.
    private init(fitting scalars: [Unicode.Scalar], caret: Int) {
        guard scalars.count > Self.width else {
            self.init(text: Self.string(scalars[...]), caret: caret)
            return
        }
        let start = max(0, min(caret - Self.width / 2, scalars.count - Self.width))
        let end = min(scalars.count, start + Self.width)
        let head = start > 0 ? "…" : ""
        let tail = end < scalars.count ? "…" : ""
        self.init(text: head + Self.string(scalars[start..<end]) + tail, caret: caret - start + head.count)
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
