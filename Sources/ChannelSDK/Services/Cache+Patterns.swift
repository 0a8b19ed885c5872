extension Cache {
    /// Cache-aside: the value in the cache, or else what `load` finds, which is then kept for `lifetime`.
    ///
    /// Nothing found (nil) is not kept, and neither is an error of `load`. A change of the source while `load` runs can
    /// be missed until the lifetime ends: choose it by how long that may be, or name what changes by a version
    /// (``VersionedKeys``). Many callers that find nothing at once all load: put it in a ``SingleFlight`` where that
    /// hurts.
    public func value(
        for key: String, lifetime: Duration, tags: [String] = [],
        orLoad load: @Sendable () async throws -> [UInt8]?
    ) async rethrows -> [UInt8]? {
        if let kept = await value(for: key) { return kept }
        guard let loaded = try await load() else { return nil }
        await store(loaded, for: key, lifetime: lifetime, tags: tags)
        return loaded
    }

    /// Write-through: `save` puts the value where it belongs, then it is kept for the next reader.
    ///
    /// Where `save` fails it is not known whether the value was saved, so the key is forgotten and the error thrown on.
    /// Of two writers at once the cache may keep the value that was saved first, until its lifetime ends.
    /// - Returns: what `save` returns.
    public func store<Saved: Sendable>(
        _ value: [UInt8], for key: String, lifetime: Duration, tags: [String] = [],
        through save: @Sendable () async throws -> Saved
    ) async rethrows -> Saved {
        let saved: Saved
        do {
            saved = try await save()
        } catch {
            await remove([key])
            throw error
        }
        await store(value, for: key, lifetime: lifetime, tags: tags)
        return saved
    }
}
