/// What must hold before libyaml sees the bytes: UTF-8 text without control characters, and no directives.
///
/// libyaml would refuse most of this too, but without a line, and it takes quadratic time over many `%TAG` lines.
enum InputCheck {
    static func check(_ bytes: [UInt8]) throws(YAMLProblem) {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw YAMLProblem("the file is UTF-16; save it as UTF-8", at: nil)
        }
        var position = YAMLPosition(line: 1, column: 1)
        var decoder = UTF8()
        var input = YAMLSource.withoutByteOrderMark(bytes).makeIterator()
        var previous: Unicode.Scalar = "\n"
        while true {
            switch decoder.decode(&input) {
            case .emptyInput: return
            case .error: throw YAMLProblem("the file is not UTF-8 text", at: position)
            case .scalarValue(let scalar):
                if let message = refusal(of: scalar, atLineStart: position.column == 1) {
                    throw YAMLProblem(message, at: position)
                }
                position = after(scalar, previous: previous, at: position)
                previous = scalar
            }
        }
    }

    private static func after(
        _ scalar: Unicode.Scalar, previous: Unicode.Scalar, at position: YAMLPosition
    ) -> YAMLPosition {
        switch (previous, scalar) {
        case ("\r", "\n"): position
        case (_, "\n"), (_, "\r"): YAMLPosition(line: position.line + 1, column: 1)
        default: YAMLPosition(line: position.line, column: position.column + 1)
        }
    }

    private static func refusal(of scalar: Unicode.Scalar, atLineStart: Bool) -> String? {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: nil
        case 0: "the file contains a NUL byte; is it a text file?"
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
            "the character U+\(hexadecimal(scalar)) is not allowed; remove it"
        case 0x25 where atLineStart: "directives such as %TAG are not supported; remove the line"
        default: nil
        }
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
