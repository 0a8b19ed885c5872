import Pipeline
import Testing

@testable import PostgresStore

struct SecrecyTests {
    @Test(arguments: [
        "postgresql://me:s3cr3t-pw@[broken", "host=localhost password=s3cr3t-pw s3cr3t-pw", "password='s3cr3t-pw",
    ])
    func unreadableConnectionStringsAreNotQuoted(_ text: String) {
        #expect {
            try PostgresStore(.init(connectionString: text))
        } throws: {
            guard case .failed(let message) = $0 as? StoreError else { return false }
            return !message.contains("s3cr3t") && message.contains("postgresql://user")
        }
    }

    @Test func configurationsDoNotShowThePassword() {
        let configuration = PostgresStore.Configuration(connectionString: "postgresql://me:s3cr3t-pw@db/one")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("s3cr3t"))
        }
        #expect(configuration.password == "s3cr3t-pw")
    }

    @Test func messagesLoseThePassword() {
        #expect(Redaction(password: "pw1").hide("a pw1 b pw1") == "a *** b ***")
        #expect(Redaction(password: nil).hide("a pw1") == "a pw1")
    }

    @Test(arguments: ["", "Upper", "1st", "a-b", "a\"b", "a;DROP", String(repeating: "a", count: 64)])
    func badSchemaNamesAreRefused(_ name: String) {
        #expect(throws: StoreError.self) {
            try PostgresStore(.init(connectionString: "postgresql://db/one", schema: name))
        }
    }
}
