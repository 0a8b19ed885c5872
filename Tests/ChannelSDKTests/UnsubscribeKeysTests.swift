import ChannelSDK
import Testing

@Suite struct UnsubscribeKeysTests {
    private static let secret = Secret("a secret of tests, long enough for anybody")
    private let keys = UnsubscribeKeys(secret)
    private static let token = UnsubscribeToken(list: "email", recipient: "ada@example.com")

    @Test(
        arguments: [
            token, UnsubscribeToken(list: "email", recipient: "ünï+cödé@example.com"),
            UnsubscribeToken(list: "sms", recipient: "+15551230001"),
            UnsubscribeToken(list: "x", recipient: String(repeating: "a", count: 320)),
        ])
    func whatIsWrittenIsReadBack(token: UnsubscribeToken) {
        let text = keys.text(of: token)
        #expect(keys.token(in: text) == token)
        #expect(keys.text(of: token) == text, "the same mail has the same bytes")
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        #expect(text.allSatisfy { allowed.contains($0) })
        #expect(!text.contains(token.recipient) && text.utf8.count < 600)
    }

    /// The text of this version, for ever: it is in mails that people keep.
    @Test func theTextStaysGood() {
        let text = "ARvtPLfqiwJ-D2Aft-rUbQIfubbeGEqmk6cVcm_rrDvdt6F8b0POYbcIO4TDT_QUcuo"
        #expect(keys.text(of: Self.token) == text)
        #expect(keys.token(in: text) == Self.token)
    }

    @Test func nobodyElseMakesOne() {
        let text = keys.text(of: Self.token)
        for index in text.indices {
            var altered = text
            altered.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(keys.token(in: altered) == nil, "\(altered)")
            #expect(keys.token(in: String(text[..<index])) == nil)
        }
        #expect(keys.token(in: text + "A") == nil && keys.token(in: text + "=") == nil && keys.token(in: "") == nil)
        #expect(keys.token(in: String(repeating: "A", count: 5000)) == nil)
        #expect(UnsubscribeKeys(Secret("another secret of tests, long enough too")).token(in: text) == nil)
    }

    /// Two recipients have nothing in common to be seen.
    @Test func tokensAreNotAlike() {
        let other = keys.text(of: UnsubscribeToken(list: "email", recipient: "adb@example.com"))
        let text = keys.text(of: Self.token)
        #expect(text.prefix(1) == other.prefix(1), "the version")
        #expect(text.dropFirst(2).prefix(14) != other.dropFirst(2).prefix(14))
    }

    @Test func anEarlierSecretsTokensStayGood() {
        let text = keys.text(of: Self.token)
        let later = UnsubscribeKeys(Secret("the next secret of tests, long enough too"), previous: [Self.secret])
        #expect(later.token(in: text) == Self.token)
        #expect(later.text(of: Self.token) != text)
        #expect(keys.token(in: later.text(of: Self.token)) == nil)
    }

    @Test func anyBytesAreNone() {
        let seed = UInt64.random(in: .min ... .max)
        var state = seed
        for _ in 0..<2000 {
            let characters = (0..<60).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return "ABCabc019-_=+/%\u{e9}".randomCharacter(state >> 33)
            }
            #expect(keys.token(in: "AQ" + String(characters)) == nil, "seed \(seed)")
        }
    }

    @Test func linksLeadToTheHost() {
        let links = UnsubscribeLinks(list: "email", publicURL: "https://notify.example.com", keys: keys)
        let url = links.url(for: "ada@example.com")
        #expect(url.hasPrefix("https://notify.example.com/unsubscribe/A"))
        #expect(url.split(separator: "/").last.map { keys.token(in: String($0)) } == Self.token)
    }
}

extension String {
    fileprivate func randomCharacter(_ number: UInt64) -> Character {
        self[index(startIndex, offsetBy: Int(number % UInt64(count)))]
    }
}
