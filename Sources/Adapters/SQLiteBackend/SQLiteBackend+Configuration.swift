public import ChannelSDK
import Glibc

extension SQLiteBackend {
    /// What can be chosen about the file.
    public struct Configuration: Sendable {
        /// The file's path; `-wal`, `-shm` and `.lock` files stand beside it.
        public var path: String
        /// Partitions per topic. It can't be changed once the file holds records.
        public var partitions: Int
        public var retention: Retention
        /// Connections that read beside the one that writes.
        public var readers: Int
        /// Judges leases and the age of records.
        public var clock: any WallClock
        /// Whether a commit is synced to the disk. Off only where a test has to show what that costs.
        var isSynced = true
        /// Pages of the write-ahead log that make a checkpoint worth its syncs, and above which the writer finishes one.
        var checkpointPages = 2_000...16_000

        public init(
            path: String, partitions: Int = 1, retention: Retention = Retention(), readers: Int = 3,
            clock: any WallClock = SystemClock()
        ) {
            self.path = path
            self.partitions = max(1, partitions)
            self.retention = retention
            self.readers = max(1, readers)
            self.clock = clock
        }
    }

    /// How long the records of public topics stay.
    public struct Retention: Sendable, Hashable {
        public var age: Duration
        /// Per partition; nil: as many as the age allows.
        public var bytes: Int?

        public init(age: Duration = .seconds(7 * 24 * 3600), bytes: Int? = nil) {
            self.age = age
            self.bytes = bytes
        }
    }

    /// The machine's own time of day.
    public struct SystemClock: WallClock {
        public init() {}

        public func now() -> Timestamp {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        }
    }
}
