import ChannelSDK
import HTTPTypes

@testable import API
@testable import Accounts
@testable import Pipeline

/// The bodies of the API's requests, for the channels of every provider. The first byte chooses the reader: `0` a batch, `1`
/// a notification, `2` a login or a registration, `3` a decision about a held delivery, `4` an account's own report, `5` an
/// idempotency key.
enum BodyInput {
    private static let channels = Dictionary(
        uniqueKeysWithValues: FuzzChannels.all.map { entry in
            let channel = entry.channel
            return (
                entry.name,
                APIChannel(module: entry.module, validate: { channel.validate($0) }, webhooks: channel.webhooks)
            )
        })
    private static let routing = RoutingTable(
        channels: Set(FuzzChannels.all.map(\.name)), routes: ["all": [.init(channels: FuzzChannels.all.map(\.name))]])

    private static var admission: NotificationAdmission {
        NotificationAdmission(
            channels: channels, routing: routing, templates: nil, account: "default", now: FuzzChannels.now,
            attachmentBytes: 4 << 20)
    }

    static func run(_ bytes: [UInt8]) {
        guard let chosen = bytes.first else { return }
        let body = Array(bytes.dropFirst())
        body.withUnsafeBytes { bytes in
            switch chosen % 6 {
            case 0: readBatch(bytes)
            case 1: readNotification(bytes)
            case 2: readFields(bytes)
            case 3: readDecision(bytes)
            case 4: readReport(body)
            default: _ = IdempotencyKey.parse(String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    private static func readBatch(_ bytes: UnsafeRawBufferPointer) {
        do throws(ProblemDetails) {
            for result in try BatchReader(bytes, limit: 100).read(admission) { _ = try? result.get() }
        } catch {
            precondition(!error.title.isEmpty)
        }
    }

    private static func readNotification(_ bytes: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(bytes)
        var reader = NotificationDraftReader()
        guard (try? reader.read(&scanner)) != nil else { return }
        var admission = admission
        _ = admission.admit(reader.draft, problems: reader.problems)
    }

    private static func readFields(_ bytes: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(bytes)
        var reader = TextFieldsReader(["email", "password", "name"])
        guard (try? reader.read(&scanner)) != nil else { return }
        guard let email = try? EmailAddress(reader.values["email"] ?? "") else { return }
        _ = Password.problem(of: reader.values["password"] ?? "", email: email)
    }

    private static func readDecision(_ bytes: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(bytes)
        var reader = ResolutionReader()
        try? reader.read(&scanner)
    }

    /// What is taken can be read again when its turn comes.
    private static func readReport(_ body: [UInt8]) {
        let isTaken = AccountWebhook.problems(in: body).isEmpty
        _ = AccountWebhook.account(in: body)
        let request = WebhookRequest(
            method: "POST", url: "https://notify.example.com/webhooks", headers: [:], body: body,
            receivedAt: FuzzChannels.now)
        if case .failure = AccountWebhook.parse(request) {
            precondition(!isTaken, "a report that was taken can't be read")
        }
    }
}
