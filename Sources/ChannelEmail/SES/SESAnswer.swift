import ChannelSDK

/// What SES answered: the name of its error first, the HTTP status second.
struct SESAnswer {
    private let answer: ProviderAnswer

    init(_ answer: ProviderAnswer) { self.answer = answer }

    var outcome: DeliveryOutcome {
        if answer.isSuccess {
            guard let id = answer.json?["MessageId"]?.text else { return answer.foreign }
            return .accepted(Acceptance(providerMessageID: id, status: .queued))
        }
        guard let name, let kind = kind(of: name) else {
            return answer.outcomeByStatus(code: name, message: words)
        }
        // SES does not say when a quota is free again: ask once an hour.
        let wait: Duration? = name == "LimitExceededException" ? .seconds(3600) : nil
        return answer.outcome(kind, code: name, message: words, after: answer.retryAfter ?? wait)
    }

    /// `MessageRejected` of `MessageRejected:http://…` or `com.amazonaws.ses#MessageRejected`.
    private var name: String? {
        let full =
            answer.response.headers["x-amzn-ErrorType"] ?? answer.json?["__type"]?.text ?? answer.json?["code"]?.text
        guard let name = full?.split(separator: ":").first?.split(separator: "#").last else { return nil }
        let isName = (1...60).contains(name.utf8.count) && name.utf8.allSatisfy { (97...122).contains($0 | 0x20) }
        return isName ? String(name) : nil
    }

    /// A signature that does not match is explained with parts of the request, its `Authorization` among them.
    private var words: String? {
        guard let text = answer.json?["message"]?.text ?? answer.json?["Message"]?.text else { return nil }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            ["Credential=", "SignedHeaders=", "Signature="].contains { word.contains($0) } ? "•••" : String(word)
        }.joined(separator: " ")
    }

    private func kind(of name: String) -> DeliveryFailure.Kind? {
        switch name {
        case "TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException": .rateLimit
        // The one error for two things: an unverified sender, and content such as a virus.
        case "MessageRejected": words?.contains("not verified") == true ? .configuration : .content
        case "BadRequestException", "ValidationException": .content
        case "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException",
            "NotFoundException", "AccessDeniedException", "AccessDenied", "UnrecognizedClientException",
            "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature",
            "MissingAuthenticationToken", "MissingAuthenticationTokenException", "ExpiredTokenException",
            "OptInRequired", "NotAuthorized":
            .configuration
        case "InternalFailure", "InternalServerError", "InternalServiceErrorException", "ServiceUnavailable",
            "ServiceUnavailableException", "RequestTimeout":
            .transient
        default: nil
        }
    }
}
