public import ChannelSDK
import FoundationEssentials
public import Pipeline

/// What a backup says about itself: the second line of its file, as JSON.
public struct BackupManifest: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
        /// A SQLite file.
        case sqlite
        /// `pg_dump`'s custom format.
        case postgres
    }

    public var kind: Kind
    /// When the content was as it is in the backup, in milliseconds since 1970.
    public var createdMilliseconds: Int64
    /// Bytes of the content before its compression.
    public var contentBytes: Int
    public var summary: StoreSummary
    /// PostgreSQL only: the schema that the tables are in, and the server's major version.
    public var postgresSchema: String?
    public var postgresVersion: Int?

    public init(
        kind: Kind, created: Timestamp, contentBytes: Int, summary: StoreSummary, postgresSchema: String? = nil,
        postgresVersion: Int? = nil
    ) {
        self.kind = kind
        createdMilliseconds = created.milliseconds
        self.contentBytes = contentBytes
        self.summary = summary
        self.postgresSchema = postgresSchema
        self.postgresVersion = postgresVersion
    }

    public var created: Timestamp { Timestamp(milliseconds: createdMilliseconds) }

    func encoded() throws(BackupError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self))
        } catch {
            throw BackupError("the backup's manifest can't be written: \(error)")
        }
    }
}
