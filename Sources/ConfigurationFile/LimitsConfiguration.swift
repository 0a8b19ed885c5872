/// How much the host takes on before it says no.
public struct LimitsConfiguration: Sendable, Hashable {
    /// Accepted notifications that are not in the store yet; above it the API answers 503.
    public var projectionLag: Int
    /// Items of one `POST /notifications/batch`.
    public var batchItems: Int
    /// Bytes of one notification's attachments, all together.
    public var attachmentBytes: Int
    /// Open `GET /events` streams.
    public var eventStreams: Int
    /// Of those, the streams of one account.
    public var eventStreamsPerAccount: Int
    /// Bytes of request bodies that are being read and judged, all together.
    public var bodyMemory: Int
    /// Open connections to the API.
    public var connections: Int
    /// From the connection to the end of its first request's head.
    public var headTime: Duration
    /// From the end of a request's head to the end of its body.
    public var bodyTime: Duration
    /// Between requests on one connection, and while a caller takes nothing of its answer.
    public var idleTime: Duration

    public init() { self = Section.defaults { Self(&$0) } }
}

extension LimitsConfiguration {
    init(_ section: inout Section) {
        projectionLag = section.value(
            "projection_lag", .integer(1000...1_000_000_000), default: 2_000_000,
            "Accepted notifications that may wait for the store; above it the API answers 503.")
        batchItems = section.value(
            "batch_items", .integer(1...10_000), default: 10_000, "Notifications in one batch request.")
        attachmentBytes = section.value(
            "attachment_bytes", .size(0...6 << 20), default: 4 << 20,
            "A notification's attachments, all together and decoded; server.max_body bounds them too, in base64.")
        eventStreams = section.value(
            "event_streams", .integer(0...100_000), default: 1000, "Event streams that may be open at once.")
        eventStreamsPerAccount = section.value(
            "event_streams_per_account", .integer(1...100_000), default: 200,
            "Of those, the streams of one account, where there is 'auth'.")
        bodyMemory = section.value(
            "body_memory", .size(8 << 20...64 << 30), default: 256 << 20,
            "Request bodies that are being read and judged, all together; of each the first 16 KiB are free. "
                + "More is answered 503. Not below server.max_body.")
        connections = section.value(
            "connections", .integer(10...1_000_000), default: 10_000,
            "Connections that may be open at once; further ones wait to be taken.")
        let times = Duration.seconds(1) ... .seconds(3600)
        headTime = section.value(
            "head_time", .duration(times), default: .seconds(15),
            "How long the head of a connection's first request may take to arrive.")
        bodyTime = section.value(
            "body_time", .duration(times), default: .seconds(60), "How long the rest of a request may take to arrive.")
        idleTime = section.value(
            "idle_time", .duration(times), default: .seconds(60),
            "How long a connection may be silent between requests, or take nothing of an answer.")
    }
}
