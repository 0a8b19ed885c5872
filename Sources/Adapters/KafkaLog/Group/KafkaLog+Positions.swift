import CLibrdkafka
public import ChannelSDK
public import Logging
public import Pipeline

/// Where the stages' groups stand, for a backup of the store and for its restore: the log itself goes on.
extension KafkaLog {
    /// The offset that each partition's group goes on from; partitions of which nothing was committed lack.
    public static func committedOffsets(
        _ configuration: Configuration, of stage: Stage, logger: Logger
    ) async throws(LogError) -> [Int: Int64] {
        let handle = try group(stage, configuration, logger)
        let (topic, partitions) = (configuration.prefix + stage.topic.rawValue, configuration.partitions)
        let limit = configuration.requestTimeout.milliseconds
        return try await WorkThread.ask { () -> Result<[Int: Int64], LogError> in
            let list = rd_kafka_topic_partition_list_new(Int32(partitions))
            defer { rd_kafka_topic_partition_list_destroy(list) }
            for partition in 0..<partitions { rd_kafka_topic_partition_list_add(list, topic, Int32(partition)) }
            let code = rd_kafka_committed(handle.pointer, list, limit)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
                return .failure(.unavailable("Kafka: \(code.text)"))
            }
            var offsets: [Int: Int64] = [:]
            for index in 0..<Int(list.pointee.cnt) {
                let element = list.pointee.elems[index]
                guard element.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                    return .failure(.unavailable("Kafka: \(element.err.text)"))
                }
                if element.offset >= 0 { offsets[Int(element.partition)] = element.offset }
            }
            return .success(offsets)
        }
    }

    /// Has a stage's group, of which no member may be left, begin again at `offsets`, and in partitions that lack there at
    /// the oldest record that is kept. A group that stands further back already stays there.
    /// - Returns: how many records between `offsets` and what the log still keeps are gone.
    /// - Throws: ``LogError/notOwner`` while the group has members.
    public static func rewind(
        _ stage: Stage, to offsets: [Int: Int64], _ configuration: Configuration, logger: Logger
    ) async throws(LogError) -> Int64 {
        let committed = try await committedOffsets(configuration, of: stage, logger: logger)
        let handle = try group(stage, configuration, logger)
        let bounds = try await Bounds(handle: handle, configuration: configuration).all(stage.topic)
        var gone: Int64 = 0
        var wanted: [Int: Int64] = [:]
        for (partition, bound) in bounds.enumerated() {
            let offset = min(offsets[partition] ?? bound.first, committed[partition] ?? bound.first)
            if offsets[partition] != nil { gone += max(0, bound.first - offset) }
            wanted[partition] = min(max(offset, bound.first), bound.end)
        }
        try await commit(wanted, stage, configuration, logger)
        return gone
    }

    public func replayLeft(for stage: Stage, restoredAt moment: Timestamp) async throws(LogError) -> Int64 {
        let committed = try await Self.committedOffsets(configuration, of: stage, logger: logger)
        let (bounds, topic) = (try bounds(), stage.topic)
        let firsts = try await bounds.all(topic).map(\.first)
        let restored = try await bounds.offsets(topic, at: moment)
        return zip(firsts, restored).enumerated().reduce(0) { left, partition in
            let (first, end) = partition.element
            return left + max(0, end - max(first, committed[partition.offset] ?? first))
        }
    }

    /// As a member, who is given all partitions exactly when there is no other.
    private static func commit(
        _ offsets: [Int: Int64], _ stage: Stage, _ configuration: Configuration, _ logger: Logger
    ) async throws(LogError) {
        let member: GroupMember
        do {
            member = try GroupMember(configuration, topic: stage.topic, group: stage.rawValue, logger: logger)
        } catch {
            throw .unavailable(error.description)
        }
        let limit = Task {
            if (try? await Task.sleep(for: joinTime)) != nil { await member.close() }
        }
        defer { limit.cancel() }
        do throws(LogError) {
            var missing = Set(offsets.keys)
            while !missing.isEmpty {
                switch try await member.next(limit: 1) {
                case .assigned(let partition): missing.remove(partition)
                case .revoked(let partitions): missing.formUnion(partitions)
                case .records(let partition, _): member.hold(partition: partition)
                case nil: throw .notOwner
                }
            }
            for (partition, offset) in offsets { try await member.confirm(partition: partition, offset: offset) }
            await member.close()
        } catch {
            await member.close()
            throw error
        }
    }

    /// How long a group without members takes at most to take one on; a member that was killed is gone by then.
    private static var joinTime: Duration { .seconds(30) }

    /// A client that speaks of the group without being a member.
    private static func group(
        _ stage: Stage, _ configuration: Configuration, _ logger: Logger
    ) throws(LogError) -> KafkaHandle {
        do {
            return try KafkaHandle(
                RD_KAFKA_CONSUMER, configuration, settings: configuration.memberSettings(of: stage.rawValue),
                logger: logger)
        } catch {
            throw .unavailable(error.description)
        }
    }
}

extension Stage {
    /// Whose records the stage works.
    fileprivate var topic: Topic {
        switch self {
        case .projector: .notificationRequested
        case .callbacks: .statusChange
        case .correlator: .webhookReceived
        case .applier: .deliveryReport
        }
    }
}
