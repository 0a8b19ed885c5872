public import CoreMetrics

/// What is counted when something comes in.
public struct IntakeMetrics: Sendable {
    /// By the class's raw value.
    private let accepted: [Counter]
    private let time: CoreMetrics.Timer

    public init(_ factory: any MetricsFactory) {
        accepted = NotificationClass.allCases.map { MetricDefinition.accepted.counter(factory, $0.name) }
        time = MetricDefinition.acceptTime.timer(factory)
    }

    func count(_ notifications: [AcceptedNotification], since start: ContinuousClock.Instant) {
        time.record(.now - start)
        if notifications.count == 1 { return accepted[Int(notifications[0].urgency.rawValue)].increment() }
        var (urgent, normal, bulk) = (0, 0, 0)
        for notification in notifications {
            switch notification.urgency {
            case .urgent: urgent += 1
            case .normal: normal += 1
            case .bulk: bulk += 1
            }
        }
        for (counter, count) in zip(accepted, [urgent, normal, bulk]) where count > 0 { counter.increment(by: count) }
    }
}

extension CoreMetrics.Timer {
    func record(since start: ContinuousClock.Instant) { record(.now - start) }
}
