/// The way in: what passes here is durable when the call returns.
public struct Intake: Sendable {
    private let log: any EventLog
    private let metrics: IntakeMetrics

    public init(log: any EventLog, metrics: IntakeMetrics) { (self.log, self.metrics) = (log, metrics) }

    /// Appends the notifications to `notification.requested`, in order.
    /// - Throws: ``LogError`` when it is not certain that they are durable.
    public func accept(_ notifications: [AcceptedNotification]) async throws(LogError) {
        let start = ContinuousClock.now
        var batch = RecordBatch()
        batch.reserve(records: notifications.count, bytes: notifications.count * 192)
        for notification in notifications {
            batch.append(key: notification.id) { notification.write(to: &$0) }
        }
        try await log.append(batch, to: .notificationRequested)
        metrics.count(notifications, since: start)
    }

    /// Appends to `delivery.report` what somebody decided about deliveries.
    public func accept(_ reports: [DeliveryReport]) async throws(LogError) {
        var batch = RecordBatch()
        for report in reports { report.append(to: &batch) }
        try await log.append(batch, to: .deliveryReport)
    }

    /// Appends genuine webhook requests to `webhook.received`.
    public func accept(_ webhooks: [ReceivedWebhook]) async throws(LogError) {
        var batch = RecordBatch()
        for webhook in webhooks { batch.append(key: nil) { webhook.write(to: &$0) } }
        try await log.append(batch, to: .webhookReceived)
    }
}
