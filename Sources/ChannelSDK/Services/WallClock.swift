/// The time of day. The host gives every channel its clock, and tests give one that they hold.
public protocol WallClock: Sendable {
    /// The time of day.
    func now() -> Timestamp
}
