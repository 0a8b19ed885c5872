import Accounts
import ChannelSDK
import Pipeline
import PortConformance
import Testing

@testable import SQLiteBackend

/// Users and keys that are written beside the host, or without one.
@Suite(.timeLimit(.minutes(10)))
struct AccountFileTests {
    private static let email = try! EmailAddress("maria@example.com")

    private static func user() -> User {
        let hash = PasswordHash(
            stored: "$scrypt$ln=17,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")!
        let now = SQLiteBackend.SystemClock().now()
        return User(
            id: UserID(at: now), account: "a", email: email, name: "María", role: .admin, passwordHash: hash,
            createdAt: now)
    }

    /// The host runs throughout: it writes its log and sees what is written beside it, and the other way round.
    @Test func besideAHost() async throws {
        let database = try TemporaryDatabase()
        let host = try database.open()
        let file = try SQLiteAccountFile(path: database.path)
        try await host.log.append(PowerLossLoad.batch(0..<10), to: .statusChange)
        var user = Self.user()
        let before = try await host.accounts.userChanges()
        try await file.accounts.create(user)
        #expect(try await host.accounts.user(email: Self.email) == user)
        #expect(try await host.accounts.userChanges() != before)
        user.role = .viewer
        try await host.accounts.update(user)
        #expect(try await host.accounts.userChanges() == file.accounts.userChanges())
        #expect(try await file.accounts.user(user.id)?.role == .viewer)
        await #expect(throws: AccountStoreError.emailTaken) { try await file.accounts.create(Self.user()) }
        try await host.log.append(PowerLossLoad.batch(10..<20), to: .statusChange)
        await file.close()
        await #expect(throws: AccountStoreError.self) { try await file.accounts.create(Self.user()) }
        #expect(try await host.log.endOffset(of: .statusChange, partition: 0) == 20)
        await database.close()
    }

    /// The file is made, the host may start while it is open, and finds what was written.
    @Test func withoutAHost() async throws {
        let database = try TemporaryDatabase()
        let file = try SQLiteAccountFile(path: database.path)
        let user = Self.user()
        try await file.accounts.create(user)
        let host = try database.open()
        #expect(try await host.accounts.user(user.id) == user)
        await file.close()
        await database.close()
    }

    @Test func whatCannotBeOpenedIsSaid() throws {
        let error = #expect(throws: SQLiteBackendError.self) { try SQLiteAccountFile(path: "/nowhere/at/all.db") }
        #expect(error?.description.contains("/nowhere/at/all.db") == true)
    }

    @Test(arguments: AccountStoreConformance.cases)
    func conforms(_ conformance: ConformanceCase<any AccountStore>) async throws {
        let database = try TemporaryDatabase()
        try await conformance.run(
            on: database.underTest { try! SQLiteAccountFile(path: $0.configuration.path).accounts })
    }
}
