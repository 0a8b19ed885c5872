import ChannelSDK

@testable import Pipeline

/// The stages' machines over a simulated log, store and provider, one effect at a time, with a crash, a refusal, a
/// repeat or a delay possible at each. All choices come from one seed; the trace says what happened.
final class Simulation {
    struct Crash: Error {}

    static let channels = ["sms", "backup"]
    static let concurrency = 4
    static let recipients = ["+15550001", "+15550002", "+15550003"]
    static let lists = ["sms": "text", "backup": "text"]
    let seed: UInt64
    private(set) var trace: [String] = []
    private(set) var wrong: [String] = []
    private var generator: SplitMix64
    private var log = SimulatedLog()
    private var store = SimulatedStore()
    private var now = Timestamp(milliseconds: 1_000_000)
    private var isCalm = false
    private let laws: LawBook

    // What the world has done, whatever the host remembers.
    private var accepted: [NotificationID: AcceptedNotification.Payload] = [:]
    private var taken: [DeliveryID: Int] = [:]
    /// Where the provider drops repeats by the delivery's id: when it noted each.
    private var keys: [DeliveryID: Timestamp] = [:]
    private let idempotency: Duration?
    private var evidence: [DeliveryID: Set<StatusName>] = [:]
    private var pendingReports: [(delivery: DeliveryID, channel: String, sid: String, status: StatusName)] = []
    /// The last word of each recipient who has said one.
    private var wishes: [OptOutKey: OptOutChange] = [:]
    /// Words without a time, which can come again.
    private var untimed: [(channel: String, body: String)] = []
    private var refused: Set<DeliveryID> = []
    /// Taken by a provider whose answer reached the log.
    private var acknowledged: Set<DeliveryID> = []
    private var held: Set<DeliveryID> = []
    /// Whose cancel is in the log, though nobody had looked at the store.
    private var canceledUnseen: Set<NotificationID> = []
    private var lostAnswers = 0
    private var lostClaims = 0
    private var mostClaims = 0

    // What the host has in memory.
    private var owner = OwnerID("0")
    private var run = 0
    private var projector: ProjectorMachine?
    private var correlator: CorrelatorMachine?
    private var applier: ApplierMachine?
    private var cursors: [Topic: Int64] = [:]
    private var dispatch: [String: DispatchMachine] = [:]
    private var lookUps: [String: DispatchMachine.LookUp] = [:]
    private var outbox: [ClaimedDelivery] = []
    private var ends: [AttemptEnd] = []

    init(seed: UInt64) throws {
        self.seed = seed
        generator = SplitMix64(seed: seed)
        let graph = StatusGraph(
            version: 1,
            statuses: [.progress("queued"), .progress("sent"), .failure("failed"), .goal("delivered")],
            transitions: .chain("queued", "sent", "failed", "delivered"))
        let policies: [UncertainPolicy] = [.awaitCallback, .resend]
        idempotency = seed % 3 == 0 ? .seconds(400) : nil
        let policy = DeliveryPolicy(
            retry: RetryPolicy(attempts: 4, base: .seconds(1), max: .seconds(8)),
            uncertain: policies[Int(seed % 2)], settleAfter: .seconds(600), idempotency: idempotency)
        let law = ChannelLaw(order: try StatusOrder(checking: graph), policy: policy)
        laws = LawBook(Dictionary(uniqueKeysWithValues: Self.channels.map { ($0, law) }))
        restart()
    }

    // MARK: Choices

    private func chance(_ share: Double) -> Bool {
        !isCalm && Double.random(in: 0..<1, using: &generator) < share
    }

    private func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    private func say(_ text: String) { trace.append("\(now.milliseconds) \(text)") }

    /// Before and after an effect the host can die, or the backend refuse.
    private func fault(_ place: String) throws {
        if chance(0.01) {
            say("crash at \(place)")
            throw Crash()
        }
        if chance(0.02) {
            say("refused at \(place)")
            throw StoreError.unavailable(place)
        }
    }

    /// The host can die between any two effects; only what reaches for a backend can be refused.
    private func crash(_ place: String) throws {
        if chance(0.01) {
            say("crash at \(place)")
            throw Crash()
        }
    }

    // MARK: Running

    func play(steps: Int) {
        for _ in 0..<steps { step() }
        isCalm = true
        // Long enough for every retry, and then for everything to close.
        for _ in 0..<400 {
            for _ in 0..<12 { step(pick(11)) }
            now = now + .seconds(3)
        }
        for _ in 0..<100 { for action in 1..<11 { step(action) } }
        judge()
    }

    private func step() { step(pick(14)) }

    private func step(_ action: Int) {
        do {
            switch action {
            case 0, 11: if !isCalm { try accept() }
            case 1: try project()
            case 2: try correlate()
            case 3, 4: try apply()
            case 5: try lookUp()
            case 6: try send()
            case 7: try record()
            case 8: try deliverReport()
            case 9: try keepHouse()
            case 12: speak()
            case 13: try cancel()
            default: now = now + .milliseconds(Int64(pick(2000)))
            }
        } catch is Crash {
            restart()
        } catch {
            forget(action)
        }
        mostClaims = max(mostClaims, dispatch.values.map { $0.busy + $0.reserved }.max() ?? 0)
    }

    /// A worker that was refused begins anew, as the loops do.
    private func forget(_ action: Int) {
        switch action {
        case 1: projector = nil
        case 2: correlator = nil
        case 3, 4: applier = nil
        default: break
        }
    }

    private func restart() {
        // Each send whose end was not recorded is one that this crash can make uncertain.
        lostClaims +=
            Set(outbox.map(\.delivery)).union(ends.map(\.claim.delivery)).union(
                store.claims.values.filter { $0.owner == owner }.map(\.delivery)
            ).count
        run += 1
        owner = OwnerID("\(run)")
        projector = nil
        correlator = nil
        applier = nil
        cursors = [:]
        lookUps = [:]
        outbox = []
        ends = []
        let configuration = DispatchMachine.Configuration(
            concurrency: Self.concurrency, breaker: .init(minimum: 1000), throttlePause: .seconds(1))
        dispatch = Dictionary(uniqueKeysWithValues: Self.channels.map { ($0, DispatchMachine(configuration)) })
        say("start \(run)")
    }

    // MARK: Actors

    private func accept() throws {
        let number = pick(12)
        let name = "order-\(number)"
        let id = NotificationID(account: "default", externalID: name)
        let payload = AcceptedNotification.Payload(
            content: MessageContent(recipient: Self.recipients[number % 3], body: chance(0.15) ? "another" : "the one"))
        let notification = AcceptedNotification(
            id: id, account: "default", externalID: name, urgency: .normal,
            steps: pick(2) == 0 ? ["sms"] : ["sms"] + (name.hasSuffix("1") ? ["backup"] : []), acceptedAt: now,
            payload: payload)
        var batch = RecordBatch()
        batch.append(key: id) { notification.write(to: &$0) }
        log.append(batch, to: .notificationRequested)
        if accepted[id] == nil { accepted[id] = payload }
        say("accept \(name)")
    }

    private func batch(_ topic: Topic) -> [LogRecord] {
        let records = log.records(topic, from: cursors[topic] ?? log.start(of: topic), limit: 1 + pick(6))
        return records
    }

    private func append(_ batches: [(topic: Topic, batch: RecordBatch)], _ place: String) throws {
        for (topic, batch) in batches {
            try fault("\(place) before append")
            log.append(batch, to: topic)
            try fault("\(place) after append")
        }
    }

    private func commit(_ topic: Topic, _ offset: Int64) {
        log.commit(offset, topic, isLazy: chance(0.5))
        cursors[topic] = offset
    }

    private func project() throws {
        let records = batch(.notificationRequested)
        guard !records.isEmpty else { return }
        var machine = projector ?? ProjectorMachine(laws: laws, owner: owner, progress: store.begin(.projector))
        projector = nil
        var reserved: [String: Int] = [:]
        do {
            var effect = machine.handle(.records(records, now: now))
            while true {
                try crash("projector")
                switch effect {
                case .reserve(let wanted):
                    for (channel, count) in wanted { reserved[channel] = dispatch[channel]?.reserve(count, now: now) }
                    effect = machine.handle(.reserved(reserved))
                case .store(let projection):
                    try fault("project")
                    let receipt = try store.project(projection)
                    say("project \(receipt.outcomes)")
                    effect = machine.handle(.projected(receipt))
                case .hand(let claimed, let unused, let ready):
                    for (channel, count) in unused { dispatch[channel]?.giveBack(count) }
                    for claim in claimed { tell(claim.channel, .handed(1)) }
                    for (channel, due) in ready { tell(channel, .ready(due)) }
                    outbox += claimed
                    reserved = [:]
                    effect = machine.handle(.handed)
                case .append(let batches):
                    try append(batches, "projector")
                    effect = machine.handle(.appended)
                case .unpark(let ids):
                    store.unpark(ids)
                    effect = machine.handle(.unparked)
                case .commit(let offset):
                    commit(.notificationRequested, offset)
                    effect = machine.handle(.committed)
                case .finish:
                    projector = machine
                    return
                case .halt(let reason): wrong.append(reason)
                }
            }
        } catch {
            for (channel, count) in reserved { dispatch[channel]?.giveBack(count) }
            throw error
        }
    }

    private func correlate() throws {
        let records = batch(.webhookReceived)
        guard !records.isEmpty else { return }
        var machine = correlator ?? CorrelatorMachine(partition: 0, optOutLists: Self.lists)
        correlator = nil
        var effect = machine.handle(.records(records))
        while true {
            try crash("correlator")
            switch effect {
            case .parse(let webhooks):
                effect = machine.handle(.parsed(webhooks.map { .success(Self.parse($0.request)) }))
            case .correlate(let questions): effect = machine.handle(.correlated(store.correlate(questions)))
            case .identify(let ids): effect = machine.handle(.identified(ids.map { _ in nil }))
            case .note(let changes):
                try fault("note")
                store.note(changes)
                try fault("note")
                effect = machine.handle(.noted)
            case .append(let batches):
                try append(batches, "correlator")
                effect = machine.handle(.appended)
            case .commit(let offset):
                commit(.webhookReceived, offset)
                effect = machine.handle(.committed)
            case .finish:
                correlator = machine
                return
            case .halt(let reason): wrong.append(reason)
            }
        }
    }

    private static func parse(_ request: WebhookRequest) -> WebhookContents {
        let words = String(decoding: request.body, as: UTF8.self).split(separator: " ").map(String.init)
        if let intent = InboundMessage.Intent(rawValue: words[0]) {
            let message = InboundMessage(
                providerMessageID: words[3], sender: words[1], recipient: "+2", body: "",
                occurredAt: Int64(words[2]).map { Timestamp(milliseconds: $0) }, intent: intent)
            return WebhookContents(inbound: [message])
        }
        return WebhookContents(reports: [
            StatusReport(
                delivery: words[0] == "-" ? nil : DeliveryID(words[0]), providerMessageID: words[1],
                kind: .status(StatusName(words[2])))
        ])
    }

    private func apply() throws {
        let records = batch(.deliveryReport)
        guard !records.isEmpty else { return }
        var machine = applier ?? ApplierMachine(laws: laws, progress: store.begin(.applier), rememberedStates: 4)
        applier = nil
        var effect = machine.handle(.records(records))
        while true {
            try crash("applier")
            switch effect {
            case .findChanges(_, let offsets): effect = machine.handle(.changes(store.changes(offsets: offsets)))
            case .load(let ids): effect = machine.handle(.loaded(store.load(ids)))
            case .park(let questions):
                try fault("park")
                effect = machine.handle(.parked(store.correlate(questions)))
                try fault("park")
            case .store(let application):
                try fault("apply")
                let released = try store.apply(application)
                say("apply \(application.timeline.compactMap(\.change?.status))")
                effect = machine.handle(.stored(released))
            case .append(let batches):
                try append(batches, "applier")
                effect = machine.handle(.appended)
            case .unpark(let ids):
                store.unpark(ids)
                effect = machine.handle(.unparked)
            case .commit(let offset):
                commit(.deliveryReport, offset)
                effect = machine.handle(.committed)
            case .finish(let wakes):
                for (channel, due) in wakes { tell(channel, .ready(due)) }
                applier = machine
                return
            case .halt(let reason): wrong.append(reason)
            }
        }
    }

    private func tell(_ channel: String, _ event: DispatchMachine.Event) {
        if let lookUp = dispatch[channel]?.handle(event, now: now) { lookUps[channel] = lookUp }
    }

    private func lookUp() throws {
        for channel in Self.channels {
            tell(channel, .tick)
            guard let lookUp = lookUps.removeValue(forKey: channel) else { continue }
            do {
                try fault("claim")
            } catch let error as StoreError {
                tell(channel, .lookUpFailed)
                throw error
            }
            let claimed = store.claim(channel, lookUp.room, owner: owner, now: now)
            outbox += claimed
            try crash("claim")
            let due = store.nextDue(channel)
            tell(channel, .lookedUp(claimed: claimed.count, nextDue: due))
        }
    }

    private func send() throws {
        guard !outbox.isEmpty else { return }
        let claim = outbox.remove(at: pick(outbox.count))
        try crash("send")
        if let word = store.optOut(of: claim) {
            say("refuse \(claim.delivery)")
            // That a repeat is refused says nothing about the attempt before.
            if idempotency == nil || keys[claim.delivery] == nil { refused.insert(claim.delivery) }
            return ends.append(AttemptEnd(claim: claim, end: .refused(DeliveryFailure(word))))
        }
        let failure = DeliveryFailure(.transient, code: "x", message: "simulated")
        let fate = isCalm ? 9 : pick(10)
        say("send \(claim.delivery) \(fate)")
        let outcome: DeliveryOutcome
        switch fate {
        case 0:
            // Nobody knows whether it was taken, and nobody need.
            if idempotency != nil {
                lostAnswers += 1
                if pick(2) == 0 { take(claim) }
            }
            outcome = .retry(failure)
        case 1: outcome = .throttled(failure, after: .seconds(1))
        case 2: outcome = .rejected(failure)
        case 3:
            take(claim)
            lostAnswers += 1
            outcome = .uncertain(failure)
        case 4:
            lostAnswers += 1
            outcome = .uncertain(failure)
        default: outcome = .accepted(Acceptance(providerMessageID: take(claim)))
        }
        try crash("answer")
        ends.append(AttemptEnd(claim: claim, end: .sent(outcome)))
    }

    @discardableResult
    private func take(_ claim: ClaimedDelivery) -> String {
        let sid = "SM-\(claim.delivery)"
        if let idempotency, let noted = keys[claim.delivery], now < noted + idempotency { return sid }
        if idempotency != nil { keys[claim.delivery] = now }
        taken[claim.delivery, default: 0] += 1
        guard !chance(0.1) else { return sid }
        let script: [StatusName] = pick(4) == 0 ? ["sent", "failed"] : ["sent", "delivered"]
        for status in script {
            for _ in 0..<(chance(0.3) ? 2 : 1) { pendingReports.append((claim.delivery, claim.channel, sid, status)) }
        }
        return sid
    }

    private func record() throws {
        guard !ends.isEmpty else { return }
        var batch = RecordBatch()
        let recorded = ends
        for end in recorded { end.report(at: now).append(to: &batch) }
        try fault("record")
        log.append(batch, to: .deliveryReport)
        ends = []
        for end in recorded {
            if case .sent(.accepted) = end.end { acknowledged.insert(end.claim.delivery) }
        }
        for end in recorded { tell(end.claim.channel, .ended([end])) }
    }

    /// Reports arrive in any order, some by our own id, some by the provider's alone.
    private func deliverReport() throws {
        guard !pendingReports.isEmpty else { return }
        let report = pendingReports.remove(at: pick(pendingReports.count))
        let named = pick(2) == 0 ? "\(report.delivery)" : "-"
        // Known by nothing but an id that we never learned: then nobody can ever claim it.
        let canBeFound = named != "-"
        let webhook = ReceivedWebhook(
            origin: .channel(report.channel),
            request: WebhookRequest(
                method: "POST", url: "/", headers: [:], body: Array("\(named) \(report.sid) \(report.status)".utf8),
                receivedAt: now))
        var batch = RecordBatch()
        batch.append(key: nil) { webhook.write(to: &$0) }
        log.append(batch, to: .webhookReceived)
        if canBeFound { evidence[report.delivery, default: []].insert(report.status) }
        say("report \(named) \(report.status)")
    }

    /// Somebody wants to hear no more, or to hear again; it can take a while to get here. Some channels don't tell when
    /// it was said, and ask again long after they were answered.
    private func speak() {
        if !untimed.isEmpty, pick(4) == 0 { return hear(untimed[pick(untimed.count)]) }
        let isTimed = pick(3) > 0
        let saidAt = isTimed ? now - .milliseconds(Int64(pick(5000))) : now
        let intent: InboundMessage.Intent = pick(3) == 0 ? .optOut : .optIn
        let recipient = Self.recipients[pick(3)]
        let time = isTimed ? "\(saidAt.milliseconds)" : "-"
        let text = (Self.channels[pick(2)], "\(intent.rawValue) \(recipient) \(time) MO\(trace.count)")
        if !isTimed { untimed.append(text) }
        hear(text)
        let word = OptOutChange(
            key: OptOutKey(list: "text", recipient: recipient), isOptedOut: intent == .optOut, at: saidAt,
            source: .keyword)
        if wishes[word.key].map(word.outweighs) ?? true { wishes[word.key] = word }
        say("\(intent.rawValue) \(recipient) said at \(saidAt.milliseconds)")
    }

    private func hear(_ text: (channel: String, body: String)) {
        let webhook = ReceivedWebhook(
            origin: .channel(text.channel),
            request: WebhookRequest(
                method: "POST", url: "/", headers: [:], body: Array(text.body.utf8), receivedAt: now))
        var batch = RecordBatch()
        batch.append(key: nil) { webhook.write(to: &$0) }
        log.append(batch, to: .webhookReceived)
    }

    /// The application takes one back: by the store, or, where that is behind or silent, by the log alone. Some ask for
    /// what is not theirs.
    private func cancel() throws {
        let id = NotificationID(account: "default", externalID: "order-\(pick(12))")
        guard accepted[id] != nil else { return }
        let hold = chance(0.3) ? .unknown : store.holdForCancel(id)
        say("cancel \(id) \(hold)")
        switch hold {
        case .refused: break
        case .held(let delivery):
            held.insert(delivery)
            try fault("cancel")
            tell(.cancel, of: delivery)
        case .unknown:
            let account = chance(0.2) ? "other" : chance(0.2) ? nil : "default"
            tell(.cancelRequest(account: account), of: DeliveryID(notification: id, ordinal: 1))
            if account != "other" { canceledUnseen.insert(id) }
        }
    }

    private func tell(_ event: DeliveryReport.Event, of delivery: DeliveryID) {
        var batch = RecordBatch()
        DeliveryReport(delivery: delivery, at: now, event: event).append(to: &batch)
        log.append(batch, to: .deliveryReport)
    }

    private func keepHouse() throws {
        var batch = RecordBatch()
        for claim in store.claims.values.sorted(by: { $0.delivery < $1.delivery }) where claim.owner != owner {
            let event: DeliveryReport.Event =
                claim.owner == .cancel ? .cancel : .claimLost(attempt: claim.attempt, claim.errand)
            DeliveryReport(delivery: claim.delivery, at: now, event: event).append(to: &batch)
        }
        for delivery in store.dueSettlements(now) {
            DeliveryReport(delivery: delivery, at: now, event: .settleDue).append(to: &batch)
        }
        let released = store.parked.values.filter { $0.delivery != nil }.sorted { $0.id < $1.id }
        batch.append(contentsOf: ParkedReport.records(of: released))
        try fault("housekeeping")
        log.append(batch, to: .deliveryReport)
        try fault("housekeeping")
        store.unpark(released.map(\.id))
    }

    // MARK: The promises

    private func judge() {
        for (id, payload) in accepted {
            guard let row = store.rows[id] else {
                wrong.append("\(id) was accepted and is lost")
                continue
            }
            if row.notification.payload != payload { wrong.append("\(id): the first in the log did not win") }
            for delivery in row.state.deliveries { judge(delivery) }
        }
        if mostClaims > Self.concurrency { wrong.append("\(mostClaims) claims at a time") }
        let uncertain = Set(store.timeline.filter { $0.change?.status == .uncertain }.map(\.delivery)).count
        if uncertain > lostAnswers + lostClaims {
            wrong.append("\(uncertain) uncertain, \(lostAnswers) answers and \(lostClaims) claims lost")
        }
        if store.optOuts != wishes { wrong.append("opt-outs are \(store.optOuts), not \(wishes)") }
        judgeCancels()
        for delivery in refused where taken[delivery] != nil { wrong.append("\(delivery) was refused and sent") }
        judgeEvents()
    }

    /// What was held is never sent; what was canceled and turns out sent says so; and nothing follows what was canceled.
    private func judgeCancels() {
        for delivery in held where taken[delivery] != nil { wrong.append("\(delivery) was held and sent") }
        for entry in store.timeline where entry.change?.status == .canceled {
            let count = store.rows[entry.delivery.notification]?.state.deliveries.count ?? 0
            if count > Int(entry.delivery.ordinal) { wrong.append("\(entry.delivery) was canceled, and one followed") }
        }
        // What nobody had looked at may have been sent before: then the cancel is too late, and says so.
        let late = store.timeline.filter { $0.kind == .cancel && $0.withoutEffect?.hasPrefix("outranked") == true }
        for id in held.map(\.notification) + canceledUnseen.subtracting(late.map(\.delivery.notification)) {
            guard let last = store.rows[id]?.state.deliveries.last else { continue }
            let isLost = last.status == .uncertain || evidence[last.id] != nil || acknowledged.contains(last.id)
            if !isLost, last.status != .canceled {
                wrong.append("\(last.id) was to be canceled, and is \(last.status)")
            }
        }
    }

    private func judge(_ delivery: DeliveryState) {
        if acknowledged.contains(delivery.id), StatusOrder.hostStatuses.contains(where: { $0.name == delivery.status })
        {
            wrong.append("\(delivery.id) is \(delivery.status), but a provider said that it took it")
        }
        if taken[delivery.id] ?? 0 > 1 { wrong.append("\(delivery.id) was taken \(taken[delivery.id] ?? 0) times") }
        if delivery.settlement == .open, delivery.waiting?.reason != .held {
            wrong.append("\(delivery.id) is \(delivery.status) and open: \(String(describing: delivery.waiting))")
        }
        guard let order = laws.law(of: delivery.channel, version: 1)?.order else { return }
        let highest = (evidence[delivery.id] ?? []).compactMap(order.rank(of:)).max() ?? 0
        if order.rank(of: delivery.status) ?? 0 < highest {
            wrong.append("\(delivery.id) is \(delivery.status), below its evidence \(order[highest].name)")
        }
    }

    /// Each notification's changes: numbered without a gap, never a step back but as an exact repeat, complete.
    private func judgeEvents() {
        var heard: [NotificationID: [Int: ArraySlice<UInt8>]] = [:]
        for record in log[.statusChange] {
            guard let id = record.key else { continue }
            let text = String(decoding: record.value, as: UTF8.self)
            guard let start = text.firstRange(of: "\"sequence\":")?.upperBound,
                let sequence = Int(text[start...].prefix { $0.isNumber })
            else { continue }
            if let before = heard[id]?[sequence] {
                if before != record.value { wrong.append("\(id): change \(sequence) was published in two forms") }
            } else {
                if sequence != (heard[id]?.count ?? 0) + 1 { wrong.append("\(id): change \(sequence) came too early") }
                heard[id, default: [:]][sequence] = record.value
            }
        }
        for (id, row) in store.rows where heard[id]?.count ?? 0 != row.state.sequence {
            wrong.append("\(id): \(heard[id]?.count ?? 0) of \(row.state.sequence) changes were published")
        }
    }
}
