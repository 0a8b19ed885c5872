import NIOCore

/// A webhook that takes the reports about several messages in one request.
protocol BatchWebhook: AnyObject, Sendable {
    var url: CallbackURL { get }
    /// Appends the whole HTTP/1.1 request with these events, in their order.
    func writeRequest(_ events: [JSON], into buffer: inout ByteBuffer)
}

/// Writes a provider's events about one message, for requests with several.
protocol BatchedCallbackSource: CallbackSource {
    var webhook: any BatchWebhook { get }
    /// The event that reports `step` of the message's life.
    func event(step: Int) -> JSON
}

extension BatchedCallbackSource {
    var url: CallbackURL { webhook.url }
    var batch: (any BatchedCallbackSource)? { self }

    func writeRequest(step: Int, into buffer: inout ByteBuffer) {
        webhook.writeRequest([event(step: step)], into: &buffer)
    }
}

extension CallbackSource {
    func isRefusal(_ status: Int) -> Bool { false }
    var batch: (any BatchedCallbackSource)? { nil }
}
