public import ChannelSDK
internal import YAMLDocument

/// How many requests the API takes from one caller. Each list holds as a whole; an empty one is no limit.
public struct APILimitsConfiguration: Sendable, Hashable {
    /// The groups of addresses that can have limits, by the first part of their path.
    public static let groups = [
        "notifications", "events", "auth", "users", "webhooks", "unsubscribe", "health", "other",
    ]

    /// The addresses that can have limits of their own: what the API has, as a test sees to.
    public static let addresses = [
        "GET /notifications", "POST /notifications", "POST /notifications/batch", "GET /notifications/{id}",
        "DELETE /notifications/{id}", "POST /notifications/{id}/resolution", "GET /opt-outs",
        "GET /opt-outs/{list}/{recipient}", "PUT /opt-outs/{list}/{recipient}", "DELETE /opt-outs/{list}/{recipient}",
        "GET /events", "POST /auth/register", "POST /auth/login", "GET /auth/me", "GET /users", "POST /webhooks",
        "GET /webhooks/{channel}", "POST /webhooks/{channel}", "GET /unsubscribe/{token}", "POST /unsubscribe/{token}",
        "GET /health", "GET /health/liveness", "GET /health/readiness", "GET /metrics", "POST /admin/reload",
        "GET /openapi.json", "GET /asyncapi.json", "GET /schemas/{topic}", "GET /docs", "GET /docs/style.css",
    ]

    public var anonymous: [RateLimit]
    public var users: [RateLimit]
    public var apiKeys: [RateLimit]
    /// By role.
    public var roles: [String: [RateLimit]]
    /// By API key's prefix.
    public var keys: [String: [RateLimit]]
    /// By group, or by method and address.
    public var routes: [String: [RateLimit]]

    /// - Parameter isOpen: there is no `auth`: nobody but this machine reaches the host, and it need not be held back.
    public init(isOpen: Bool = true) { self = Section.defaults { Self(&$0, isOpen: isOpen) } }
}

extension APILimitsConfiguration {
    private static let standard = [
        RateLimit(permits: 3, per: .seconds(1)), RateLimit(permits: 20, per: .seconds(10)),
        RateLimit(permits: 100, per: .seconds(60)),
    ]
    /// What providers and machines call, by group.
    private static let apart = [
        "webhooks": RateLimit(permits: 2000, per: .seconds(1)), "health": RateLimit(permits: 50, per: .seconds(1)),
        "unsubscribe": RateLimit(permits: 50, per: .seconds(1)),
    ]
    private static let standardText = "Default: 3/s, 20/10s and 100/m with 'auth', else none."

    init(_ section: inout Section, isOpen: Bool) {
        let standard = isOpen ? [] : Self.standard
        anonymous = section.rates(
            "anonymous", default: standard,
            "Requests of one address without credentials; all of them hold. \(Self.standardText)")
        users = section.rates("users", default: standard, "Requests of one user. \(Self.standardText)")
        apiKeys = section.rates("api_keys", default: [], "Requests with one API key. Default: none.")
        roles = section.section("roles", "Of users with a role, in the place of 'users'.") { section in
            Self.each(["admin", "sender", "viewer"], in: &section) { "Requests of one user with the role \($0)." }
        }
        keys = Self.keys(in: &section)
        routes = section.section(
            "routes",
            "Of one caller at the addresses that begin with this, or at one, such as 'POST /notifications/batch'."
        ) { Self.routes(&$0) }
        if !isOpen { routes.merge(Self.apart.mapValues { [$0] }) { given, _ in given } }
    }

    private static func routes(_ section: inout Section) -> [String: [RateLimit]] {
        section.explainUnknown = { key in
            guard key.contains(where: { $0 == " " || $0 == "/" }) else { return nil }
            if let meant = Spelling.suggestion(for: key, among: addresses) { return "did you mean '\(meant)'?" }
            return "an address is written with its method, as docs/api.md has them, e.g. 'GET /notifications/{id}'"
        }
        let ofGroups = each(groups, in: &section) { group in
            guard let limit = apart[group] else { return "Besides the caller's own limits. Default: none." }
            return "In the place of the caller's own limits. Default: \(limit.permits)/s with 'auth', else none."
        }
        let given = addresses.filter(section.has)
        return ofGroups.merging(each(given, in: &section) { "Requests to \($0)." }) { group, _ in group }
    }

    private static func each(
        _ names: [String], in section: inout Section, help: (String) -> String
    ) -> [String: [RateLimit]] {
        names.reduce(into: [:]) { found, name in
            let isGiven = section.has(name)
            let rates = section.rates(name, default: [], help(name))
            if isGiven { found[name] = rates }
        }
    }

    private static func keys(in section: inout Section) -> [String: [RateLimit]] {
        let node = section.node(
            "keys", "a mapping from the prefixes of API keys to lists of rates", .none,
            "Requests with this API key, in the place of 'api_keys'.")
        guard let node else { return [:] }
        let (check, path) = (section.check, section.path(of: "keys"))
        let found = check.named(node, path: path, what: "key's limit") { prefix, entry, _ in
            if !prefix.hasPrefix("sb_") || prefix.utf8.count != 13 {
                check.error(
                    "\(path) names API keys by their first 13 characters, such as sb_0123456789, not '\(prefix)'",
                    at: entry.keyStart)
            }
            var one = Section(path: path, position: entry.keyStart, entries: [entry], check: check)
            return (prefix, one.rates(prefix, default: [], ""))
        }
        return Dictionary(found) { first, _ in first }
    }
}

extension Section {
    /// A list of rates, or `none`.
    fileprivate mutating func rates(_ key: String, default fallback: [RateLimit], _ help: String) -> [RateLimit] {
        guard let given = list(key, .rateOrNone, help) else { return fallback }
        if given.contains(nil), given.count > 1 {
            check.error("\(path(of: key)) has 'none' among rates; write one or the other", at: position(of: key))
        }
        return given.compactMap { $0 }
    }
}
