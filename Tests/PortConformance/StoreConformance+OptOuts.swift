import ChannelSDK
import Pipeline
import Testing

// MARK: - Opting out

extension StoreConformance {
    static let optingOut: [ConformanceCase<any NotificationStore>] = [
        .init("the last word holds, in whatever order it comes", lastWordHolds),
        .init("who has opted out is found among many", foundAmongMany),
        .init("a word outlives a crash, and the same again changes nothing", wordsStay),
        .init("a message that comes again says what it said when it first came", messagesComeAgain),
        .init("the list is read in pages", pages),
        .init("many who write the same recipients at once agree", writersAgree),
        .init("texts of all kinds name recipients", hostileRecipients),
    ]

    /// Of one key, from the weakest to the strongest.
    private static let words: [OptOutChange] = [
        .word("+15550001", false, at: 1000, .keyword), .word("+15550001", true, at: 2000, .keyword),
        // Of two at one moment the one that forbids; of two that say the same there, always the same one.
        .word("+15550001", false, at: 3000, .keyword), .word("+15550001", true, at: 3000, .api),
        .word("+15550001", true, at: 3000, .keyword),
    ]

    @Sendable static func lastWordHolds(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        for count in 1...words.count {
            let strongest = words[count - 1]
            for (number, order) in permutations(Array(words[..<count])).enumerated() {
                // Each order has a recipient of its own; one by one, or all at once, and some twice.
                let key = OptOutKey(list: "sms", address: "+1555\(count)\(number)")
                let changes = order.map { $0.about(key) }
                if number.isMultiple(of: 2) {
                    try await store.note(changes)
                } else {
                    for change in changes { try await store.note([change, change]) }
                }
                let found = try await store.optOuts(among: [key])
                #expect(found == (strongest.isOptedOut ? [key: strongest.about(key)] : [:]), "\(order)")
            }
        }
        try await backend.end(.clean)
    }

    private static func permutations(_ changes: [OptOutChange]) -> [[OptOutChange]] {
        guard changes.count > 1 else { return [changes] }
        return changes.indices.flatMap { index in
            var rest = changes
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }

    @Sendable static func foundAmongMany(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let keys = (0..<300).map { OptOutKey(list: "sms", address: "+1555\(1000 + $0)") }
        #expect(try await store.optOuts(among: keys) == [:])
        #expect(try await store.optOuts(among: []) == [:])
        let out = stride(from: 0, to: 300, by: 3).map { OptOutChange.word(keys[$0].address, true, at: 5, .api) }
        try await store.note(out)
        try await store.note([.word(keys[1].address, true, at: 5, .api, list: "email")])
        #expect(!store.knowsNoOptOuts)
        let found = try await store.optOuts(among: keys + keys)
        #expect(found == Dictionary(uniqueKeysWithValues: out.map { ($0.key, $0) }))
        try await backend.end(.clean)
    }

    @Sendable static func wordsStay(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        let (out, back) = (OptOutChange.word("a", true, at: 5), OptOutChange.word("a", false, at: 6))
        try await store.note([out])
        store = try await backend.reopen(after: .abrupt)
        #expect(try await store.optOuts(among: [out.key]) == [out.key: out])
        #expect(!store.knowsNoOptOuts)
        try await store.note([back])
        store = try await backend.reopen(after: .abrupt)
        #expect(try await store.optOuts(among: [out.key]) == [:])
        // A replay of what the recipient has taken back.
        try await store.note([out])
        #expect(try await store.optOuts(among: [out.key]) == [:])
        #expect(try await store.optOuts(of: nil, after: nil, limit: 9) == [])
        try await backend.end(.clean)
    }

    @Sendable static func messagesComeAgain(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        func isOut(_ address: String) async throws -> Bool {
            let key = OptOutKey(list: "sms", address: address)
            return try await store.optOuts(among: [key])[key] != nil
        }
        // One by one, and again after a crash.
        try await store.note([.word("a", false, at: 10, in: "sms/1")])
        try await store.note([.word("a", true, at: 20, in: "sms/2")])
        try await store.note([.word("a", false, at: 30, in: "sms/1")])
        #expect(try await isOut("a"))
        store = try await backend.reopen(after: .abrupt)
        try await store.note([.word("a", false, at: 40, in: "sms/1")])
        #expect(try await isOut("a"))
        let word = try await store.optOuts(of: "sms", after: nil, limit: 9)
        #expect(word == [.word("a", true, at: 20)])
        // Another message is a new word, and so is the same of somebody else or in another list.
        try await store.note([.word("a", false, at: 50, in: "sms/3"), .word("b", true, at: 50, in: "sms/1")])
        #expect(try await !isOut("a"))
        #expect(try await isOut("b"))
        try await store.note([.word("b", true, at: 60, in: "sms/1", list: "email")])
        #expect(try await store.optOuts(of: "email", after: nil, limit: 9) == [.word("b", true, at: 60, list: "email")])
        // All at once, the repeat first; beside words that have a time.
        let all: [OptOutChange] = [
            .word("c", false, at: 300, in: "sms/5"), .word("c", true, at: 200, in: "sms/6"),
            .word("c", false, at: 100, in: "sms/5"), .word("d", true, at: 7), .word("d", false, at: 8),
            .word("e", true, at: 7, in: "sms/'\u{0}"),
        ]
        try await store.note(all)
        for (address, isExpected) in [("c", true), ("d", false), ("e", true)] {
            #expect(try await isOut(address) == isExpected, "\(address)")
        }
        try await backend.end(.clean)
    }

    @Sendable static func pages(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let email = ["Z", "a", "é"].map { OptOutChange.word($0, true, at: 1, list: "email") }
        let sms = (1...7).map { OptOutChange.word("+1555000\($0)", true, at: Int64($0)) }
        try await store.note((email + sms + [.word("+15550000", false, at: 1)]).shuffled())
        var read: [OptOutChange] = []
        while case let page = try await store.optOuts(of: nil, after: read.last?.key, limit: 4), !page.isEmpty {
            #expect(page.count <= 4 && read.count < 12)
            read += page
        }
        #expect(read == email + sms)
        #expect(try await store.optOuts(of: "sms", after: nil, limit: 2) == Array(sms[..<2]))
        #expect(try await store.optOuts(of: "sms", after: sms[5].key, limit: 9) == [sms[6]])
        #expect(try await store.optOuts(of: "email", after: email[1].key, limit: 9) == [email[2]])
        #expect(try await store.optOuts(of: "em", after: nil, limit: 9) == [])
        try await backend.end(.clean)
    }

    @Sendable static func writersAgree(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let addresses = (0..<40).map { "+1555\(2000 + $0)" }
        try await withThrowingTaskGroup { tasks in
            for writer in Int64(1)...8 {
                tasks.addTask {
                    let order = writer.isMultiple(of: 2) ? addresses : addresses.reversed()
                    try await store.note(order.map { .word($0, !writer.isMultiple(of: 2), at: writer) })
                }
            }
            try await tasks.waitForAll()
        }
        // The last word is writer 8's, who opts in; writer 9 opts half of them out.
        #expect(try await store.optOuts(of: "sms", after: nil, limit: 99) == [])
        try await store.note(addresses[..<20].map { .word($0, true, at: 9) })
        #expect(
            try await store.optOuts(of: "sms", after: nil, limit: 99).map(\.key.address) == addresses[..<20].sorted())
        try await backend.end(.clean)
    }

    @Sendable static func hostileRecipients(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let texts = ["'; DROP TABLE opt_outs; --", "{a,NULL}", "nul\u{0}inside", "\u{10FFFE}0", "🙂", "a/b", "%"]
        let changes = texts.map { OptOutChange.word($0, true, at: 1) }
        try await store.note(changes)
        let found = try await store.optOuts(among: changes.map(\.key))
        #expect(found == Dictionary(uniqueKeysWithValues: changes.map { ($0.key, $0) }))
        try await backend.end(.clean)
    }
}

extension OptOutChange {
    fileprivate static func word(
        _ address: String, _ isOptedOut: Bool, at: Int64, _ source: Source = .keyword, in message: String? = nil,
        list: String = "sms"
    ) -> OptOutChange {
        OptOutChange(
            key: OptOutKey(list: list, address: address), isOptedOut: isOptedOut, at: .at(at), source: source,
            message: message)
    }

    fileprivate func about(_ key: OptOutKey) -> OptOutChange {
        OptOutChange(key: key, isOptedOut: isOptedOut, at: at, source: source)
    }
}
