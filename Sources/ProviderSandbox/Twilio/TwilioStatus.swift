/// Twilio's status of an outgoing message, later evidence after earlier.
enum TwilioStatus: String, Sendable, CaseIterable, Comparable {
    case accepted, scheduled, queued, sending, sent, canceled, failed, undelivered, delivered, read

    /// No ordinary status follows it.
    var isFinal: Bool { self >= .canceled }

    static func < (left: TwilioStatus, right: TwilioStatus) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int { Self.allCases.firstIndex(of: self)! }
}

extension MessageLife {
    /// - Parameter initial: the status in the API's answer.
    init(initial: TwilioStatus, reports: [TwilioStatus], errorCode: Int? = nil) {
        let final = reports.max() ?? initial
        self.init(
            initial: initial.rawValue,
            steps: reports.map { status in
                let isFailure = status == .failed || status == .undelivered
                // 30008 is Twilio's "unknown error".
                let code = isFailure ? errorCode ?? 30008 : nil
                return Step(status: status.rawValue, errorCode: code, isFinal: status.isFinal)
            },
            final: max(initial, final).rawValue)
    }
}
