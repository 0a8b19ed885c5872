public import ChannelSDK
public import Pipeline

extension PostgresStore {
    public func readyShares(
        of channel: String, at now: Timestamp, after: String?, limit: Int
    ) async throws(StoreError) -> [ReadyShare] {
        let classes = NotificationClass.allCases
        var commands: [Command] = []
        for urgency in classes {
            func walk(_ statement: Statement, from first: String, upTo last: String?) -> Command {
                statement {
                    $0.add(channel)
                    $0.add(Int64(urgency.rawValue))
                    $0.add(first)
                    $0.add(last)
                    $0.add(now)
                    $0.add(limit)
                }
            }
            if let after { commands.append(walk(DispatchStatements.accountsBehind, from: after, upTo: nil)) }
            commands.append(walk(DispatchStatements.accountsFrom, from: "", upTo: after))
        }
        let perClass = commands.count / classes.count
        return try await perform(commands) { answers in
            classes.enumerated().flatMap { number, urgency in
                let found = answers[number * perClass..<(number + 1) * perClass].flatMap { rows in
                    rows.indices.map { rows.text($0, 0) }
                }
                return found.prefix(limit).map { ReadyShare(urgency: urgency, account: $0) }
            }
        }
    }

    public func claim(_ order: ClaimOrder) async throws(StoreError) -> [ClaimedDelivery] {
        let picks = order.picks.filter { $0.count > 0 }
        guard !picks.isEmpty else { return [] }
        let commands = picks.map { pick in
            DispatchStatements.claim {
                $0.add(order.channel)
                $0.add(Int64(pick.share.urgency.rawValue))
                $0.add(pick.share.account)
                $0.add(order.now)
                $0.add(pick.count)
                $0.add(order.owner.text)
            }
        }
        return try await perform(commands) { answers in
            zip(picks, answers).flatMap { pick, rows in
                rows.indices.map { row in
                    ClaimedDelivery(
                        delivery: rows.deliveryID(row, 0), channel: order.channel, account: pick.share.account,
                        urgency: pick.share.urgency, errand: Errand(stored: rows.integer(row, 2)),
                        attempt: rows.int(row, 3), due: rows.timestamp(row, 6),
                        expiresAt: rows.optionalTimestamp(row, 4),
                        payload: .init(bytes: rows.blob(row, 5)))
                }
            }
        }
    }

    public func nextDue(of channel: String) async throws(StoreError) -> Timestamp? {
        let commands = NotificationClass.allCases.map { urgency in
            DispatchStatements.nextDue {
                $0.add(channel)
                $0.add(Int64(urgency.rawValue))
            }
        }
        return try await perform(commands) { $0.compactMap { $0.optionalTimestamp(0, 0) }.min() }
    }

    public func renewLease(of owner: OwnerID, for duration: Duration) async throws(StoreError) {
        let century = Duration.seconds(100 * 365 * 86_400)
        try await perform([
            DispatchStatements.renewLease {
                $0.add(owner.text)
                $0.add(min(max(duration, .zero), century).wholeMilliseconds)
            }
        ])
    }

    public func abandonedClaims(limit: Int) async throws(StoreError) -> [Claim] {
        try await perform([DispatchStatements.abandonedClaims { $0.add(limit) }], Self.claims)
    }

    public func claims(of owner: OwnerID, limit: Int) async throws(StoreError) -> [Claim] {
        let find = DispatchStatements.claimsOfOwner {
            $0.add(owner.text)
            $0.add(limit)
        }
        return try await perform([find], Self.claims)
    }

    /// Forgets owners whose lease has run out and who have no claims. To be called now and then.
    public func removeIdleOwners() async throws(StoreError) {
        try await perform([DispatchStatements.removeIdleOwners()])
    }

    private static func claims(_ answers: [Rows]) -> [Claim] {
        answers[0].indices.map { row in
            Claim(
                delivery: answers[0].deliveryID(row, 0), attempt: answers[0].int(row, 2),
                errand: Errand(stored: answers[0].integer(row, 3)), owner: OwnerID(answers[0].text(row, 4)))
        }
    }
}

extension Errand {
    init(stored: Int64) { self = Errand(rawValue: UInt8(truncatingIfNeeded: stored)) ?? .send }
}
