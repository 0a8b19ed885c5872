/// How much is read of a file that may be broken or hostile.
public struct YAMLLimits: Sendable, Hashable {
    public var bytes: Int
    /// How deep values may be nested, aliases expanded.
    public var depth: Int
    /// Scalars, sequences and mappings together, aliases expanded.
    public var nodes: Int

    public init(bytes: Int = 1 << 20, depth: Int = 32, nodes: Int = 100_000) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
    }
}
