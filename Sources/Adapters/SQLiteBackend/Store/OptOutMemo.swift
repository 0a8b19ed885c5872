import Synchronization

/// Whether anybody has opted out, remembered so that a host where nobody has asks no database.
///
/// Exact, because all writes to the file pass by here: one host has it open at a time.
final class OptOutMemo: Sendable {
    private static let unknown: UInt8 = 0
    private static let nobody: UInt8 = 1
    private static let somebody: UInt8 = 2

    private let state = Atomic(OptOutMemo.unknown)

    var knowsNobody: Bool { state.load(ordering: .acquiring) == Self.nobody }

    /// To be called before the write begins: whoever looks after its commit must not believe in nobody.
    func noteSomebody() { state.store(Self.somebody, ordering: .releasing) }

    /// A look found nobody. It may be older than a write: then it says nothing.
    func foundNobody() {
        _ = state.compareExchange(expected: Self.unknown, desired: Self.nobody, ordering: .acquiringAndReleasing)
    }
}
