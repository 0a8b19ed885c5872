import Pipeline

/// JSON as a value, with its members in the order in which they were written: what descriptions are made of.
indirect enum JSONTree: Sendable, Hashable {
    struct Member: Sendable, Hashable {
        let name: String
        let value: JSONTree
    }

    case text(String)
    case number(Int)
    case flag(Bool)
    case list([JSONTree])
    case object([Member])

    /// The value of a member; nil where there is none.
    subscript(_ name: String) -> JSONTree? { members.first { $0.name == name }?.value }

    var members: [Member] { if case .object(let members) = self { members } else { [] } }
    var elements: [JSONTree] { if case .list(let elements) = self { elements } else { [] } }
    var string: String? { if case .text(let text) = self { text } else { nil } }

    /// The object with more members.
    func with(_ more: [Member]) -> JSONTree { .object(members + more) }

    /// The object with one more member; itself for nil.
    func with(_ name: String, _ value: JSONTree?) -> JSONTree {
        guard let value else { return self }
        return with([Member(name: name, value: value)])
    }

    // MARK: Text

    func write(to json: inout JSONWriter) {
        switch self {
        case .text(let text): json.value(text)
        case .number(let number): json.value(number)
        case .flag(let flag): json.value(flag)
        case .list(let elements): json.array { json in for element in elements { element.write(to: &json) } }
        case .object(let members):
            json.object { json in
                for member in members {
                    json.key(member.name)
                    member.value.write(to: &json)
                }
            }
        }
    }

    var bytes: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.takeBytes()
    }

    /// For people: a member a line.
    func indented(_ margin: String = "") -> String {
        let deeper = margin + "  "
        switch self {
        case .list(let elements) where !elements.isEmpty:
            return "[\n" + elements.map { deeper + $0.indented(deeper) }.joined(separator: ",\n") + "\n\(margin)]"
        case .object(let members) where !members.isEmpty:
            let lines = members.map { deeper + JSONTree.text($0.name).line + ": " + $0.value.indented(deeper) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
        default: return line
        }
    }

    private var line: String { String(decoding: bytes, as: UTF8.self) }
}

extension JSONTree: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral text: String) { self = .text(text) }
    init(integerLiteral number: Int) { self = .number(number) }
    init(booleanLiteral flag: Bool) { self = .flag(flag) }
    init(arrayLiteral elements: JSONTree...) { self = .list(elements) }
    init(dictionaryLiteral members: (String, JSONTree)...) {
        self = .object(members.map { Member(name: $0.0, value: $0.1) })
    }
}
