import ChannelSDK
import Pipeline

/// Reads what an operator decides about a held delivery: `{"decision": "resend" | "give_up", "delivery": "…"}`.
struct ResolutionReader {
    private(set) var decision: DeliveryReport.Resolution?
    /// Nil: the one that is held.
    private(set) var delivery: DeliveryID?
    private(set) var problems: [FieldProblem] = []

    mutating func read(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
        guard try scanner.peek() == .object else {
            note("", "a decision is a JSON object")
            return try scanner.skip()
        }
        var hasDecision = false
        try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
            let word = try text(key, &scanner)
            switch key {
            case "decision":
                hasDecision = true
                if let word { decide(word) }
            case "delivery":
                if let word { name(word) }
            default: note(String(key.prefix(60)), "is not a field of a decision")
            }
        }
        if !hasDecision { note("decision", "is required: 'resend' or 'give_up'") }
    }

    private mutating func decide(_ word: String) {
        switch word {
        case "resend": decision = .resend
        case "give_up": decision = .giveUp
        default: note("decision", "is 'resend' or 'give_up'")
        }
    }

    private mutating func name(_ word: String) {
        delivery = DeliveryID(word)
        if delivery == nil { note("delivery", "is not an id of a delivery, as GET /notifications/{id} shows it") }
    }

    private mutating func text(
        _ key: String, _ scanner: inout JSONScanner
    ) throws(JSONScanner.Problem) -> String? {
        guard try scanner.peek() == .string else {
            try scanner.skip()
            note(String(key.prefix(60)), "must be a string")
            return nil
        }
        return try scanner.string()
    }

    private mutating func note(_ field: String, _ message: String) {
        guard problems.count < 20 else { return }
        problems.append(FieldProblem(field: field, message: message))
    }
}
