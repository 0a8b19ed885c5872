/// Who does not want to hear from us. Everybody may write it: what holds does not depend on the order of writing.
public protocol OptOutStore: Sendable {
    /// Notes what was said, all of it or nothing. What is outweighed by what is there already changes nothing, and so
    /// does the same word again.
    ///
    /// A change with a ``OptOutChange/message`` counts from the earliest moment at which any change of the same key and
    /// message was noted, now or ever before: these moments are kept for good, as the words themselves are, because a
    /// signed request without a time in it can be sent again at any time.
    func note(_ changes: [OptOutChange]) async throws(StoreError)

    /// True: nobody has opted out of anything, which is certain without asking anybody.
    var knowsNoOptOuts: Bool { get }

    /// Those of `keys` that have opted out, with the word that says so. Sees all that was noted before the call, and
    /// takes one round trip at most.
    func optOuts(among keys: [OptOutKey]) async throws(StoreError) -> [OptOutKey: OptOutChange]

    /// Who has opted out of `list`, or of any: those behind `last` in the order of the keys' bytes, at most `limit`.
    func optOuts(
        of list: String?, after last: OptOutKey?, limit: Int
    ) async throws(StoreError) -> [OptOutChange]
}

extension OptOutStore {
    public func note(_ change: OptOutChange) async throws(StoreError) { try await note([change]) }
}
