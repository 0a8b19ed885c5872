/// How urgent a notification is. Dispatch keeps room for the urgent ones, so that they never wait behind bulk.
public enum NotificationClass: UInt8, Sendable, Hashable, CaseIterable {
    case urgent = 0
    case normal = 1
    case bulk = 2

    public init?(name: some StringProtocol) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    public var name: String {
        switch self {
        case .urgent: "urgent"
        case .normal: "normal"
        case .bulk: "bulk"
        }
    }
}
