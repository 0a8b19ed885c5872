internal import YAMLDocument

/// A named order of channels, by rules: the first rule that fits a notification gives its channels.
public struct Route: Sendable, Hashable {
    public struct Rule: Sendable, Hashable {
        public var condition: Condition
        /// Names of channel instances: a permanent failure on one goes on to the next.
        public var channels: [String]

        public init(condition: Condition = Condition(), channels: [String]) {
            self.condition = condition
            self.channels = channels
        }
    }

    /// Every list that is not empty must have an entry that fits; without any list, everything fits.
    public struct Condition: Sendable, Hashable {
        /// A tag of the notification equals one of these.
        public var tags: [String]
        /// The recipient begins with one of these country prefixes, each `+` and digits.
        public var countries: [String]
        /// The recipient's domain, the part behind `@`, is one of these, in lower case.
        public var domains: [String]

        public init(tags: [String] = [], countries: [String] = [], domains: [String] = []) {
            self.tags = tags
            self.countries = countries
            self.domains = domains
        }

        public var isEmpty: Bool { tags.isEmpty && countries.isEmpty && domains.isEmpty }
    }

    public var name: String
    public var rules: [Rule]

    public init(name: String, rules: [Rule]) {
        self.name = name
        self.rules = rules
    }
}

extension Route {
    static func all(in section: inout Section, leaving: Set<String>) -> [Route] {
        let check = section.check
        let help = "Named orders of channels: a list of rules each, of which the first that fits is taken."
        let node = section.node("routes", "a mapping from names to lists of rules", .none, help)
        let reader = RouteReader(check: check, channels: check.channelNames, leaving: leaving)
        if check.reference != nil { _ = reader.rule(in: [], path: "routes.NAME[]", at: section.position) }
        guard let node else { return [] }
        return check.named(node, path: "routes", what: "route") { name, entry, path in
            reader.rules(in: entry.value, path: path).map { Route(name: name, rules: $0) }
        }
    }
}

extension FileCheck {
    /// The names under `channels:`, right or wrong.
    var channelNames: [String] {
        positions.keys.compactMap { path in
            let parts = path.split(separator: ".")
            return parts.count == 2 && parts[0] == "channels" ? String(parts[1]) : nil
        }.sorted()
    }
}

/// Reads the rules of routes.
private struct RouteReader {
    let check: FileCheck
    let channels: [String]
    /// Those of them that take nothing new.
    let leaving: Set<String>

    func rules(in node: YAMLNode, path: String) -> [Route.Rule]? {
        guard case .sequence(let items) = node.content, !items.isEmpty else {
            check.error(
                "\(path) must be a list of rules, not \(isEmptyList(node) ? "an empty one" : node.typeName)",
                at: node.start)
            return nil
        }
        var rules: [Route.Rule] = []
        var catchAll: YAMLPosition?
        for (index, item) in items.enumerated() {
            if let catchAll {
                let reason = "the rule in line \(catchAll.line) has no conditions and takes everything"
                check.warning("\(path)[\(index)] is never reached: \(reason)", at: item.start)
            }
            guard let entries = check.entries(of: item, path: "\(path)[\(index)]") else { continue }
            let errors = check.errorCount
            let rule = rule(in: entries, path: "\(path)[\(index)]", at: item.start)
            // A condition that is wrong may be meant to be narrow.
            let isClear = check.errorCount == errors || !entries.contains { $0.key == "when" }
            if rule.condition.isEmpty, isClear, catchAll == nil { catchAll = item.start }
            rules.append(rule)
        }
        return rules
    }

    func rule(in entries: [YAMLEntry], path: String, at position: YAMLPosition) -> Route.Rule {
        var section = Section(path: path, position: position, entries: entries, check: check)
        let errors = check.errorCount
        let condition = section.section("when", "What the rule is for; without it, for everything.") {
            self.condition(&$0)
        }
        if section.has("when"), condition.isEmpty, check.errorCount == errors {
            check.warning("\(path).when holds no condition, so it fits everything", at: section.position(of: "when"))
        }
        let channel = ValueKind<String>.one(of: channels, noun: "channel")
        let names = section.list("channels", channel, "The channels in order; the next is taken when one fails.")
        if names == nil, !section.has("channels") { section.reportMissing("channels") }
        checkOrder(names ?? [], section)
        section.finish()
        return Route.Rule(condition: condition, channels: names ?? [])
    }

    private func condition(_ section: inout Section) -> Route.Condition {
        let tags = section.list("tags", .text, "One of the notification's tags is one of these.")
        let countries = section.list("country", .country, "The phone number begins with one of these.")
        let domains = section.list("domain", .domain, "The email address is at one of these.")
        if countries?.isEmpty == false, domains?.isEmpty == false {
            check.warning(
                "\(section.path) asks for a phone number and an email address at once, so it never fits",
                at: section.position)
        }
        return Route.Condition(tags: tags ?? [], countries: countries ?? [], domains: domains ?? [])
    }

    private func checkOrder(_ names: [String], _ section: Section) {
        for name in names where leaving.contains(name) {
            check.error(
                "\(section.path).channels names '\(name)', which takes nothing new (channels.\(name).removal): remove it "
                    + "from the route", at: section.position(of: "channels"))
        }
        if Set(names).count < names.count {
            check.warning(
                "\(section.path).channels names a channel twice; it is tried once", at: section.position(of: "channels")
            )
        }
    }

    private func isEmptyList(_ node: YAMLNode) -> Bool {
        if case .sequence(let items) = node.content { items.isEmpty } else { false }
    }
}

extension ValueKind<String> {
    fileprivate static let country = ValueKind(
        expectation: "a country prefix such as \"+48\"",
        parse: { (text) throws(Mismatch) in
            let digits = text.dropFirst().utf8
            let isPrefix = (1...7).contains(digits.count) && digits.allSatisfy { (48...57).contains($0) }
            guard text.hasPrefix("+"), isPrefix else { throw Mismatch() }
            return text
        }, format: { $0 })

    fileprivate static let domain = ValueKind(
        expectation: "a domain such as example.com",
        parse: { (text) throws(Mismatch) in
            guard WebAddress.isDomain(text) else { throw Mismatch() }
            return text.lowercased()
        }, format: { $0 })
}
