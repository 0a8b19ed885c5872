import ChannelSDK

extension ConformanceSuite {
    /// Checks the requests of an `HTTPDeliveryClient`: each to the letter; the same when made again; with the
    /// delivery's id in it, so that reports find the delivery; without a secret in its description.
    public func check(requests cases: [RequestCase]) -> [ConformanceFinding] {
        var list = findings(.requests)
        for one in cases {
            let (what, here) = ("'\(one.name)'", one.location)
            guard let client = list.httpClient(of: self, at: here) else { break }
            do throws(DeliveryFailure) {
                let request = try client.request(for: message(one.content))
                list.expect(request, is: one.request, what, at: here)
            } catch {
                list.expect(false, at: here, "\(what): \(error)")
            }
        }
        return list.findings + cases.flatMap { check(requestFor: $0.content, named: $0.name, at: $0.location) }
    }

    /// What holds for the request of any message that the channel does not refuse.
    func check(
        requestFor content: MessageContent, named name: String, at here: CaseLocation?
    ) -> [ConformanceFinding] {
        var list = findings(.requests)
        guard let client = channel.delivery as? any HTTPDeliveryClient else { return [] }
        let message = message(content)
        guard let request = try? client.request(for: message) else { return [] }
        list.expect(
            (try? client.request(for: message)) == request, at: here,
            "'\(name)': the request is another one when it is made again")
        list.expect(
            !expectsReports || carriesDelivery(request), at: here,
            "'\(name)': no delivery id in the request, so reports could not find the delivery: send the message's webhookURL "
                + "or the delivery's id where the provider echoes it")
        list.expect(
            !secrets.contains { !$0.isEmpty && request.description.contains($0) }, at: here,
            "'\(name)': the request's description shows a secret: it must not be in method or host")
        return list.findings
    }

    /// False where the provider's word at submission is the last one: the channel's first status is settled.
    private var expectsReports: Bool { !order.first.isSettled }

    private func carriesDelivery(_ request: HTTPRequest) -> Bool {
        let texts = [request.url, String(decoding: request.body, as: UTF8.self)] + request.headers.fields.map(\.value)
        return texts.contains { $0.contains(Self.delivery.description) }
    }
}

extension FindingList {
    mutating func httpClient(
        of suite: ConformanceSuite, at location: CaseLocation?
    ) -> (any HTTPDeliveryClient)? {
        let client = suite.channel.delivery as? any HTTPDeliveryClient
        expect(client != nil, at: location, "the delivery client is no HTTPDeliveryClient")
        return client
    }

    fileprivate mutating func expect(
        _ request: HTTPRequest, is wanted: HTTPRequest, _ what: String, at location: CaseLocation
    ) {
        expect(request.method, is: wanted.method, at: location, "\(what): the method")
        expect(request.url, is: wanted.url, at: location, "\(what): the URL")
        expect(Self.sorted(request.headers), is: Self.sorted(wanted.headers), at: location, "\(what): the headers")
        expect(
            String(decoding: request.body, as: UTF8.self), is: String(decoding: wanted.body, as: UTF8.self),
            at: location, "\(what): the body")
        expect(request.timeout, is: wanted.timeout, at: location, "\(what): the timeout")
    }

    private static func sorted(_ headers: HTTPHeaders) -> [String] {
        headers.fields.map { "\($0.name.lowercased()): \($0.value)" }.sorted()
    }
}
