/// What a file in the Executable and Linkable Format says about itself: enough to judge a library before any of its code
/// runs. Any bytes can come.
struct ELFImage {
    /// A record that somebody left in the file for whoever loads it.
    struct Note {
        let owner: String
        let type: UInt32
        let content: [UInt8]
    }

    /// The kind of processor (`e_machine`).
    let machine: UInt16
    let isSharedObject: Bool
    let notes: [Note]

    /// Nil when the bytes are no 64-bit little-endian ELF file.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let file = Reader(bytes: bytes)
        guard bytes.count >= 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return nil }
        guard let type: UInt16 = file.integer(at: 16), let machine: UInt16 = file.integer(at: 18) else { return nil }
        self.machine = machine
        isSharedObject = type == 3
        notes = file.segments.filter { $0.type == 4 }.flatMap { file.notes(from: $0.offset, size: $0.size) }
    }

    /// The note that the linker leaves in each build (`--build-id`), in hexadecimal.
    var buildID: String? { notes.first { $0.owner == "GNU" && $0.type == 3 }.map { hexadecimal($0.content) } }
}

/// Reads integers where there are any: what lies outside of the file is nil.
private struct Reader {
    let bytes: UnsafeRawBufferPointer

    func integer<Value: FixedWidthInteger>(at offset: UInt64) -> Value? {
        guard let offset = Int(exactly: offset), offset <= bytes.count - MemoryLayout<Value>.size else { return nil }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// The program headers: type, where the segment begins in the file, and its size.
    var segments: [(type: UInt32, offset: UInt64, size: UInt64)] {
        guard let table: UInt64 = integer(at: 32), let size: UInt16 = integer(at: 54), size >= 56,
            let count: UInt16 = integer(at: 56), table < bytes.count
        else { return [] }
        return (0..<UInt64(count)).compactMap { index in
            let start = table + index * UInt64(size)
            guard let type: UInt32 = integer(at: start), let offset: UInt64 = integer(at: start + 8),
                let length: UInt64 = integer(at: start + 32)
            else { return nil }
            return (type, offset, length)
        }
    }

    func notes(from offset: UInt64, size: UInt64) -> [ELFImage.Note] {
        guard offset <= bytes.count, size <= UInt64(bytes.count) - offset else { return [] }
        var notes: [ELFImage.Note] = []
        var position = offset
        while position + 12 <= offset + size {
            guard let ownerSize: UInt32 = integer(at: position), let contentSize: UInt32 = integer(at: position + 4),
                let type: UInt32 = integer(at: position + 8)
            else { break }
            let owner = position + 12
            let content = owner + Self.padded(ownerSize)
            guard content + UInt64(contentSize) <= offset + size else { break }
            let name = bytes[Int(owner)..<Int(owner + UInt64(ownerSize))].prefix { $0 != 0 }
            notes.append(
                .init(
                    owner: String(decoding: name, as: UTF8.self), type: type,
                    content: Array(bytes[Int(content)..<Int(content + UInt64(contentSize))])))
            position = content + Self.padded(contentSize)
        }
        return notes
    }

    private static func padded(_ size: UInt32) -> UInt64 { (UInt64(size) + 3) & ~3 }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
