import ChannelSDK
import Pipeline
import PostgresStore

/// Rows per second into PostgreSQL, a thousand to a transaction.
struct PostgresRates {
    static let size = 1000
    static let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 200)

    let url: String
    let rounds: Int

    func run() async throws {
        let name = "rates_\(UInt32.random(in: 0 ... .max))"
        let bare = try BareRun(try await prepared(name + "_bare"))
        let ours = try await StoreRun(try await prepared(name + "_ours"))
        var insert = Comparison("PostgresStore insert (project)", beside: "bare libpq unnest", aim: 0.6)
        var update = Comparison("PostgresStore update (apply)", beside: "bare libpq unnest", aim: 0.6)
        for round in 0..<rounds { insert.add(ours: try await ours.insert(round), bare: try bare.insert(round)) }
        for round in 0..<rounds { update.add(ours: try await ours.update(round), bare: try bare.update(round)) }
        try insert.print()
        try update.print()
    }

    /// Both sides have a schema of their own, with the same tables and indexes.
    private func prepared(_ schema: String) async throws -> PostgresStore.Configuration {
        let configuration = PostgresStore.Configuration(connectionString: url, schema: schema, poolSize: 1)
        _ = try await PostgresStore.migrate(configuration)
        return configuration
    }
}

/// The rows of one batch, alike for both sides.
struct Sample {
    let numbers: Range<Int>

    init(_ batch: Int) { numbers = batch * PostgresRates.size..<(batch + 1) * PostgresRates.size }

    static func id(_ number: Int) -> NotificationID {
        // Spread over the index, as hashes are.
        NotificationID(high: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, low: UInt64(number))
    }
}

struct BareRun {
    private let loop: BarePostgres

    init(_ configuration: PostgresStore.Configuration) throws {
        loop = try BarePostgres(configuration.connectionString, schema: configuration.schema)
    }

    func insert(_ batch: Int) throws -> Spent {
        let numbers = Sample(batch).numbers
        func array(_ value: (Int) -> String) -> String { "{" + numbers.map(value).joined(separator: ",") + "}" }
        let rows = array { "\($0)" }
        let at = array { _ in "1000" }
        let account = array { "account-\($0 % 10)" }
        let payload = "\"\\\\x" + String(repeating: "78", count: PostgresRates.payload.count) + "\""
        let steps = #""\\x03000000736d73""#
        let commands: [(name: String, arrays: [String])] = [
            (
                "notifications",
                [
                    rows, array { Sample.id($0).description }, account, array { "order-\($0)" }, array { _ in "1" },
                    array { _ in steps }, at, array { _ in payload },
                ]
            ), ("deliveries", [rows, at]), ("ready", [rows, account, at]),
        ]
        return try measured(commands)
    }

    func update(_ batch: Int) throws -> Spent {
        let numbers = Sample(batch).numbers
        func array(_ value: (Int) -> String) -> String { "{" + numbers.map(value).joined(separator: ",") + "}" }
        let (rows, at, one) = (array { "\($0)" }, array { _ in "2000" }, array { _ in "1" })
        let status = array { _ in "sent" }
        return try measured([
            ("update", [rows, status, at, one, array { "SM\($0)" }]), ("timeline", [rows, rows, at, status, one]),
        ])
    }

    private func measured(_ commands: [(name: String, arrays: [String])]) throws -> Spent {
        try Spent.measure(PostgresRates.size) { try loop.transaction(commands) }
    }
}

struct StoreRun {
    private let store: PostgresStore
    private let projector: Fence
    private let applier: Fence

    init(_ configuration: PostgresStore.Configuration) async throws {
        store = try PostgresStore(configuration)
        projector = try await store.beginEpoch(.projector, partition: 0).fence
        applier = try await store.beginEpoch(.applier, partition: 0).fence
    }

    func insert(_ batch: Int) async throws -> Spent {
        let rows = Sample(batch).numbers.map { number in
            Projection.Row(
                notification: AcceptedNotification(
                    id: Sample.id(number), account: "account-\(number % 10)", externalID: "order-\(number)",
                    urgency: .normal, steps: ["sms"], acceptedAt: Timestamp(milliseconds: 1000),
                    payload: .init(bytes: PostgresRates.payload)),
                graphVersion: 1, isClaimed: false)
        }
        let projection = Projection(
            fence: projector, nextOffset: Int64(batch + 1), owner: OwnerID("rates"), rows: rows)
        return try await Spent.measure(PostgresRates.size) { _ = try await store.project(projection) }
    }

    func update(_ batch: Int) async throws -> Spent {
        let numbers = Sample(batch).numbers
        let states = try await store.load(numbers.map { Sample.id($0) })
        var application = Application(fence: applier, nextOffset: Int64(numbers.upperBound))
        for (number, state) in zip(numbers, states) {
            var delivery = state.deliveries[0]
            delivery.status = "sent"
            delivery.updatedAt = Timestamp(milliseconds: 2000)
            delivery.sequence = 1
            delivery.attempts = 1
            delivery.providerMessageID = "SM\(number)"
            application.updates.append(.init(row: state.row, delivery: delivery, before: .init(state.deliveries[0])))
            application.timeline.append(
                TimelineEntry(
                    delivery: delivery.id, row: state.row,
                    source: LogPosition(partition: 0, offset: Int64(number)), kind: .report,
                    at: Timestamp(milliseconds: 2000), reported: "sent",
                    change: .init(
                        sequence: 1, previous: "accepted", status: "sent", settlement: .open, notificationStatus: "sent"
                    )))
        }
        let filled = application
        return try await Spent.measure(PostgresRates.size) { _ = try await store.apply(filled) }
    }
}
