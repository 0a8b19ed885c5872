public import ChannelSDK

/// That the store was restored from a backup. It knows nothing of what was sent between the backup and the restore.
public struct Restoration: Sendable, Hashable {
    /// What was due by then may have been sent by hosts that worked on the store as it was before.
    public let at: Timestamp
    /// When the backup was made.
    public let backupAt: Timestamp
    /// True: the operator wants what was due to be sent, also where it was sent before.
    public let resends: Bool

    public init(at: Timestamp, backupAt: Timestamp, resends: Bool) {
        self.at = at
        self.backupAt = backupAt
        self.resends = resends
    }

    /// A send that fell due before the restore, or a question whose answer may have led to one. What falls due later can't
    /// have been done: nobody is early.
    func concerns(_ claim: ClaimedDelivery) -> Bool { claim.due <= at }

    /// How the attempt ends instead of being made. With ``resends`` the claim goes back and falls due anew, behind all
    /// that the log says about it.
    func end(_ claim: ClaimedDelivery) -> AttemptEnd {
        guard !resends else { return AttemptEnd(claim: claim, end: .released) }
        let failure = DeliveryFailure(
            .other, code: StatusDetail.restored,
            message: """
                the store was restored at \(at) from a backup of \(backupAt): what became of attempt \(claim.attempt) \
                in between is not known
                """)
        return AttemptEnd(claim: claim, end: .withheld(failure))
    }
}
