import ChannelSDK

// MARK: - What providers and clocks say

extension StatusApplier {
    mutating func apply(_ status: StatusReport, through channel: String?) {
        let detail = StatusDetail(occurredAt: status.occurredAt, code: status.code, message: status.detail)
        if let channel, channel != delivery.channel {
            let word: String =
                switch status.kind {
                case .status(let name): name.rawValue
                case .engagement(let word), .unknown(let word): word
                }
            return note(.report, reported: word, detail: detail, withoutEffect: "came through channel '\(channel)'")
        }
        switch status.kind {
        case .engagement(let word): note(.engagement, reported: word, detail: detail)
        case .unknown(let word): note(.report, reported: word, detail: detail, withoutEffect: "unknown status")
        case .status(let name):
            learnProviderID(status)
            // The answer's count may be the module's own; this one is the provider's.
            if let count = status.partCount { delivery.segments = count }
            if let part = status.part { return apply(name, ofPart: part, of: status.partCount, detail: detail) }
            applyEvidence(name, detail: detail)
        }
    }

    private mutating func applyEvidence(_ name: StatusName, detail: StatusDetail) {
        move(to: name, kind: .report, detail: detail)
        if isTaken, let law { expectReport(law) }
    }

    /// A report that found its delivery by our own id may be the first to name the provider's.
    private mutating func learnProviderID(_ status: StatusReport) {
        guard let id = status.providerMessageID, delivery.providerMessageID == nil else { return }
        delivery.providerMessageID = id
        draft.correlate(.init(channel: delivery.channel, providerMessageID: id, delivery: delivery.id))
    }

    /// From now on a report is expected, for as long as the channel waits.
    mutating func expectReport(_ law: ChannelLaw) {
        guard delivery.settlement == .open else { return }
        let until = delivery.settleAt ?? report.at + law.policy.settleAfter
        delivery.settleAt = until
        delivery.waiting = Waiting(.noReport, until: until)
    }

    mutating func closeIfDue() {
        guard delivery.settlement == .open, let settleAt = delivery.settleAt, settleAt <= report.at else {
            return note(.timer, reported: nil, detail: StatusDetail(), withoutEffect: "nothing is due")
        }
        if delivery.status == .accepted { return endRepeats() }
        close(.timer, reported: nil, code: "no_report", message: "no report came within the channel's settle_after")
    }

    mutating func close(_ kind: TimelineEntry.Kind, reported: String?, code: String, message: String) {
        if mayBeReady { draft.withdraw(delivery.id, row: state.row) }
        delivery.settlement = .closed
        delivery.settleAt = nil
        delivery.waiting = nil
        delivery.updatedAt = report.at
        publish(
            kind, reported: reported, detail: StatusDetail(code: code, message: message), previous: delivery.status)
    }

    // MARK: Messages in parts

    /// Of each part the highest report counts.
    private mutating func apply(_ name: StatusName, ofPart part: String, of count: Int?, detail: StatusDetail) {
        guard let order = law?.order, let rank = order.rank(of: name), rank > 0 else {
            return note(.report, reported: name.rawValue, detail: detail, withoutEffect: "unknown status")
        }
        let known = delivery.parts[part].flatMap(order.rank(of:)) ?? 0
        guard rank > known else {
            return note(.report, reported: name.rawValue, detail: detail, withoutEffect: "repeat of part '\(part)'")
        }
        delivery.parts[part] = name
        let whole = order.status(ofParts: delivery.parts, expected: delivery.expectedParts, count: count)
        guard order.rank(of: whole) ?? 0 > order.rank(of: delivery.status) ?? 0 else {
            return note(.report, reported: name.rawValue, detail: detail, withoutEffect: "other parts are behind")
        }
        applyEvidence(whole, detail: detail)
    }
}
