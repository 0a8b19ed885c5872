/// Versioned keys: the version of a subject is a part of every key about it, so that a new version leaves all older
/// values behind at once, without looking for them.
///
/// Take the key before loading: a value loaded before a change then ends under the old version, where nobody looks. What
/// is left behind goes by its lifetime. Versions are random, never counted: one that was lost, or that two replicas
/// began at once, can't come back with older values.
public struct VersionedKeys: Sendable {
    private let cache: any Cache
    private let subject: String
    private let lifetime: Duration

    /// - Parameters:
    ///   - subject: what changes as a whole, e.g. `account/7/templates`.
    ///   - lifetime: how long a version is kept; afterwards a new one begins.
    public init(_ cache: any Cache, of subject: String, lifetime: Duration = .seconds(7 * 86_400)) {
        (self.cache, self.subject, self.lifetime) = (cache, subject, lifetime)
    }

    /// The key of `name` under a version that the caller knows, e.g. the number of a row's revision.
    public static func key(of name: String, version: String) -> String {
        "version/\(version.utf8.count):\(version)/\(name)"
    }

    /// The key of `name` under the subject's present version.
    public func key(of name: String) async -> String { Self.key(of: prefixed(name), version: await version()) }

    /// A new version: every key of before is left behind.
    public func renew() async { _ = await begin() }

    /// The lengths keep subjects and names apart, whatever characters they hold.
    private func prefixed(_ name: String) -> String { "\(subject.utf8.count):\(subject)/\(name)" }

    private var versionKey: String { "version-of/\(subject)" }

    private func version() async -> String {
        if let kept = await cache.value(for: versionKey) { return String(decoding: kept, as: UTF8.self) }
        return await begin()
    }

    private func begin() async -> String {
        let version = String(UInt128.random(in: 0 ... .max), radix: 36)
        await cache.store(Array(version.utf8), for: versionKey, lifetime: lifetime)
        return version
    }
}
