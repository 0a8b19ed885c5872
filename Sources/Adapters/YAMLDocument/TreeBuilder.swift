/// Makes the tree from libyaml's events. It counts as it goes, so that what is beyond the limits costs nothing.
struct TreeBuilder: ~Copyable {
    /// A value with its size: an alias shares the anchor's storage, but counts in full.
    private struct Measured {
        let node: YAMLNode
        let nodes: Int
        let depth: Int
    }

    private let events: EventReader
    private let limits: YAMLLimits
    private var nodes = 0
    private var anchors: [String: Measured] = [:]
    /// Anchors of values that are not complete yet.
    private var openAnchors: Set<String> = []
    private(set) var problems: [YAMLProblem] = []

    init(events: consuming EventReader, limits: YAMLLimits) {
        self.events = events
        self.limits = limits
    }

    /// - Returns: nil when there is no document.
    mutating func document() throws(YAMLProblem) -> YAMLNode? {
        guard case .documentStart = try events.next().event else { return nil }
        let first = try events.next()
        let root = try node(first, depth: 1)
        _ = try events.next()
        let last = try events.next()
        guard case .streamEnd = last.event else {
            throw YAMLProblem("a second document begins here; a file holds one, so remove '---'", at: last.start)
        }
        if root.node.scalar?.isAbsent == true { return nil }
        return root.node
    }

    private mutating func node(_ first: LocatedEvent, depth: Int) throws(YAMLProblem) -> Measured {
        switch first.event {
        case .scalar(let scalar, let properties):
            try count(1, depth: depth, at: first.start)
            if scalar.text.unicodeScalars.contains("\0") {
                problems.append(YAMLProblem("the value contains a NUL character; remove '\\0'", at: first.start))
            }
            let node = YAMLNode(.scalar(scalar), start: first.start, end: first.end)
            return remember(Measured(node: node, nodes: 1, depth: 1), properties, at: first.start)
        case .sequenceStart(let properties):
            return try collection(first, properties, depth: depth) { builder, event throws(YAMLProblem) in
                try builder.sequence(event, depth: depth)
            }
        case .mappingStart(let properties):
            return try collection(first, properties, depth: depth) { builder, event throws(YAMLProblem) in
                try builder.mapping(event, depth: depth)
            }
        case .alias(let name): return try alias(name, depth: depth, at: first.start)
        case .collectionEnd, .documentStart, .documentEnd, .streamEnd:
            throw YAMLProblem("expected a value here", at: first.start)
        }
    }

    private mutating func collection(
        _ first: LocatedEvent, _ properties: NodeProperties, depth: Int,
        _ read: (inout TreeBuilder, LocatedEvent) throws(YAMLProblem) -> Measured
    ) throws(YAMLProblem) -> Measured {
        try count(1, depth: depth, at: first.start)
        if let anchor = properties.anchor { openAnchors.insert(anchor) }
        let value = try read(&self, first)
        if let anchor = properties.anchor { openAnchors.remove(anchor) }
        return remember(value, properties, at: first.start)
    }

    private mutating func sequence(_ first: LocatedEvent, depth: Int) throws(YAMLProblem) -> Measured {
        var items: [YAMLNode] = []
        var (size, height) = (1, 0)
        while true {
            let event = try events.next()
            if case .collectionEnd = event.event {
                let node = YAMLNode(.sequence(items), start: first.start, end: event.end)
                return Measured(node: node, nodes: size, depth: height + 1)
            }
            let item = try node(event, depth: depth + 1)
            items.append(item.node)
            size += item.nodes
            height = max(height, item.depth)
        }
    }

    private mutating func mapping(_ first: LocatedEvent, depth: Int) throws(YAMLProblem) -> Measured {
        var entries: [YAMLEntry] = []
        var lines: [String: Int] = [:]
        var (size, height) = (1, 0)
        while true {
            let event = try events.next()
            if case .collectionEnd = event.event {
                let node = YAMLNode(.mapping(entries), start: first.start, end: event.end)
                return Measured(node: node, nodes: size, depth: height + 1)
            }
            let key = try node(event, depth: depth + 1)
            let value = try node(try events.next(), depth: depth + 1)
            size += key.nodes + value.nodes
            height = max(height, key.depth, value.depth)
            let problem = Self.problem(with: key.node.scalar, at: event.start, firstLines: &lines)
            if let problem { problems.append(problem) }
            entries.append(
                YAMLEntry(
                    key: key.node.scalar?.text ?? "", keyStart: event.start, value: value.node,
                    isRefused: problem != nil))
        }
    }

    private static func problem(
        with key: YAMLScalar?, at start: YAMLPosition, firstLines: inout [String: Int]
    ) -> YAMLProblem? {
        guard let key else { return YAMLProblem("a key must be a name, not a list or a mapping", at: start) }
        if key.text == "<<", key.style == .plain {
            let advice = "write the keys out, or use an alias as the value of one key"
            return YAMLProblem("merge keys (<<) are not supported; \(advice)", at: start)
        }
        if let line = firstLines[key.text] {
            let name = key.text.printable(limit: 40)
            return YAMLProblem("duplicate key '\(name)'; it was first given in line \(line)", at: start)
        }
        firstLines[key.text] = start.line
        return nil
    }

    private mutating func alias(_ name: String, depth: Int, at start: YAMLPosition) throws(YAMLProblem) -> Measured {
        let shown = name.printable(limit: 40)
        guard !openAnchors.contains(name) else {
            throw YAMLProblem("the alias '*\(shown)' stands inside the value that it names", at: start)
        }
        guard let value = anchors[name] else {
            // Not the name: it may be a secret that begins with '*' and lacks its quotes.
            throw YAMLProblem(
                "this alias names no anchor; define it with '&' before, or quote a text that begins with '*'",
                at: start)
        }
        try count(value.nodes, depth: depth + value.depth - 1, at: start)
        return value
    }

    private mutating func remember(_ value: Measured, _ properties: NodeProperties, at start: YAMLPosition) -> Measured
    {
        if properties.isTagged {
            problems.append(
                YAMLProblem("tags such as !name are not supported; write the value without it", at: start))
        }
        if let anchor = properties.anchor { anchors[anchor] = value }
        return value
    }

    private mutating func count(_ added: Int, depth: Int, at start: YAMLPosition) throws(YAMLProblem) {
        guard depth <= limits.depth else {
            throw YAMLProblem("nested more than \(limits.depth) levels deep", at: start)
        }
        nodes += added
        guard nodes <= limits.nodes else {
            throw YAMLProblem("the file holds more than \(limits.nodes) values, aliases counted in full", at: start)
        }
    }
}
