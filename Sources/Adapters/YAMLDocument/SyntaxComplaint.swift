/// What libyaml says when the text is not YAML, and the same in words that tell what to do.
struct SyntaxComplaint {
    let problem: String
    let position: YAMLPosition
    /// What stands there.
    let character: Unicode.Scalar?
    /// What libyaml was reading, e.g. "while scanning a quoted scalar", and where that began.
    let context: String?
    let contextPosition: YAMLPosition

    var explained: YAMLProblem {
        let message =
            switch problem {
            case "found unexpected end of stream" where isInQuotes,
                "found unexpected document indicator" where isInQuotes:
                "the quote that opens here is not closed"
            case _ where character == "\t": "a tab is not allowed here; indent with spaces"
            case "found character that cannot start any token":
                "a value cannot begin with \(character.map { "'\($0)'" } ?? "this character"); put it in quotes"
            case "mapping values are not allowed in this context":
                "a ':' is not allowed here; check the indentation, or put the value in quotes"
            case "did not find expected key":
                "expected a key here\(opened("mapping")); check the indentation and the quotes"
            case "did not find expected '-' indicator":
                "expected '-' here\(opened("list")); check the indentation"
            case "did not find expected ',' or ']'": "expected ',' or ']' here\(opened("list"))"
            case "did not find expected ',' or '}'": "expected ',' or '}' here\(opened("mapping"))"
            case "could not find expected ':'": "expected ':' after the key\(opened("key"))"
            case "did not find expected node content": "expected a value here"
            case "found unknown escape character":
                "unknown escape in double quotes; use single quotes to take '\\' as it stands"
            case "found undefined tag handle": "tags such as !name are not supported; write the value without it"
            case "block sequence entries are not allowed in this context": "a '-' is not allowed here; start a new line"
            default: "not valid YAML: \(problem)"
            }
        return YAMLProblem(message, at: isInQuotes && message.hasPrefix("the quote") ? contextPosition : position)
    }

    private var isInQuotes: Bool { context == "while scanning a quoted scalar" }

    private func opened(_ what: String) -> String {
        context == nil || contextPosition.line == position.line
            ? "" : " to go on with the \(what) of line \(contextPosition.line)"
    }
}
