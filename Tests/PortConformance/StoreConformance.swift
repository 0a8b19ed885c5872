import ChannelSDK
public import Pipeline
import Testing

/// What every store must do.
public enum StoreConformance {
    public static let cases: [ConformanceCase<any NotificationStore>] =
        projecting + claiming + applying + correlating + canceling + listing + optingOut + removing + remembering
        + judging
}

// MARK: - Projecting

extension StoreConformance {
    static let projecting: [ConformanceCase<any NotificationStore>] = [
        .init("a projected notification is there with one accepted delivery", projectedIsThere),
        .init("repeats and conflicts are told apart", repeatsAndConflicts),
        .init("a request is a repeat when it asks the same, whatever text was made of it", repeatsOfTemplates),
        .init("attachments come back, and are compared without being read", attachments),
        .init("the first of an id twice in one batch is stored", twiceInOneBatch),
        .init("a stale projector is refused and writes nothing", staleProjector),
        .init("positions are kept per partition and never go back", positions),
        .init("writes of many callers at once do not disturb each other", oneFailsAmongMany),
    ]

    @Sendable static func projectedIsThere(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let sent = (0..<20).map {
            AcceptedNotification.sample(
                $0, steps: $0 < 10 ? ["sms"] : ["sms", "émail"],
                notBefore: $0.isMultiple(of: 5) ? 1000 + Int64($0) * 10 : nil)
        }
        let receipt = try await store.project(sent)
        #expect(receipt.outcomes == Array(repeating: .inserted, count: 20))
        #expect(receipt.released.isEmpty)
        #expect(try await store.notification(.numbered(99)) == nil)
        for notification in sent {
            let view = try #require(try await store.notification(notification.id))
            #expect(view.state.id == notification.id && view.state.account == notification.account)
            #expect(view.state.externalID == notification.externalID && view.state.urgency == notification.urgency)
            #expect(view.state.steps == notification.steps && view.acceptedAt == notification.acceptedAt)
            #expect(view.payload == notification.payload && view.timeline.isEmpty && view.claimed.isEmpty)
            var first = DeliveryState(
                id: DeliveryID(notification: notification.id, ordinal: 1), channel: "sms", step: 0, graphVersion: 3,
                createdAt: notification.acceptedAt)
            let isScheduled = [.numbered(5), .numbered(10), .numbered(15)].contains(notification.id)
            first.waiting = isScheduled ? Waiting(.scheduled, until: notification.notBefore) : nil
            #expect(view.state.deliveries == [first])
        }
        #expect(try await store.load(sent.map(\.id) + [.numbered(99)]).count == 20)
        let projected = try await store.projected([.numbered(12), .numbered(99)])
        #expect(projected == [.numbered(12): ProjectedRequest(sent[12])])
        try await backend.end(.clean)
    }

    @Sendable static func repeatsAndConflicts(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1), .sample(2), .sample(3)])
        let receipt = try await store.project(
            [
                .sample(1), .sample(2, body: "other"), .sample(3, steps: ["sms", "email"]), .sample(4),
                .sample(1, urgency: .urgent), .sample(1),
            ], claimed: true)
        #expect(receipt.outcomes == [.repeated, .conflict, .conflict, .inserted, .conflict, .repeated])
        #expect(try await store.notification(.numbered(1))?.state.urgency == .normal)
        #expect(try await store.projected([.numbered(1)])[.numbered(1)]?.urgency == .normal)
        #expect(try await store.notification(.numbered(2))?.payload == AcceptedNotification.sample(2).payload)
        #expect(try await store.notification(.numbered(1))?.claimed == [])
        #expect(try await store.notification(.numbered(4))?.claimed == [.numbered(4)])
        #expect(try await store.counts() == StoreCounts(notifications: 4, open: 4, ready: 3, claimed: 1, parked: 0))
        try await backend.end(.clean)
    }

    @Sendable static func attachments(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let large = AcceptedNotification.attached(1, size: AcceptedNotification.mostPayloadBytes - 200)
        #expect(large.payload.bytes.count <= AcceptedNotification.mostPayloadBytes)
        try await store.project([large, .attached(2, size: 0)])
        #expect(try await store.notification(.numbered(1))?.payload.bytes == large.payload.bytes)
        let known = try await store.projected([.numbered(1), .numbered(2)])
        #expect(known[.numbered(1)]?.payload == large.payload)
        #expect(known[.numbered(1)]?.payload.bytes.count == AcceptedNotification.Payload.comparedBytes)
        #expect(known[.numbered(2)]?.payload == AcceptedNotification.attached(2, size: 0).payload)
        let receipt = try await store.project([large, .attached(2, size: 0), .attached(2, size: 1)])
        #expect(receipt.outcomes == [.repeated, .repeated, .conflict])
        try await backend.end(.clean)
    }

    @Sendable static func repeatsOfTemplates(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let first = AcceptedNotification.templated(1, name: "Ada", text: "Hi Ada")
        try await store.project([first])
        let receipt = try await store.project([
            .templated(1, name: "Ada", text: "Hello Ada"), .templated(1, name: "Bob", text: "Hi Ada"),
            .templated(2, name: "Ada", text: "Hi Ada"), .templated(2, name: "Ada", text: "Hello Ada"),
        ])
        #expect(receipt.outcomes == [.repeated, .conflict, .inserted, .repeated])
        #expect(try await store.notification(.numbered(1))?.payload.bytes == first.payload.bytes)
        try await backend.end(.clean)
    }

    @Sendable static func twiceInOneBatch(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let receipt = try await store.project([.sample(1), .sample(1), .sample(1, body: "other")])
        #expect(receipt.outcomes == [.inserted, .repeated, .conflict])
        #expect(try await store.claim(10).map(\.payload) == [AcceptedNotification.sample(1).payload])
        try await backend.end(.clean)
    }

    @Sendable static func staleProjector(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let old = try await store.beginEpoch(.projector, partition: 0)
        let new = try await store.beginEpoch(.projector, partition: 0)
        #expect(new.fence.epoch > old.fence.epoch)
        func projection(_ progress: StageProgress, _ number: Int) -> Projection {
            Projection(
                fence: progress.fence, nextOffset: 5, owner: .first,
                rows: [.init(notification: .sample(number), graphVersion: 1, isClaimed: false)])
        }
        await #expect(throws: StoreError.fenced) { try await store.project(projection(old, 1)) }
        #expect(try await store.notification(.numbered(1)) == nil)
        #expect(try await store.projectedOffset(partition: 0) == 0)
        #expect(try await store.project(projection(new, 2)).outcomes == [.inserted])
        #expect(try await store.projectedOffset(partition: 0) == 5)
        try await backend.end(.clean)
    }

    @Sendable static func positions(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        for (stage, partition) in [(Stage.projector, 0), (.projector, 1), (.applier, 0)] {
            let progress = try await store.beginEpoch(stage, partition: partition)
            #expect(progress.nextOffset == 0 && progress.fence.stage == stage && progress.fence.partition == partition)
        }
        let fence = try await store.beginEpoch(.projector, partition: 1).fence
        for next in [Int64(7), 3] {
            _ = try await store.project(Projection(fence: fence, nextOffset: next, owner: .first, rows: []))
            #expect(try await store.projectedOffset(partition: 1) == 7)
        }
        #expect(try await store.projectedOffset(partition: 0) == 0)
        store = try await backend.reopen(after: .abrupt)
        let after = try await store.beginEpoch(.projector, partition: 1)
        #expect(after.nextOffset == 7 && after.fence.epoch > fence.epoch)
        try await backend.end(.clean)
    }

    /// Half of the callers are refused; the others' writes are there, and theirs alone.
    @Sendable static func oneFailsAmongMany(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        var fences: [Fence] = []
        for partition in 0..<20 {
            let old = try await store.beginEpoch(.projector, partition: partition).fence
            let new = try await store.beginEpoch(.projector, partition: partition).fence
            fences.append(partition.isMultiple(of: 2) ? new : old)
        }
        try await withThrowingTaskGroup { tasks in
            for (number, fence) in fences.enumerated() {
                tasks.addTask {
                    let projection = Projection(
                        fence: fence, nextOffset: 1, owner: .first,
                        rows: [.init(notification: .sample(number), graphVersion: 1, isClaimed: false)])
                    do throws(StoreError) {
                        _ = try await store.project(projection)
                        #expect(number.isMultiple(of: 2))
                    } catch {
                        #expect(error == .fenced && !number.isMultiple(of: 2))
                    }
                }
            }
            try await tasks.waitForAll()
        }
        let found = try await store.projected((0..<20).map { .numbered($0) })
        #expect(Set(found.keys) == Set(stride(from: 0, to: 20, by: 2).map { NotificationID.numbered($0) }))
        try await backend.end(.clean)
    }
}
