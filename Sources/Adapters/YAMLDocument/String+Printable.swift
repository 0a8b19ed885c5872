extension String {
    /// Fit for a message on one line of a terminal: characters that would steer it are escaped, and only the first
    /// `limit` characters are kept.
    public func printable(limit: Int) -> String {
        var shown = ""
        for scalar in unicodeScalars.prefix(limit) {
            shown += scalar.isPrintable ? String(scalar) : scalar.escaped(asASCII: true)
        }
        return unicodeScalars.count > limit ? shown + "…" : shown
    }
}

extension Unicode.Scalar {
    /// False for control characters, and for the invisible ones that reorder or hide text.
    public var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
        default: true
        }
    }
}
