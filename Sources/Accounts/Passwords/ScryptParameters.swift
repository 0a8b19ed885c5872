/// What a password hash costs: 128 · `blockSize` · `rounds` bytes of memory, and time in proportion.
public struct ScryptParameters: Sendable, Hashable {
    /// The logarithm of N to base 2.
    public let logRounds: Int
    /// r.
    public let blockSize: Int
    /// p.
    public let parallelism: Int

    /// N = 2^17, r = 8, p = 1: 128 MiB, the strongest of OWASP's choices for scrypt.
    public static let standard = Self(logRounds: 17, blockSize: 8, parallelism: 1)!

    /// Nil outside of 2^1…2^20 rounds and 1…16 of the others, or above 1 GiB: a damaged row must not take the memory.
    public init?(logRounds: Int, blockSize: Int, parallelism: Int) {
        guard (1...20).contains(logRounds), (1...16).contains(blockSize), (1...16).contains(parallelism),
            (128 * blockSize) << logRounds <= 1 << 30
        else { return nil }
        self.logRounds = logRounds
        self.blockSize = blockSize
        self.parallelism = parallelism
    }
}
