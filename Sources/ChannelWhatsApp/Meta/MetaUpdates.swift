import ChannelSDK

/// Collects what the updates of one webhook say.
struct MetaUpdates {
    let apiURL: String
    private var collected = WebhookContents()
    private var unreadable = 0

    init(apiURL: String) { self.apiURL = apiURL }

    mutating func read(_ entry: MetaNotice.Entry?) {
        guard let changes = entry?.changes else { return unreadable += 1 }
        for change in changes {
            guard let change, let field = change.field else {
                unreadable += 1
                continue
            }
            // Other fields (calls, templates, the account) are news of another kind.
            if field == "messages" { read(change.value) }
        }
    }

    private mutating func read(_ value: MetaNotice.Value?) {
        guard let value else { return unreadable += 1 }
        for status in value.statuses {
            if let report = status?.report { collected.reports.append(report) } else { unreadable += 1 }
        }
        for error in value.errors { note(error) }
        for message in value.messages {
            if let inbound = message?.message(to: value.recipient ?? "", apiURL: apiURL) {
                collected.inbound.append(inbound)
            } else {
                unreadable += 1
            }
        }
    }

    /// An error of the account or the app is about no message: a report that names no delivery takes a copy of the request to
    /// the dead letters, where an operator finds it.
    private mutating func note(_ error: MetaError?) {
        guard let error, error.code != nil || error.words != nil else { return unreadable += 1 }
        collected.reports.append(
            StatusReport(
                kind: .unknown("error"), code: error.code.map(String.init),
                detail: error.words ?? error.code.flatMap(MetaErrorCodes.known)?.title))
    }

    /// Updates that cannot be read must not cost those beside them: one report that names no delivery stands for them,
    /// and takes a copy of the request to the dead letters.
    /// - Throws: when there are no others.
    func contents() throws(WebhookRefusal) -> WebhookContents {
        guard unreadable > 0 else { return collected }
        let count = collected.reports.count + collected.inbound.count
        let message = "\(unreadable) of \(count + unreadable) updates can't be read"
        guard count > 0 else { throw WebhookRefusal(message) }
        var contents = collected
        contents.reports.append(StatusReport(kind: .unknown("unreadable"), detail: message))
        return contents
    }
}
