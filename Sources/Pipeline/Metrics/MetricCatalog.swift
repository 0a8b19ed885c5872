/// Every metric there is, in the order of docs/metrics.md.
extension MetricDefinition {
    public static let all: [MetricDefinition] =
        [.accepted, .acceptTime, .httpRequests, .httpTime, .httpLimited, .webhooks, .webhooksRefused]
        + [.projected, .projectionLag, .stageLag, .stageHalted]
        + [.sends, .sendTime, .firstSubmissionTime, .sendsInFlight, .breakerState, .throttled]
        + [.limiterWaits, .limiterRefusals, .statusChanges, .reportTime]
        + [.openDeliveries, .readyDeliveries, .claimedDeliveries, .parkedReports, .deadLetters]
        + [.cacheLookUps, .commits, .commitWrites, .appends, .appendedRecords]
        + [.processCPU, .processMemory, .processStart, .unmeasured, .refusedSeries]

    /// From a tenth of a millisecond to ten seconds.
    static let times = Kind.histogram(
        bounds: [
            0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ])
    /// For what may wait: to a day.
    private static let waits = Kind.histogram(
        bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400])

    // MARK: Coming in

    public static let accepted = Self(
        "switchboard_notifications_accepted_total", .counter, labels: ["class"],
        "Notifications that are durable and answered so, by their class.")
    public static let acceptTime = Self(
        "switchboard_accept_seconds", times,
        "From a request that was read and found good to its notifications being durable; once for each request.")
    public static let httpRequests = Self(
        "switchboard_http_requests_total", .counter, labels: ["method", "route", "status"],
        "Requests that were answered, by the route's pattern and the class of the status: 2xx, 4xx and so on.")
    public static let httpTime = Self(
        "switchboard_http_request_seconds", times, labels: ["method", "route"],
        "From a request's head to its answer, the body of a stream not included.")
    public static let httpLimited = Self(
        "switchboard_http_limited_requests_total", .counter, labels: ["routes"],
        "Requests that were answered 429, by the routes as api_limits.routes has them.")
    public static let webhooks = Self(
        "switchboard_webhooks_total", .counter, labels: ["channel", "outcome"],
        "Genuine webhooks that were read, by their channel: parsed, or unreadable.")
    public static let webhooksRefused = Self(
        "switchboard_webhooks_refused_total", .counter, labels: ["channel"],
        "Webhooks that were not genuine.")

    // MARK: Stages

    public static let projected = Self(
        "switchboard_notifications_projected_total", .counter, labels: ["outcome"],
        "Accepted notifications that came to the store: inserted, repeat (known already) or conflict.")
    public static let projectionLag = Self(
        "switchboard_projection_lag_records", .gauge,
        "Accepted notifications that the store does not know yet, of all replicas together.")
    public static let stageLag = Self(
        "switchboard_stage_lag_records", .gauge, labels: ["stage"],
        "Records that wait for the stage, in the partitions that are this replica's.")
    public static let stageHalted = Self(
        "switchboard_stage_halted_partitions", .gauge, labels: ["stage"],
        "Partitions that stand still until somebody acts; /health says why.")

    // MARK: Sending

    public static let sends = Self(
        "switchboard_sends_total", .counter, labels: ["channel", "outcome", "kind"],
        "Attempts that ended and are recorded, by their outcome and, where they failed, the kind of failure.")
    public static let sendTime = Self(
        "switchboard_send_seconds", times, labels: ["channel"],
        "From an attempt's hand-over to the transport to the provider's answer, or to giving up.")
    public static let firstSubmissionTime = Self(
        "switchboard_first_submission_seconds", waits, labels: ["channel"],
        "From the acceptance of a notification, or the time it was scheduled for, to the end of its first attempt.")
    public static let sendsInFlight = Self(
        "switchboard_sends_in_flight", .gauge, labels: ["channel"],
        "Deliveries that are claimed and whose attempt is not recorded yet.")
    public static let breakerState = Self(
        "switchboard_breaker_state", .gauge, labels: ["channel", "state"],
        "1 for the state that the channel's circuit breaker is in, 0 for the others.")
    public static let throttled = Self(
        "switchboard_channel_throttled", .gauge, labels: ["channel"],
        "1 while the channel pauses because its provider asked for less.")
    public static let limiterWaits = Self(
        "switchboard_rate_limit_waits_total", .counter, labels: ["channel"],
        "Times that a channel had deliveries to claim and no permit for any.")
    public static let limiterRefusals = Self(
        "switchboard_rate_limit_refused_permits_total", .counter, labels: ["channel"],
        "Permits that a channel asked for and did not get.")

    // MARK: Statuses

    public static let statusChanges = Self(
        "switchboard_status_changes_total", .counter, labels: ["channel", "status"],
        "Effective changes of deliveries, by the status that they came to.")
    public static let reportTime = Self(
        "switchboard_report_seconds", waits, labels: ["channel"],
        "From a webhook's arrival to its reports being applied.")
    public static let openDeliveries = Self(
        "switchboard_deliveries_open", .gauge, "Deliveries that are not settled, in the store.")
    public static let readyDeliveries = Self(
        "switchboard_deliveries_ready", .gauge, "Deliveries that wait in the store for their turn or their time.")
    public static let claimedDeliveries = Self(
        "switchboard_deliveries_claimed", .gauge, "Deliveries that some replica has claimed.")
    public static let parkedReports = Self(
        "switchboard_parked_reports", .gauge, "Reports that wait for their delivery to be known.")
    public static let deadLetters = Self(
        "switchboard_dead_letters_total", .counter, labels: ["reason"],
        "Records that could not be processed and are in the dead letters.")

    // MARK: Beneath

    public static let cacheLookUps = Self(
        "switchboard_cache_lookups_total", .counter, labels: ["result"],
        "Keys that were looked up in the cache: hit, miss, or bypass while the cache is out of reach.")
    public static let commits = Self(
        "switchboard_commits_total", .counter, "Transactions of the SQLite file, each synced once.")
    public static let commitWrites = Self(
        "switchboard_commit_writes_total", .counter, "Writes that those transactions carried out for their callers.")
    public static let appends = Self(
        "switchboard_kafka_appends_total", .counter, "Batches that were handed to Kafka's producer.")
    public static let appendedRecords = Self(
        "switchboard_kafka_records_total", .counter, "Records in those batches.")
    public static let processCPU = Self(
        "process_cpu_seconds_total", .counter, "Time on the processors, of the program and of the system for it.")
    public static let processMemory = Self("process_resident_memory_bytes", .gauge, "Memory in use.")
    public static let processStart = Self(
        "process_start_time_seconds", .gauge, "When the process began, in seconds since 1970.")
    public static let unmeasured = Self(
        "switchboard_metrics_unmeasured", .gauge,
        "Parts whose values are missing this time, because they did not answer soon enough.")
    public static let refusedSeries = Self(
        "switchboard_metrics_refused_series", .gauge,
        "Handles that were refused because of their name, labels or number.")
}
