public import ChannelSDK
public import Logging

/// A cache in Redis (5 or later), shared by all replicas that name the same server, database and prefix.
///
/// While Redis is gone there are no values and nothing is stored; nobody waits for it longer than the timeouts, and once
/// it is known to be gone, not at all. It is used again as soon as it can be reached.
public final class RedisCache: Cache {
    /// A larger value is not stored.
    static let valueBound = 16 << 20

    let connection: RedisConnection
    private let valuePrefix: String
    private let tagPrefix: String
    private let missed = MissedRemovals()
    private let logger: Logger

    /// Begins to connect, and does not wait for it: ``health()`` does.
    /// - Throws: ``RedisError`` with the code `configuration`.
    public init(_ configuration: Configuration, logger: Logger) throws(RedisError) {
        connection = try RedisConnection(configuration, logger: logger)
        valuePrefix = configuration.prefix + "value:"
        tagPrefix = configuration.prefix + "tag:"
        self.logger = logger
    }

    /// How long Redis takes to answer.
    /// - Throws: ``RedisError`` with the reason why it does not.
    public func health() async throws(RedisError) -> Duration { try await connection.health() }

    /// False while Redis is known to be gone: there are no values then.
    public var isReachable: Bool { connection.isConnected }

    /// Ends the connection; from then on there are no values. Waits for the connection's thread, which may be resolving
    /// the host's name.
    public func close() async { await connection.close() }

    // MARK: Cache

    public func values(for keys: [String]) async -> [[UInt8]?] {
        if keys.count == 1 {
            guard let found = await get(valuePrefix, keys[0]), let entry = CacheEntry(found) else { return [nil] }
            return entry.tags.isEmpty ? [entry.value] : await current([entry])
        }
        guard !keys.isEmpty, let found = await get(valuePrefix, keys) else { return keys.map { _ in nil } }
        return await current(found.map { $0.flatMap { CacheEntry($0) } })
    }

    /// The values of those that have not been invalidated.
    private func current(_ entries: [CacheEntry?]) async -> [[UInt8]?] {
        guard entries.contains(where: { $0.map { !$0.tags.isEmpty } ?? false }) else {
            return entries.map { $0?.value }
        }
        let tags = Array(Set(entries.lazy.compactMap { $0?.tags }.joined().map(\.name)))
        // In a second round trip: a tag's version is asked for after the values that it may forbid have been read.
        guard let present = await get(tagPrefix, tags) else { return entries.map { _ in nil } }
        let versions = Dictionary(uniqueKeysWithValues: zip(tags, present))
        return entries.map { entry in
            guard let entry, entry.tags.allSatisfy({ versions[$0.name] == $0.version }) else { return nil }
            return entry.value
        }
    }

    public func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async {
        await store(CacheItem(value, for: key, lifetime: lifetime, tags: tags))
    }

    /// Those without tags go in one turn. The order of two items with one key is kept.
    public func store(_ items: [CacheItem]) async {
        var plain: [CacheItem] = []
        for item in items {
            if item.tags.isEmpty, item.lifetime > .zero, item.value.count <= Self.valueBound {
                plain.append(item)
            } else {
                await storePlain(plain)
                plain = []
                await store(item)
            }
        }
        await storePlain(plain)
    }

    private func store(_ item: CacheItem) async {
        let tags = Array(Set(item.tags))
        guard item.lifetime > .zero, item.value.count <= Self.valueBound, tags.count <= CacheEntry.tagBound else {
            return await remove([item.key])
        }
        guard !tags.isEmpty else { return await storePlain([item]) }
        let isStored = await storeTagged(item.value, item.key, Self.milliseconds(item.lifetime), tags)
        if !isStored { await delete([valuePrefix + item.key]) }
    }

    public func remove(_ keys: [String]) async {
        guard !keys.isEmpty else { return }
        await delete(keys.map { valuePrefix + $0 })
    }

    /// A tag without a version is the end of all values that were stored under its last one.
    public func invalidate(tag: String) async { await delete([tagPrefix + tag]) }

    // MARK: Keys

    private static let longestLifetime: Int64 = 10 * 365 * 86_400_000

    private static func milliseconds(_ lifetime: Duration) -> Int64 {
        min(max(1, lifetime.wholeMilliseconds), longestLifetime)
    }

    // MARK: Commands

    private func get(_ prefix: String, _ key: String) async -> [UInt8]? {
        var command = RedisCommands("GET", arguments: 1)
        command.append(prefix, key)
        return await perform(command)?.bytes
    }

    /// Nil when there is no answer.
    private func get(_ prefix: String, _ keys: [String]) async -> [[UInt8]?]? {
        var command = RedisCommands(
            "MGET", arguments: keys.count, reserving: 32 + keys.reduce(0) { $0 + prefix.utf8.count + $1.utf8.count + 8 }
        )
        for key in keys { command.append(prefix, key) }
        guard case .array(let replies)? = await perform(command), replies.count == keys.count else { return nil }
        return replies.map(\.bytes)
    }

    private func storePlain(_ items: [CacheItem]) async {
        guard !items.isEmpty else { return }
        var commands = RedisCommands(
            reserving: items.reduce(0) { $0 + valuePrefix.utf8.count + $1.key.utf8.count + $1.value.count + 64 })
        for item in items {
            commands.begin("SET", arguments: 4)
            commands.append(valuePrefix, item.key)
            commands.append(CacheEntry.untagged, item.value)
            commands.append("PX")
            commands.append(Self.milliseconds(item.lifetime))
        }
        let replies = await performAll(commands)
        let failed = items.indices.filter { index in replies.map { $0[index].errorText != nil } ?? true }
        if !failed.isEmpty { await delete(failed.map { valuePrefix + items[$0].key }) }
    }

    private func storeTagged(_ value: [UInt8], _ key: String, _ milliseconds: Int64, _ tags: [String]) async -> Bool {
        let version = (0..<CacheEntry.versionLength).map { _ in UInt8.random(in: 0 ... .max) }
        let arguments: [[UInt8]] =
            [Array(String(milliseconds).utf8), version, CacheEntry.head(tagCount: tags.count), value]
            + tags.map { CacheEntry.head(of: $0) }
        let call = ScriptCall(
            .storeTagged, keys: [valuePrefix + key] + tags.map { tagPrefix + $0 }, arguments: arguments)
        let reply = await perform(call.byDigest)
        guard let reply, call.isUnknown(reply) else { return reply.map { $0.errorText == nil } ?? false }
        return await succeeds(call.bySource)
    }

    private func delete(_ keys: [String]) async {
        if await !succeeds(Self.deletion(of: keys)) { note(keys) }
    }

    private static func deletion(of keys: some Collection<String>) -> RedisCommands {
        var command = RedisCommands("DEL", arguments: keys.count)
        for key in keys { command.append(key) }
        return command
    }

    private func succeeds(_ command: RedisCommands) async -> Bool {
        await perform(command).map { $0.errorText == nil } ?? false
    }

    /// The answer to one command; nil where there is none. What was missed is deleted before.
    private func perform(_ command: RedisCommands) async -> RedisReply? {
        let late = late
        guard late.isEmpty else { return await perform(command, afterDeleting: late)?[0] }
        return try? await connection.perform(command)
    }

    /// The same of several.
    private func performAll(_ commands: RedisCommands) async -> [RedisReply]? {
        let late = late
        guard late.isEmpty else { return await perform(commands, afterDeleting: late) }
        return try? await connection.performAll(commands)
    }

    private var late: Set<String> { !missed.isEmpty && connection.isConnected ? missed.take() : [] }

    private func perform(_ commands: RedisCommands, afterDeleting late: Set<String>) async -> [RedisReply]? {
        var all = Self.deletion(of: late)
        all.append(commands)
        let replies = try? await connection.performAll(all)
        if replies?[0].errorText != nil || replies == nil { note(late) }
        return replies.map { Array($0.dropFirst()) }
    }

    private func note(_ keys: some Sequence<String>) {
        let lost = missed.note(keys)
        if lost > 0 {
            logger.warning(
                "keys could not be deleted in Redis; their old values may be read until their lifetime ends",
                metadata: ["keys": "\(lost)"])
        }
    }
}
