import NIOCore

/// An answer that its caller does not take, or takes slowly. A value: its user holds the clock.
struct WriteStall: Equatable {
    let time: TimeAmount
    private(set) var deadline: NIODeadline
    private var pending: Int

    /// - Parameters:
    ///   - time: how long nothing at all may be taken.
    ///   - pending: the bytes that wait.
    init(time: TimeAmount, now: NIODeadline, pending: Int) {
        self.time = time
        deadline = now + time
        self.pending = pending
    }

    /// Whether nothing was taken for the whole time; where something was, the time begins anew.
    mutating func isOver(at now: NIODeadline, pending: Int) -> Bool {
        guard now >= deadline else { return false }
        guard pending < self.pending else { return true }
        self.pending = pending
        deadline = now + time
        return false
    }
}
