import NIOCore

extension ByteBuffer {
    /// Writes one entry of the ledger as a JSON object.
    /// - Parameter position: 1 for the first entry.
    mutating func writeJSON(_ entry: LedgerEntry, position: Int) {
        writeString(#"{"position":\#(position),"provider":"\#(entry.provider)","delivery":"#)
        writeJSON(entry.delivery)
        writeStaticString(",\"sid\":")
        writeJSON(entry.taken.first?.sid)
        writeStaticString(",\"to\":")
        writeJSON(entry.to)
        writeStaticString(",\"bodySHA256\":")
        writeJSON(entry.bodyHash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        writeString(#","timesAccepted":\#(entry.attempts.accepted),"attempts":"#)
        writeJSON(entry.attempts)
        let planned = entry.taken.reduce(0) { $0 + ($1.isDropped ? 0 : $1.planned) }
        let isDropped = entry.taken.contains(where: \.isDropped)
        writeString(#","reportsPlanned":\#(planned),"reportsPending":\#(entry.reportsPending)"#)
        writeString(#","reportsGivenUp":\#(entry.reportsGivenUp),"dropped":\#(isDropped),"finalStatus":"#)
        writeJSON(entry.finalStatus)
        if !entry.attachments.isEmpty {
            writeStaticString(",\"attachments\":[")
            writeList(entry.attachments) { $0.writeJSON($1) }
            writeStaticString("]")
        }
        writeStaticString(",\"accepted\":[")
        writeList(entry.taken) { $0.writeJSON($1) }
        writeStaticString("],\"reports\":[")
        writeList(entry.reports) { $0.writeJSON($1, of: entry) }
        writeStaticString("]}")
    }

    private mutating func writeJSON(_ taken: LedgerEntry.Taken) {
        writeStaticString("{\"sid\":")
        writeJSON(taken.sid)
        writeString(#","answered":\#(taken.isAnswered),"reports":\#(taken.planned)"#)
        writeString(#","dropped":\#(taken.isDropped),"shuffled":\#(taken.isShuffled)}"#)
    }

    private mutating func writeJSON(_ report: LedgerEntry.Report, of entry: LedgerEntry) {
        writeStaticString("{\"sid\":")
        writeJSON(entry.taken[Int(report.message)].sid)
        writeStaticString(",\"status\":")
        writeJSON(entry.life.steps[Int(report.step)].status)
        writeString(#","try":\#(report.attempt),"at":"\#(CivilTime(milliseconds: report.time).iso8601)","#)
        writeString(#""answer":\#(report.answer.map { String($0) } ?? "null")}"#)
    }

    private mutating func writeJSON(_ attempts: LedgerEntry.Attempts) {
        writeNumbers([
            ("answered", attempts.answered), ("answerLost", attempts.answerLost), ("hung", attempts.hung),
            ("hungTaken", attempts.hungTaken), ("refused", attempts.refused), ("throttled", attempts.throttled),
            ("closed", attempts.closed), ("rejected", attempts.rejected),
        ])
    }

    /// Writes the ledger's totals as a JSON object.
    mutating func writeJSON(_ summary: LedgerSummary) {
        let attempts = summary.attempts
        writeNumbers([
            ("messages", summary.messages), ("requests", attempts.total), ("accepted", attempts.accepted),
            ("duplicates", summary.duplicates), ("answered", attempts.answered), ("answersLost", attempts.answerLost),
            ("hangs", attempts.hung), ("hangsTaken", attempts.hungTaken), ("closed", attempts.closed),
            ("unanswered", attempts.unanswered), ("refused", attempts.refused), ("throttled", attempts.throttled),
            ("rejected", attempts.rejected), ("reportsPlanned", summary.reportsPlanned),
            ("reportsDropped", summary.reportsDropped), ("reportsSent", summary.reportsSent),
            ("reportsAcknowledged", summary.reportsAcknowledged), ("reportsFailed", summary.reportsFailed),
            ("reportsGivenUp", summary.reportsGivenUp), ("reportsPending", summary.reportsPending),
            ("inboundSent", summary.inboundSent), ("inboundAcknowledged", summary.inboundAcknowledged),
            ("inboundGivenUp", summary.inboundGivenUp),
        ])
    }

    private mutating func writeNumbers(_ numbers: [(name: StaticString, value: Int)]) {
        writeStaticString("{")
        writeList(numbers) { $0.writeString("\"\($1.name)\":\($1.value)") }
        writeStaticString("}")
    }

    private mutating func writeList<Element>(_ elements: [Element], _ write: (inout ByteBuffer, Element) -> Void) {
        for (index, element) in elements.enumerated() {
            if index > 0 { writeStaticString(",") }
            write(&self, element)
        }
    }
}
