internal import ChannelSDK

/// The requests of one call of `submit`, and the completions that were not handed over yet.
///
/// `@unchecked Sendable` holds because everything but `finished` is immutable, and `finished` is used on the loop's
/// thread only, once the submission has come there through the inbox.
final class Submission: @unchecked Sendable {
    let requests: [HTTPRequest]
    let defaultTimeout: Duration
    private let completion: @Sendable ([TransportCompletion]) -> Void
    private var finished: [TransportCompletion] = []

    init(
        requests: [HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void
    ) {
        self.requests = requests
        self.defaultTimeout = defaultTimeout
        self.completion = completion
    }

    /// Returns true when this is the first completion since the last delivery.
    func finish(_ index: Int, _ result: HTTPResult) -> Bool {
        finished.append(TransportCompletion(index: index, result: result))
        return finished.count == 1
    }

    func deliver() {
        let completions = finished
        finished = []
        completion(completions)
    }

    /// Ends every request at once; for a submission that the loop never took.
    func failAll(_ failure: TransportFailure) {
        guard !requests.isEmpty else { return }
        completion(requests.indices.map { TransportCompletion(index: $0, result: .failure(failure)) })
    }
}
