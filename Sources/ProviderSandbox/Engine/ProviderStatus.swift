/// A provider's words for what becomes of a message, in the order of their weight: the last of those that were reported is
/// what a right receiver ends in.
protocol ProviderStatus: RawRepresentable<String>, CaseIterable, Comparable, Sendable {
    /// No ordinary status follows it.
    var isFinal: Bool { get }
    /// The provider's code, where the status is a failure and nothing else is known.
    var standardErrorCode: Int? { get }
}

extension ProviderStatus {
    var standardErrorCode: Int? { nil }

    static func < (left: Self, right: Self) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int { Self.allCases.map(\.rawValue).firstIndex(of: rawValue)! }
}

extension MessageLife {
    /// - Parameters:
    ///   - initial: the status in the API's answer.
    ///   - errorCode: of the failures among the reports.
    init<Status: ProviderStatus>(initial: Status, reports: [Status], errorCode: Int? = nil) {
        self.init(
            initial: initial.rawValue,
            steps: reports.map { status in
                let code = status.standardErrorCode.map { errorCode ?? $0 }
                return Step(status: status.rawValue, errorCode: code, isFinal: status.isFinal)
            },
            final: max(initial, reports.max() ?? initial).rawValue)
    }
}
