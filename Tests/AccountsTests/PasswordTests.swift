import Dispatch
import Testing

@testable import Accounts

@Suite(.timeLimit(.minutes(10)))
struct PasswordTests {
    /// Against what another implementation has made (Python's hashlib.scrypt).
    @Test func isScrypt() throws {
        let stored = "$scrypt$ln=14,r=8,p=1$c3dpdGNoYm9hcmQtc2FsdA==$HpOvbsqRE/u0KA/i3lECGbS9geyJx0nu/HZsHtsV5tE="
        let hash = try #require(PasswordHash(stored: stored))
        #expect(try hash.matches(try #require(Password("correct horse battery"))))
        #expect(try !hash.matches(try #require(Password("correct horse batterx"))))
        #expect(hash.stored == stored)
    }

    @Test func standardParametersWork() async throws {
        let standard = ScryptParameters.standard
        #expect(standard.logRounds == 17 && standard.blockSize == 8 && standard.parallelism == 1)
        let stored = "$scrypt$ln=17,r=8,p=1$c3dpdGNoYm9hcmQtc2FsdA==$XoMBEM8qk+rlcfyFMTOLzIlTK5hE/xuCsouYuc5ogOI="
        let hash = try #require(PasswordHash(stored: stored))
        let hasher = PasswordHasher()
        #expect(hasher.parameters == standard)
        #expect(try await hasher.verify(try #require(Password("correct horse battery")), against: hash))
    }

    @Test func everyHashHasItsOwnSalt() async throws {
        let hasher = PasswordHasher(parameters: Bench.cheap)
        let password = try #require(Password("correct horse battery"))
        let hashes = [try await hasher.hash(password), try await hasher.hash(password)]
        #expect(hashes[0] != hashes[1] && hashes[0].stored != hashes[1].stored)
        for hash in hashes {
            #expect(try await hasher.verify(password, against: hash))
            #expect(PasswordHash(stored: hash.stored) == hash)
            #expect(!hash.stored.contains("correct"))
        }
    }

    @Test(arguments: [
        "", "scrypt", "$scrypt$ln=4,r=1,p=1$AAAA$AAAA", "$bcrypt$ln=4,r=1,p=1$S$D", "$scrypt$ln=21,r=8,p=1$S$D",
        "$scrypt$ln=20,r=16,p=1$S$D", "$scrypt$ln=0,r=8,p=1$S$D", "$scrypt$ln=-4,r=8,p=1$S$D", "$scrypt$ln=4,r=8$S$D",
        "$scrypt$r=8,ln=4,p=1$S$D", "$scrypt$ln=4,r=0,p=1$S$D", "$scrypt$ln=4,r=1,p=99999999999999999999$S$D",
        "$scrypt$ln=4,r=1,p=1,x=1$S$D", "$scrypt$ln=4,r=1,p=1$S$D$", "x$scrypt$ln=4,r=1,p=1$S$D",
    ])
    func damagedHashesAreNone(text: String) {
        let salt = "c3dpdGNoYm9hcmQtc2FsdA=="
        let digest = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        #expect(PasswordHash(stored: text.replacing("S$D", with: salt + "$" + digest)) == nil)
        #expect(PasswordHash(stored: "$scrypt$ln=4,r=1,p=1$\(salt)$\(digest)") != nil)
    }

    @Test(
        arguments: [
            ("correct horse battery", nil), ("zwölf Zeichen", nil), ("日本語のとても長いパスワード", nil), ("123456789012", nil),
            ("elevenchars", "at least 12"), ("", "at least 12"), ("aaaaaaaaaaaaaaaa", "different"),
            ("121212121212", "different"), ("maria@example.com", "address"), ("MARIA@example.com", "address"),
            (String(repeating: "abcde", count: 205), "at most"), (String(repeating: "é", count: 513), "at most"),
        ] as [(String, String?)])
    func rules(password: String, problem: String?) throws {
        let found = Password.problem(of: password, email: try EmailAddress("maria@example.com"))
        if let problem { #expect(found?.contains(problem) == true) } else { #expect(found == nil) }
    }

    /// One keyboard writes é as one letter, another as e with an accent.
    @Test func composedAndDecomposedAreOnePassword() async throws {
        let hasher = PasswordHasher(parameters: Bench.cheap)
        let hash = try await hasher.hash(try #require(Password("caf\u{E9} caf\u{E9} caf\u{E9}")))
        #expect(try await hasher.verify(try #require(Password("cafe\u{301} cafe\u{301} cafe\u{301}")), against: hash))
        #expect(try await !hasher.verify(try #require(Password("cafe cafe cafe")), against: hash))
    }

    @Test func turnsAwayWhatHasNoRoom() async throws {
        let hasher = PasswordHasher(parameters: Bench.cheap, width: 2, room: 3)
        let password = try #require(Password("correct horse battery"))
        let gate = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<5 { tasks.addTask { try await hasher.run { gate.wait() } } }
            // Two at work, three waiting.
            while hasher.waiting < 3 || hasher.computed < 2 {
                try Task.checkCancellation()
                await Task.yield()
            }
            await #expect(throws: PasswordHasher.Busy.self) { try await hasher.hash(password) }
            #expect(hasher.computed == 2 && hasher.waiting == 3)
            for _ in 0..<5 { gate.signal() }
            try await tasks.waitForAll()
        }
        // And then there is room again.
        _ = try await hasher.hash(password)
        #expect(hasher.computed == 6 && hasher.waiting == 0)
    }
}
