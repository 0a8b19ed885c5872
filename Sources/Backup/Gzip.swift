import CZlib

/// One direction of zlib over a stream of chunks.
final class Gzip {
    enum Direction {
        /// - Parameter level: from 1, the fastest, to 9, the smallest.
        case compress(level: Int32)
        case decompress
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let direction: Direction
    private(set) var isAtEnd = false

    init(_ direction: Direction) throws(BackupError) {
        self.direction = direction
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code =
            switch direction {
            case .compress(let level): switchboard_deflate_begin(stream, level)
            case .decompress: switchboard_inflate_begin(stream)
            }
        guard code == Z_OK else {
            stream.deallocate()
            throw BackupError("zlib can't be used (code \(code))")
        }
    }

    deinit {
        switch direction {
        case .compress: deflateEnd(stream)
        case .decompress: inflateEnd(stream)
        }
        stream.deallocate()
    }

    /// Gives what comes of `input` to `sink`, in parts. `isLast`: nothing comes after it.
    func process(
        _ input: [UInt8], isLast: Bool, _ sink: ([UInt8]) throws(BackupError) -> Void
    ) throws(BackupError) {
        // The address is good for no longer than the array is held still; zlib keeps its own place in it between calls.
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(input.count, 1))
        defer { copy.deallocate() }
        _ = copy.initialize(from: input)
        stream.pointee.next_in = copy.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        while !isAtEnd {
            let (output, code) = step(isLast)
            if !output.isEmpty { try sink(output) }
            switch code {
            case Z_STREAM_END: isAtEnd = true
            // Nothing more can be done with what there is.
            case Z_BUF_ERROR: return
            case Z_OK: if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0, !isLast { return }
            default: throw BackupError("the compressed content is damaged (zlib code \(code))")
            }
        }
        guard stream.pointee.avail_in == 0 else { throw BackupError("there is more behind the compressed content") }
    }

    private func step(_ isLast: Bool) -> ([UInt8], Int32) {
        var code: Int32 = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: SystemFile.chunk) { buffer, count in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = UInt32(buffer.count)
            switch direction {
            case .compress: code = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
            case .decompress: code = inflate(stream, Z_NO_FLUSH)
            }
            count = buffer.count - Int(stream.pointee.avail_out)
        }
        return (output, code)
    }
}
