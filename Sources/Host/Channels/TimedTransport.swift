import ChannelSDK

/// The host's transport as one channel sees it: nothing takes longer than the channel's `timeout`, whatever a module asks
/// for, because a claim holds no longer than that.
struct TimedTransport: Transport {
    let transport: any Transport
    let limit: Duration

    func submit(
        _ requests: [HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void
    ) {
        var requests = requests
        for index in requests.indices {
            guard let timeout = requests[index].timeout, timeout > limit else { continue }
            requests[index].timeout = limit
        }
        transport.submit(requests, defaultTimeout: min(defaultTimeout, limit), completion: completion)
    }

    func submit(
        _ mails: [SMTPSubmission], defaultTimeout: Duration, completion: @escaping @Sendable ([SMTPCompletion]) -> Void
    ) {
        var mails = mails
        for index in mails.indices {
            guard let timeout = mails[index].timeout, timeout > limit else { continue }
            mails[index].timeout = limit
        }
        transport.submit(mails, defaultTimeout: min(defaultTimeout, limit), completion: completion)
    }
}
