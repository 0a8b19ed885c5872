import ChannelSDK
import Synchronization
import Testing

@testable import Pipeline

/// What gathers until it is recorded, of which isolated modules have some to judge.
@Suite struct EndedAttemptsTests {
    private func claim(_ number: Int) -> ClaimedDelivery {
        ClaimedDelivery(
            delivery: DeliveryID(notification: NotificationID(high: 1, low: UInt64(number)), ordinal: 1),
            channel: "push",
            account: "a", urgency: .normal, errand: .send, attempt: 1, due: Timestamp(seconds: 1), expiresAt: nil,
            payload: .init(bytes: []))
    }

    private func answered<Answer>(_ number: Int, _ answer: Answer) -> AnsweredAttempt<Answer> {
        let claim = claim(number)
        let message = OutboundMessage(
            delivery: claim.delivery, account: "a", content: MessageContent(recipient: "x", body: "\(number)"),
            attempt: 1, webhookURL: "https://notify.example.com/")
        return AnsweredAttempt(claim: claim, message: message, answer: answer)
    }

    private func outcome(_ judge: String, _ number: Int) -> AttemptEnd {
        AttemptEnd(claim: claim(number), end: .sent(.accepted(Acceptance(providerMessageID: "\(judge) \(number)"))))
    }

    @Test func eachClientJudgesAllOfItsOwnAtOnce() async {
        let (old, new, mail) = (Judge("old"), Judge("new"), Judge("mail"))
        let released = AttemptEnd(claim: claim(1), end: .released)
        let response = HTTPResponse(status: 200)
        let batches = [
            EndedBatch(
                attempts: EndedAttempts(
                    [released], answers: .http(old, [answered(2, response), answered(3, response)])),
                providerRevision: 1, generation: 4),
            EndedBatch(
                attempts: EndedAttempts([], answers: .http(new, [answered(4, response)])), providerRevision: 2,
                generation: 5),
            EndedBatch(
                attempts: EndedAttempts([], answers: .http(old, [answered(5, response)])), providerRevision: 1,
                generation: 4),
            EndedBatch(
                attempts: EndedAttempts(
                    [], answers: .mail(mail, [answered(6, SMTPReply(stage: .message, code: 250, text: "taken"))])),
                providerRevision: 3, generation: 6),
        ]
        let all = await batches.judged()
        #expect(
            all.map(\.end) == [
                released, outcome("old", 2), outcome("old", 3), outcome("old", 5), outcome("new", 4),
                outcome("mail", 6),
            ])
        #expect(all.map(\.providerRevision) == [1, 1, 1, 1, 2, 3])
        #expect([old, new, mail].map(\.asked) == [[3], [1], [1]])
    }

    @Test func whatIsKnownIsAskedOfNobody() async {
        let batches = (0..<3).map { number in
            EndedBatch(attempts: EndedAttempts([outcome("host", number)]), providerRevision: 0, generation: 0)
        }
        #expect(await batches.judged().map(\.end) == (0..<3).map { outcome("host", $0) })
    }
}

/// Signs each outcome.
private final class Judge: IsolatedHTTPDelivery, IsolatedMailDelivery {
    private let name: String
    private let questions = Mutex<[Int]>([])

    init(_ name: String) { self.name = name }

    /// How many it was asked about, each time.
    var asked: [Int] { questions.withLock { $0 } }

    func outcomes(of answers: [(HTTPResponse, OutboundMessage)]) async -> [DeliveryOutcome] {
        outcomes(of: answers.map(\.1))
    }

    func outcomes(of replies: [(SMTPReply, OutboundMessage)]) async -> [DeliveryOutcome] {
        outcomes(of: replies.map(\.1))
    }

    private func outcomes(of messages: [OutboundMessage]) -> [DeliveryOutcome] {
        questions.withLock { $0.append(messages.count) }
        return messages.map { .accepted(Acceptance(providerMessageID: "\(name) \($0.content.body)")) }
    }

    func requests(for messages: [OutboundMessage]) async -> [PreparedMessage<HTTPRequest>] { [] }
    func submissions(for messages: [OutboundMessage]) async -> [PreparedMessage<SMTPSubmission>] { [] }
    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest { HTTPRequest(url: "https://x") }
    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome { .retry(Self.none) }
    func submission(for message: OutboundMessage) throws(DeliveryFailure) -> SMTPSubmission { throw Self.none }
    func outcome(of reply: SMTPReply, for message: OutboundMessage) -> DeliveryOutcome { .retry(Self.none) }
    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] { [] }

    private static let none = DeliveryFailure(.other, code: "none", message: "is not asked")
}
