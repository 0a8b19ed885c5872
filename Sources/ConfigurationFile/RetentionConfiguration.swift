/// How long the host keeps what is done.
public struct RetentionConfiguration: Sendable, Hashable {
    /// After which a settled notification is removed, counted from its last change; nil: never.
    public var notifications: Duration?

    public init() { self = Section.defaults { Self(&$0) } }
}

extension RetentionConfiguration {
    init(_ section: inout Section) {
        notifications = section.value(
            "notifications", .durationOrNever(.seconds(3600) ... .seconds(3650 * 86_400)),
            default: .seconds(90 * 86_400),
            "A settled or closed notification is removed so long after its last change; its externalId may be used anew "
                + "then.")
    }
}
