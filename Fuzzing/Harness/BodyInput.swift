import ChannelSDK
import Pipeline

@testable import API

enum BodyInput {
    private static let admission = NotificationAdmission(
        channels: [:], routing: RoutingTable(channels: ["sms", "email"], routes: ["all": [.init(channels: ["sms"])]]),
        templates: nil, account: "default", now: Timestamp(milliseconds: 1_767_225_600_000),
        attachmentBytes: 4 << 20)

    static func run(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            do throws(ProblemDetails) {
                for result in try BatchReader(bytes, limit: 100).read(admission) { _ = try? result.get() }
            } catch {
                precondition(!error.title.isEmpty)
            }
            var scanner = JSONScanner(bytes)
            var reader = NotificationDraftReader()
            guard (try? reader.read(&scanner)) != nil else { return }
            var admission = admission
            _ = admission.admit(reader.draft, problems: reader.problems)
        }
    }
}
