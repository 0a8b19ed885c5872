import ArgumentParser
import Pipeline

/// What a replica does; replicas with different roles share the work on one log and store.
struct Roles: ExpressibleByArgument {
    enum Role: String, CaseIterable {
        /// Answers requests: notifications, webhooks, events.
        case api
        /// Projects what is accepted, and sends it.
        case dispatch
        /// Reads webhooks and keeps the statuses.
        case status
    }

    static let all = Roles(Set(Role.allCases))

    private let roles: Set<Role>

    private init(_ roles: Set<Role>) { self.roles = roles }

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        let roles = names.compactMap { Role(rawValue: String($0)) }
        guard roles.count == names.count, !roles.isEmpty else { return nil }
        self.init(Set(roles))
    }

    var defaultValueDescription: String { Role.allCases.map(\.rawValue).joined(separator: ",") }

    func contains(_ role: Role) -> Bool { roles.contains(role) }

    var pipeline: NotificationPipeline.Roles {
        var pipeline: NotificationPipeline.Roles = []
        if contains(.dispatch) { pipeline.insert(.dispatch) }
        if contains(.status) { pipeline.insert(.status) }
        return pipeline
    }
}
