internal import CLibyaml

/// What libyaml tells of the document, in order, as plain Swift values.
enum Event {
    /// The text, how it was written, its anchor and whether it has a tag.
    case scalar(YAMLScalar, NodeProperties)
    case sequenceStart(NodeProperties)
    case mappingStart(NodeProperties)
    case collectionEnd
    case alias(String)
    case documentStart
    case documentEnd
    case streamEnd
}

struct NodeProperties {
    let anchor: String?
    let isTagged: Bool
}

struct LocatedEvent {
    let event: Event
    let start: YAMLPosition
    let end: YAMLPosition
}

/// Owns one libyaml parser and the bytes that it reads.
struct EventReader: ~Copyable {
    /// libyaml keeps pointers into both until the parser is deleted, so both live at fixed addresses.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let isReady: Bool

    init(_ bytes: ArraySlice<UInt8>) {
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        isReady = yaml_parser_initialize(parser) == 1
        guard isReady else { return }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        if isReady { yaml_parser_delete(parser) }
        parser.deallocate()
        input.deallocate()
    }

    /// - Throws: where and why the text is not YAML.
    func next() throws(YAMLProblem) -> LocatedEvent {
        guard isReady else { throw YAMLProblem("there is no memory to read the file", at: nil) }
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
            defer { yaml_event_delete(&event) }
            if let translated = Self.translate(event) {
                return LocatedEvent(
                    event: translated, start: YAMLPosition(event.start_mark), end: YAMLPosition(event.end_mark))
            }
        }
    }

    /// Nil for events that say nothing about the document.
    private static func translate(_ event: yaml_event_t) -> Event? {
        switch event.type {
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            return .scalar(scalar(data), NodeProperties(data.anchor, data.tag))
        case YAML_SEQUENCE_START_EVENT:
            return .sequenceStart(NodeProperties(event.data.sequence_start.anchor, event.data.sequence_start.tag))
        case YAML_MAPPING_START_EVENT:
            return .mappingStart(NodeProperties(event.data.mapping_start.anchor, event.data.mapping_start.tag))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .collectionEnd
        case YAML_ALIAS_EVENT: return .alias(String(libyaml: event.data.alias.anchor) ?? "")
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return .streamEnd
        default: return nil
        }
    }

    private static func scalar(_ data: yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar) -> YAMLScalar {
        let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
        return YAMLScalar(text: text, style: data.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .quoted)
    }

    private func problem() -> YAMLProblem {
        let state = parser.pointee
        guard state.error != YAML_MEMORY_ERROR else {
            return YAMLProblem("there is no memory to read the file", at: nil)
        }
        let source = YAMLSource(Array(input))
        let position = source.clamped(YAMLPosition(state.problem_mark))
        return SyntaxComplaint(
            problem: state.problem.map { String(cString: $0) } ?? "not valid YAML",
            position: position,
            character: source.character(at: position),
            context: state.context.map { String(cString: $0) },
            contextPosition: YAMLPosition(state.context_mark)
        ).explained
    }
}

extension NodeProperties {
    fileprivate init(_ anchor: UnsafeMutablePointer<yaml_char_t>?, _ tag: UnsafeMutablePointer<yaml_char_t>?) {
        self.anchor = String(libyaml: anchor)
        self.isTagged = tag != nil
    }
}

extension YAMLPosition {
    /// libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }
}

extension String {
    /// A copy of a NUL-terminated string of libyaml's.
    fileprivate init?(libyaml text: UnsafeMutablePointer<yaml_char_t>?) {
        guard let text else { return nil }
        self.init(cString: text)
    }
}
