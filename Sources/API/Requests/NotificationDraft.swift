import ChannelSDK
import Pipeline

/// One notification as the application wrote it: typed, but not yet judged.
struct NotificationDraft {
    var channel: String?
    var route: String?
    var content = MessageContent(recipient: "", body: "")
    var hasRecipient = false
    var hasBody = false
    var externalID: String?
    var urgency = NotificationClass.normal
    var metadata: [String: String] = [:]
    var window = SendWindow()
    /// In the place of a body.
    var template: TemplateDraft?
}

/// What a request says of a template: `template`, `locale` and `variables`.
struct TemplateDraft {
    var name: String?
    var locale: String?
    var variables: [String: String] = [:]
}

/// Reads one notification's JSON, gathering everything that is wrong with its fields.
struct NotificationDraftReader {
    private(set) var draft = NotificationDraft()
    private(set) var problems: [FieldProblem] = []
    private var seen: Set<String> = []

    private static let fields = [
        "attachments", "body", "channel", "class", "expiresAt", "externalId", "locale", "metadata", "notBefore",
        "options", "route", "subject", "tags", "template", "to", "variables",
    ]
    private static let maxPairs = 50

    mutating func read(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
        guard try scanner.peek() == .object else {
            problems.append(FieldProblem(field: "", message: "a notification is a JSON object"))
            return try scanner.skip()
        }
        try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
            if !seen.insert(key).inserted { note(key, "comes twice: keep one") }
            // Null is the same as leaving it out.
            if try scanner.peek() == .null, Self.fields.contains(key) { return try scanner.skip() }
            try field(key, &scanner)
        }
    }

    private mutating func field(_ key: String, _ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
        switch key {
        case "channel": draft.channel = try text(key, &scanner, 1...40)
        case "route": draft.route = try text(key, &scanner, 1...40)
        case "to":
            draft.hasRecipient = true
            draft.content.recipient = try text(key, &scanner, 1...320) ?? ""
        case "body":
            draft.hasBody = true
            draft.content.body = try text(key, &scanner, 0...100_000) ?? ""
        case "subject": draft.content.subject = try text(key, &scanner, 0...998)
        case "externalId": draft.externalID = try text(key, &scanner, 1...200)
        case "class":
            let word = try text(key, &scanner, 1...20)
            if let word { urgency(word) }
        case "expiresAt": draft.window.expiresAt = try moment(key, &scanner)
        case "notBefore": draft.window.notBefore = try moment(key, &scanner)
        case "attachments": draft.content.attachments = try attachments(key, &scanner)
        case "tags": draft.content.tags = try texts(key, &scanner)
        case "options": draft.content.options = try pairs(key, &scanner)
        case "metadata": draft.metadata = try pairs(key, &scanner)
        case "template": draft.template[or: TemplateDraft()].name = try text(key, &scanner, 1...100)
        case "locale": draft.template[or: TemplateDraft()].locale = try text(key, &scanner, 1...35)
        case "variables": draft.template[or: TemplateDraft()].variables = try pairs(key, &scanner)
        default: try unknown(key, &scanner)
        }
    }

    private mutating func urgency(_ word: String) {
        if let urgency = NotificationClass(name: word) {
            draft.urgency = urgency
        } else {
            note("class", "is 'urgent', 'normal' or 'bulk'")
        }
    }

    private mutating func unknown(_ key: String, _ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
        try scanner.skip()
        guard problems.count < 20 else { return }
        let nearest = Self.fields.min { Self.distance($0, key) < Self.distance($1, key) }
        let hint = nearest.flatMap { Self.distance($0, key) <= 2 ? "; did you mean '\($0)'?" : nil } ?? ""
        note(String(key.prefix(60)), "is not a field of a notification\(hint)")
    }

    private mutating func note(_ field: String, _ message: String) {
        problems.append(FieldProblem(field: field, message: message))
    }

    // MARK: Values

    /// Nil for what is no string of the right length, which is noted.
    private mutating func text(
        _ key: String, _ scanner: inout JSONScanner, _ length: ClosedRange<Int>
    ) throws(JSONScanner.Problem) -> String? {
        let kind = try scanner.peek()
        guard kind == .string else {
            try scanner.skip()
            note(key, "is \(kind.rawValue); it must be a string")
            return nil
        }
        let text = try scanner.string()
        let count = text.utf8.count
        guard length.contains(count) else {
            let rule = count < length.lowerBound ? "must not be empty" : "is longer than \(length.upperBound) bytes"
            note(key, rule)
            return nil
        }
        return text
    }

    private mutating func moment(
        _ key: String, _ scanner: inout JSONScanner
    ) throws(JSONScanner.Problem) -> Timestamp? {
        guard let text = try text(key, &scanner, 1...40) else { return nil }
        let moment = Timestamp(rfc3339: text)
        if moment == nil { note(key, "must be RFC 3339, e.g. 2026-03-01T09:30:00Z") }
        return moment
    }

    private mutating func texts(_ key: String, _ scanner: inout JSONScanner) throws(JSONScanner.Problem) -> [String] {
        guard try scanner.peek() == .array else {
            try scanner.skip()
            note(key, "must be a list of strings")
            return []
        }
        var texts: [String] = []
        try scanner.array { (scanner) throws(JSONScanner.Problem) in
            if let text = try text("\(key)[\(texts.count)]", &scanner, 1...100) { texts.append(text) }
        }
        if texts.count > 20 { note(key, "has more than 20 elements") }
        return texts
    }

    private mutating func attachments(
        _ key: String, _ scanner: inout JSONScanner
    ) throws(JSONScanner.Problem) -> [MessageAttachment] {
        guard try scanner.peek() == .array else {
            let isNull = try scanner.peek() == .null
            try scanner.skip()
            if !isNull { note(key, "must be a list of attachments") }
            return []
        }
        var (attachments, count): ([MessageAttachment], Int) = ([], 0)
        try scanner.array { (scanner) throws(JSONScanner.Problem) in
            defer { count += 1 }
            guard count < AttachmentReader.most else { return try scanner.skip() }
            var reader = AttachmentReader(field: "\(key)[\(count)]")
            if let attachment = try reader.read(&scanner) { attachments.append(attachment) }
            problems += reader.problems
        }
        if count > AttachmentReader.most { note(key, "has \(count) elements: at most \(AttachmentReader.most)") }
        return attachments
    }

    private mutating func pairs(
        _ key: String, _ scanner: inout JSONScanner
    ) throws(JSONScanner.Problem) -> [String: String] {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            note(key, "must be an object of strings")
            return [:]
        }
        var pairs: [String: String] = [:]
        try scanner.object { (scanner, name) throws(JSONScanner.Problem) in
            guard let value = try text("\(key).\(name.prefix(60))", &scanner, 0...4096) else { return }
            if pairs.updateValue(value, forKey: name) != nil { note("\(key).\(name.prefix(60))", "comes twice") }
        }
        if pairs.count > Self.maxPairs { note(key, "has more than \(Self.maxPairs) members") }
        return pairs
    }

    /// Levenshtein's distance, for short words; long ones are never near.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.lowercased().utf8)
        let left = Array(left.lowercased().utf8)
        guard right.count <= 30 else { return .max }
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let substituted = diagonal + (byte == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(substituted, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}

extension Optional {
    /// The value, made at its first use.
    fileprivate subscript(or first: @autoclosure () -> Wrapped) -> Wrapped {
        get { self ?? first() }
        set { self = newValue }
    }
}
