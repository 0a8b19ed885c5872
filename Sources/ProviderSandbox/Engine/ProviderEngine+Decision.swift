import Hummingbird
import NIOCore

/// What becomes of a valid request.
enum Verdict<Taken> {
    /// To be answered as taken.
    case accepted(Taken)
    /// To be answered with this HTTP status: 429, 500 or 503. Nothing was taken.
    case failed(status: Int)
    /// Without an answer; the response is written to nobody.
    case unanswered(Response)
}

extension ProviderEngine {
    /// Decides about a valid request, waits as long as the answer takes, and tells how to answer.
    /// - Parameters:
    ///   - reportsWanted: false when there is no address to report to.
    ///   - take: called when the message is taken, answered or not.
    func decide<Taken>(
        _ submission: Submission, reportsWanted: Bool, _ context: SandboxContext,
        take: (LedgerReference, ReportPlan) -> Taken
    ) async -> Verdict<Taken> {
        let admission = ledger.admit(submission, reportsWanted: reportsWanted)
        let taken = admission.taken.map { take($0.reference, $0.plan) }
        if admission.answerDelay > .zero {
            try? await Task.sleep(for: .nanoseconds(admission.answerDelay.nanoseconds))
        }
        switch admission.fate {
        case .refused(let status): return .failed(status: status)
        case .throttled: return .failed(status: 429)
        case .closed, .answerLost: return .unanswered(await context.closeConnection())
        case .hung: return .unanswered(await context.holdConnection())
        case .answered:
            guard let taken else { return .failed(status: 500) }
            return .accepted(taken)
        }
    }

    /// As ``decide(_:reportsWanted:_:take:)``, for a provider that keeps nothing about a message but its reports.
    /// - Parameters:
    ///   - reports: nil when there is no address to report to.
    ///   - failure: the answer for the status 429, 500 or 503.
    func answer(
        _ submission: Submission, reports: (any CallbackSource)?, _ context: SandboxContext, success: Response,
        failure: (Int) -> Response
    ) async -> Response {
        let verdict = await decide(submission, reportsWanted: reports != nil, context) { reference, plan in
            if let reports { sender.send(plan, of: reports, reference: reference) }
        }
        switch verdict {
        case .accepted: return success
        case .failed(let status): return failure(status)
        case .unanswered(let response): return response
        }
    }
}

/// An error answer in a provider's own words.
protocol ProviderError: Error {
    var response: Response { get }
}

extension RouterMethods<SandboxContext> {
    typealias Answering = @Sendable (Request, SandboxContext) async throws -> Response

    /// As `get`, with errors written as the provider does.
    func get(_ path: RouterPath, answering: @escaping Answering) {
        get(path, use: Self.writingErrors(answering))
    }

    /// As `post`, with errors written as the provider does.
    func post(_ path: RouterPath, answering: @escaping Answering) {
        post(path, use: Self.writingErrors(answering))
    }

    private static func writingErrors(_ answering: @escaping Answering) -> Answering {
        { request, context in
            do {
                return try await answering(request, context)
            } catch let error as any ProviderError {
                return error.response
            }
        }
    }
}
