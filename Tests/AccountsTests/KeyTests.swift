import ChannelSDK
import PortConformance
import Testing

@testable import Accounts

@Suite(.timeLimit(.minutes(10)))
struct KeyTests {
    @Test func aKeyActsForItsUser() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let created = try await bench.service.createKey(
            for: user.id, name: "ci", scopes: [.sendNotifications, .readEvents])
        let principal = try await bench.service.authenticate(authorization: "Bearer " + created.text.revealed)
        #expect(principal.account == user.account && principal.user == user.id && principal.role == .sender)
        #expect(principal.scopes == [.sendNotifications, .readEvents])
        #expect(principal.credential == .key(created.key.prefix))
        #expect(try await bench.service.keys(of: user.id) == [created.key])
    }

    /// Of a user whose role shrinks, so do the keys.
    @Test func aKeyCanDoNoMoreThanItsUser() async throws {
        let bench = try await Bench()
        let user = try await bench.user(role: .admin)
        let created = try await bench.service.createKey(
            for: user.id, name: "ci", scopes: [.readUsers, .readNotifications])
        let header = "Bearer " + created.text.revealed
        #expect(try await bench.service.authenticate(authorization: header).may(.readUsers))
        try await bench.service.setRole(.viewer, of: user.id)
        #expect(try await bench.service.authenticate(authorization: header).scopes == [.readNotifications])
    }

    @Test func badWishesAreNamed() async throws {
        let bench = try await Bench()
        let user = try await bench.user(role: .viewer)
        let wishes: [(String, Set<Scope>, Duration?, [String])] = [
            ("", [.readEvents], nil, ["name"]), ("ci", [], nil, ["scopes"]),
            ("ci", [.sendNotifications], nil, ["scopes"]),
            ("ci", [.readEvents], .zero, ["expires"]),
            (" ", [.readUsers], .seconds(-1), ["name", "scopes", "expires"]),
        ]
        for (name, scopes, lifetime, fields) in wishes {
            do throws(AccountError) {
                _ = try await bench.service.createKey(for: user.id, name: name, scopes: scopes, lifetime: lifetime)
                Issue.record("it was taken")
            } catch {
                guard case .invalid(let problems) = error else { throw error }
                #expect(problems.map(\.field) == fields)
            }
        }
        await #expect(throws: AccountError.unknownUser) {
            try await bench.service.createKey(for: UserID(at: .distantPast), name: "ci", scopes: [.readEvents])
        }
        #expect(try await bench.service.keys(of: user.id).isEmpty)
    }

    @Test func whatIsStoredDoesNotTellTheKey() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let created = try await bench.service.createKey(for: user.id, name: "ci", scopes: [.sendNotifications])
        let text = created.text.revealed
        let secret = text.split(separator: "_")[2]
        #expect(text.hasPrefix(created.key.prefix + "_") && created.key.prefix.utf8.count == 13)
        #expect(secret.utf8.count == 52)
        let stored = try #require(try await bench.store.key(prefix: created.key.prefix))
        #expect(stored.hash.bytes.count == 32)
        #expect(!"\(stored) \(stored.hash) \(String(reflecting: stored))".contains(secret))
        #expect(!String(decoding: stored.hash.bytes, as: UTF8.self).contains(secret.prefix(8)))
        var dumped = ""
        dump(created, to: &dumped)
        #expect(!dumped.contains(secret) && dumped.contains(created.key.prefix))
        // Neither the prefix, nor the stored hash, nor the secret alone opens anything.
        let hash = stored.hash.bytes.map { String($0, radix: 16) }.joined()
        for wrong in [created.key.prefix, String(secret), hash, created.key.prefix + "_" + hash.prefix(52)] {
            #expect(try await bench.refusal(of: wrong) != nil)
        }
    }

    @Test func noLetterOfAKeyCanBeChanged() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let text = try await bench.service.createKey(
            for: user.id, name: "ci", scopes: [.sendNotifications]
        ).text.revealed
        let good = Array(text.utf8)
        for place in good.indices {
            for letter in [good[place] ^ 0x20, good[place] ^ 1, UInt8(ascii: "_"), 0] where letter != good[place] {
                var bad = good
                bad[place] = letter
                #expect(try await bench.refusal(of: String(decoding: bad, as: UTF8.self)) != nil, "at \(place)")
            }
            #expect(try await bench.refusal(of: String(decoding: good[..<place], as: UTF8.self)) != nil)
        }
        for wrong in [text + "0", text + " ", " " + text, text.uppercased(), text + "," + text] {
            #expect(try await bench.refusal(of: wrong) != nil)
        }
        #expect(try await bench.refusal(of: text) == nil)
    }

    @Test func refusalsSayWhyToLogsOnly() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let first = try await bench.service.createKey(
            for: user.id, name: "ci", scopes: [.sendNotifications], lifetime: .seconds(60))
        let second = try await bench.service.createKey(for: user.id, name: "ci", scopes: [.sendNotifications])
        let mixed = first.key.prefix + second.text.revealed.dropFirst(second.key.prefix.count)
        #expect(try await bench.refusal(of: mixed) == .wrongKey)
        #expect(try await bench.refusal(of: APIKeyText.make().text) == .unknownKey)
        #expect(try await bench.refusal(of: first.text.revealed) == nil)
        bench.clock.advance(by: .milliseconds(59_999))
        #expect(try await bench.refusal(of: first.text.revealed) == nil)
        bench.clock.advance(by: .milliseconds(1))
        #expect(try await bench.refusal(of: first.text.revealed) == .expiredKey)
        let revoked = try await bench.service.revokeKey(prefix: second.key.prefix)
        #expect(revoked.revokedAt == bench.clock.now())
        #expect(try await bench.refusal(of: second.text.revealed) == .revokedKey)
        bench.clock.advance(by: .seconds(9))
        #expect(try await bench.service.revokeKey(prefix: second.key.prefix).revokedAt == revoked.revokedAt)
        await #expect(throws: AccountError.unknownKey) { try await bench.service.revokeKey(prefix: "sb_nobody") }
    }

    @Test func keysAreDifferent() {
        let keys = (0..<200).map { _ in APIKeyText.make() }
        #expect(Set(keys.map(\.prefix)).count == 200 && Set(keys.map { $0.text.suffix(52) }).count == 200)
        for key in keys { #expect(APIKeyText(key.text)?.prefix == key.prefix) }
    }
}
