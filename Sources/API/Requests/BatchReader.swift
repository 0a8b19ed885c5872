import ChannelSDK
import HTTPTypes
import Pipeline

/// Reads a batch: a JSON array, or one JSON object per line (NDJSON). What is wrong with one item is that item's result;
/// what can't be read as JSON at all fails the whole batch, before anything of it is accepted.
struct BatchReader {
    private let bytes: UnsafeRawBufferPointer
    private let limit: Int
    private var results: [Result<AcceptedNotification, ProblemDetails>] = []

    init(_ bytes: UnsafeRawBufferPointer, limit: Int) {
        self.bytes = bytes
        self.limit = limit
    }

    consuming func read(
        _ admission: NotificationAdmission
    ) throws(ProblemDetails) -> [Result<AcceptedNotification, ProblemDetails>] {
        var admission = admission
        admission.index = 0
        do throws(JSONScanner.Problem) {
            var scanner = JSONScanner(bytes)
            if try scanner.peek() == .array {
                try readArray(&scanner, &admission)
            } else {
                try readLines(&admission)
            }
        } catch {
            throw .malformed(error, in: bytes)
        }
        if results.count > limit {
            throw ProblemDetails(
                .contentTooLarge, "The batch is too large", detail: "a batch has at most \(limit) notifications")
        }
        if results.isEmpty { throw ProblemDetails(.unprocessableContent, "The batch is empty") }
        return results
    }

    private mutating func readArray(
        _ scanner: inout JSONScanner, _ admission: inout NotificationAdmission
    ) throws(JSONScanner.Problem) {
        try scanner.array { (scanner) throws(JSONScanner.Problem) in try readItem(&scanner, &admission) }
        try scanner.expectEnd()
    }

    private mutating func readLines(_ admission: inout NotificationAdmission) throws(JSONScanner.Problem) {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let isBlank = bytes[start..<end].allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
            if !isBlank {
                var scanner = JSONScanner(bytes, range: start..<end)
                try readItem(&scanner, &admission)
                try scanner.expectEnd()
            }
            start = end + 1
        }
    }

    private mutating func readItem(
        _ scanner: inout JSONScanner, _ admission: inout NotificationAdmission
    ) throws(JSONScanner.Problem) {
        var reader = NotificationDraftReader()
        try reader.read(&scanner)
        // One more than allowed is enough to know.
        guard results.count <= limit else { return }
        results.append(
            admission.admit(reader.draft, problems: reader.problems).mapError { .invalid($0.problems) })
    }
}
