import ChannelSDK
import HTTPTypes
import Pipeline

/// What the modules are still to be asked about requests that are well in all else: those whose code runs on threads of
/// its own are asked once for all requests that come together. Used by one task.
final class PendingValidation {
    private struct Question {
        let item: Int
        let content: MessageContent
        /// The module's word as the requester is told it; nil: it is not told.
        let attribute: (FieldProblem) -> FieldProblem?
    }

    private var questions: [String: [Question]] = [:]
    /// The place in the batch of the request that is read now.
    private var item = 0

    func next() { item += 1 }

    func ask(
        _ channel: String, about content: MessageContent, _ attribute: @escaping (FieldProblem) -> FieldProblem?
    ) {
        questions[channel, default: []].append(Question(item: item, content: content, attribute: attribute))
    }

    /// Asks, and refuses those of `results` that a module finds something wrong with.
    func judge(
        _ results: inout [Result<AcceptedNotification, ProblemDetails>], by channels: [String: APIChannel]
    ) async {
        for (name, questions) in questions.sorted(by: { $0.key < $1.key }) {
            guard let channel = channels[name]?.isolated else { continue }
            let answers = await channel.problems(of: questions.map(\.content))
            for (question, answer) in zip(questions, answers) where results.indices.contains(question.item) {
                let result = results[question.item]
                guard let answer else {
                    results[question.item] = .failure(.unanswered(name))
                    continue
                }
                let problems = answer.compactMap(question.attribute)
                if !problems.isEmpty { results[question.item] = .failure(result.refused(for: problems)) }
            }
        }
    }
}

extension Result<AcceptedNotification, ProblemDetails> {
    fileprivate func refused(for problems: [FieldProblem]) -> ProblemDetails {
        guard case .failure(var details) = self else { return .invalid(problems) }
        details.errors += problems
        return details
    }
}

extension ProblemDetails {
    /// Of a module that the host gave time to answer.
    static func unanswered(_ channel: String) -> Self {
        Self(
            .serviceUnavailable, "The channel does not answer",
            detail: "the module of channel '\(channel)' did not answer in time: try again later", retryAfter: 10)
    }
}
