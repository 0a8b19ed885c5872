import ChannelSDK

extension StatusGraph {
    /// The statuses of a mail, in the order in which evidence wins, the same for every provider.
    ///
    /// A server that took a mail can still return it hours later, so `bounced` outweighs `delivered`. Who complains has
    /// seen the mail, so a complaint outweighs everything. It is no failure: the mail arrived, and sending the same by
    /// the next channel of a route to somebody who calls it spam would make it worse.
    static let email = StatusGraph(
        version: 1,
        statuses: [
            .progress(.queued), .progress(.sent), .progress(.deferred), .failure(.dropped), .goal(.delivered),
            .failure(.bounced), .goal(.complained),
        ],
        transitions: .chain(.queued, .sent, .deferred, .dropped, .delivered, .bounced, .complained))
}

/// Internal, because other modules have words of the same spelling.
extension StatusName {
    /// The provider holds it.
    static let queued: StatusName = "queued"
    /// The provider has processed it and is handing it over.
    static let sent: StatusName = "sent"
    /// The recipient's server put it off; the provider tries again.
    static let deferred: StatusName = "deferred"
    /// The provider gave up without handing it over, e.g. because the address is on its suppression list.
    static let dropped: StatusName = "dropped"
    /// The recipient's server took it.
    static let delivered: StatusName = "delivered"
    /// The recipient's server refused or returned it for good.
    static let bounced: StatusName = "bounced"
    /// The recipient marked it as spam.
    static let complained: StatusName = "complained"
}

extension StatusReport.Kind {
    /// What recipients do is called the same for every provider.
    static let open = StatusReport.Kind.engagement("open")
    static let click = StatusReport.Kind.engagement("click")
    static let unsubscribe = StatusReport.Kind.engagement("unsubscribe")
}
