import ChannelConformance
import Synchronization

/// A folder on a disk that holds writes back until they are synced, and that can lose its power: what was not synced is
/// gone then, or there in part, sector by sector.
final class PowerLossDisk: Sendable {
    struct PowerLost: Error {}

    /// What the real file is asked to do once a write is to last.
    enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    private struct Image {
        /// As programs see the file.
        var content: [UInt8]
        var unsynced: [Change] = []
    }

    private struct State {
        var images: [String: Image] = [:]
        /// Writes and syncs until the power goes; nil: it stays.
        var countdown: Int?
        var isOff = false
        var generator: SeededGenerator
        var syncs = 0
    }

    private static let sector = 512
    private let state: Mutex<State>

    init(seed: UInt64) { state = Mutex(State(generator: SeededGenerator(seed: seed))) }

    var syncs: Int { state.withLock { $0.syncs } }
    var isOff: Bool { state.withLock { $0.isOff } }

    /// The power goes after so many more writes and syncs.
    func losePower(after operations: Int) { state.withLock { $0.countdown = operations } }

    /// The power is back. No file may be open.
    func restart() {
        state.withLock { state in
            state.images = [:]
            state.isOff = false
            state.countdown = nil
        }
    }

    // MARK: The file system's

    func open(_ path: String, load: () -> [UInt8]) {
        state.withLock { state in
            if state.images[path] == nil { state.images[path] = Image(content: load()) }
        }
    }

    func forget(_ path: String) { state.withLock { $0.images[path] = nil } }

    func size(of path: String) throws(PowerLost) -> Int {
        try state.withLock { (state) throws(PowerLost) in
            if state.isOff { throw PowerLost() }
            return state.images[path]?.content.count ?? 0
        }
    }

    /// The number of bytes that were there to read.
    func read(_ path: String, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(PowerLost) -> Int {
        try state.withLock { (state) throws(PowerLost) in
            if state.isOff { throw PowerLost() }
            let content = state.images[path]?.content ?? []
            let count = max(0, min(buffer.count, content.count - offset))
            if count > 0 {
                content.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[offset..<offset + count])) }
            }
            return count
        }
    }

    /// - Parameter persist: makes a change last. Called with what survives when the power goes at this very moment.
    func write(
        _ path: String, at offset: Int, _ bytes: [UInt8], persist: (String, Change) -> Void
    ) throws(PowerLost) {
        try state.withLock { (state) throws(PowerLost) in
            Self.apply(
                .write(offset: offset, bytes: bytes), to: &state.images[path, default: Image(content: [])].content)
            state.images[path]!.unsynced.append(.write(offset: offset, bytes: bytes))
            try Self.count(&state, persist)
        }
    }

    func truncate(_ path: String, to size: Int, persist: (String, Change) -> Void) throws(PowerLost) {
        try state.withLock { (state) throws(PowerLost) in
            Self.apply(.truncate(size: size), to: &state.images[path, default: Image(content: [])].content)
            state.images[path]!.unsynced.append(.truncate(size: size))
            try Self.count(&state, persist)
        }
    }

    func sync(_ path: String, persist: (String, Change) -> Void) throws(PowerLost) {
        try state.withLock { (state) throws(PowerLost) in
            try Self.count(&state, persist)
            for change in state.images[path]?.unsynced ?? [] { persist(path, change) }
            state.images[path]?.unsynced = []
            state.syncs += 1
        }
    }

    // MARK: Losing power

    private static func count(_ state: inout State, _ persist: (String, Change) -> Void) throws(PowerLost) {
        if state.isOff { throw PowerLost() }
        guard let left = state.countdown else { return }
        state.countdown = left - 1
        guard left <= 0 else { return }
        state.isOff = true
        // A disk may have written any of the sectors that nobody has told it to write yet. Or none of them.
        let share = [0, 0, 25, 75].randomElement(using: &state.generator)!
        for (path, image) in state.images.sorted(by: { $0.key < $1.key }) {
            for change in image.unsynced {
                for part in sectors(of: change) where Int.random(in: 0..<100, using: &state.generator) < share {
                    persist(path, part)
                }
            }
        }
        throw PowerLost()
    }

    private static func sectors(of change: Change) -> [Change] {
        guard case .write(let offset, let bytes) = change else { return [change] }
        var parts: [Change] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + sector - (offset + start) % sector)
            parts.append(.write(offset: offset + start, bytes: Array(bytes[start..<end])))
            start = end
        }
        return parts
    }

    private static func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .truncate(let size): content.removeLast(max(0, content.count - size))
        case .write(let offset, let bytes):
            let missing = offset + bytes.count - content.count
            if missing > 0 { content += Array(repeating: 0, count: missing) }
            content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
    }
}
