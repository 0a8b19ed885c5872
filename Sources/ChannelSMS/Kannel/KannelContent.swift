import ChannelSDK

/// What Kannel takes as the content of a message: as many segments as it is configured for.
struct KannelContent: Sendable {
    private static let rules = SMSContentRules(longestBody: 255 * 153, mostMedia: 0, bodySubstitutes: [])

    let maxMessages: Int

    func problems(in content: MessageContent) -> [FieldProblem] {
        let problems = Self.rules.problems(in: content)
        // No full segment has fewer than 66 bytes of UTF-8: counting is for long texts only.
        guard content.body.utf8.count > 66 * maxMessages else { return problems }
        let count = SMSSegments(of: content.body).count
        guard count > maxMessages else { return problems }
        return problems + [
            FieldProblem(field: "body", message: "needs \(count) segments: at most \(maxMessages) are allowed")
        ]
    }
}
