import ChannelSDK
import Foundation

@testable import Pipeline

/// A provider's webhook on its whole way: handshake, verification, the record that is stored, the parser.
///
/// The first byte chooses the provider (and the host's own, for accounts), the second method and content type; the first
/// line is the query, the next ones are headers up to an empty line; what follows is the body. The parser gets also what
/// is not genuine: a signature that fits its altered request is hard to find.
enum WebhookInput {
    private static let types = [
        "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "message/rfc822",
        "text/plain", "", "multipart/report; report-type=delivery-status; boundary=x", "*/*",
    ]
    private static let accounts = try! StandardWebhooks(
        key: Secret("whsec_" + Data(repeating: 7, count: 32).base64EncodedString()))

    static func run(_ bytes: [UInt8]) {
        guard bytes.count > 2 else { return }
        let request = request(bytes)
        let number = Int(bytes[0]) % (FuzzChannels.all.count + 1)
        guard number < FuzzChannels.all.count else {
            _ = accounts.verify(request, now: FuzzChannels.now)
            _ = AccountWebhook.parse(request)
            return
        }
        let (name, parser) = (FuzzChannels.all[number].name, FuzzChannels.all[number].channel.webhooks)
        if let reply = parser.handshake(request) { precondition((200..<600).contains(reply.status)) }
        if case .scheme(let verifier) = parser.verification {
            _ = waiting { await verifier.verify(request, now: FuzzChannels.now) }
        }
        let stored = stored(parser.verification.withoutSecret(request), name)
        _ = parser.acknowledgement(of: stored)
        do throws(WebhookRefusal) {
            _ = try parser.parse(stored)
        } catch {
            precondition(!"\(error)".isEmpty)
        }
    }

    /// As it comes back from the log.
    private static func stored(_ request: WebhookRequest, _ channel: String) -> WebhookRequest {
        var record: [UInt8] = []
        ReceivedWebhook(origin: .channel(channel), request: request).write(to: &record)
        guard let read = try? ReceivedWebhook(record: record[...]) else { fatalError("a record can't be read again") }
        return read.request
    }

    private static func request(_ bytes: [UInt8]) -> WebhookRequest {
        var lines = bytes[2...]
        func line() -> String {
            let line = lines.prefix { $0 != UInt8(ascii: "\n") }
            lines = lines.dropFirst(line.count + 1)
            // What a server lets through.
            return String(decoding: line.filter { (0x20...0x7E).contains($0) || $0 >= 0x80 }, as: UTF8.self)
        }
        let query = line().utf8.filter { (0x21...0x7E).contains($0) }
        var headers: HTTPHeaders = ["Content-Type": types[Int(bytes[1]) % types.count]]
        while case let field = line(), !field.isEmpty {
            let parts = field.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            headers.add(String(parts[0]), parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        return WebhookRequest(
            method: bytes[1] & 0x80 == 0 ? "POST" : "GET",
            url: "https://notify.example.com/webhooks/x"
                + (query.isEmpty ? "" : "?" + String(decoding: query, as: UTF8.self)),
            headers: headers, body: Array(lines), receivedAt: FuzzChannels.now,
            remoteAddress: IPAddress("127.0.0.1"))
    }
}
