public import ChannelSDK

/// A request's content, and the fields that `RunningChannel.validate(_:)` must object to.
public struct ContentCase: Sendable {
    /// What it is about, for its failures.
    public let name: String
    /// What an application asks for.
    public let content: MessageContent
    /// In any order; empty: the content is fine.
    public let fields: [String]
    /// Where the author wrote it.
    public let location: CaseLocation

    public init(
        _ name: String, _ content: MessageContent, problemsAt fields: [String] = [],
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) {
        (self.name, self.content, self.fields) = (name, content, fields)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}

/// A message, and the exact request that submits it.
public struct RequestCase: Sendable {
    /// What it is about, for its failures.
    public let name: String
    /// What is sent.
    public let content: MessageContent
    /// Headers in any order.
    public let request: HTTPRequest
    /// Where the author wrote it.
    public let location: CaseLocation

    public init(
        _ name: String, _ content: MessageContent, becomes request: HTTPRequest,
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) {
        (self.name, self.content, self.request) = (name, content, request)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}

/// A provider's answer to a submission, and how the attempt ended.
public struct AnswerCase: Sendable {
    /// What it is about, for its failures.
    public let name: String
    /// The provider's answer.
    public let response: HTTPResponse
    /// What it must mean.
    public let outcome: DeliveryOutcome
    /// Where the author wrote it.
    public let location: CaseLocation

    public init(
        _ name: String, _ response: HTTPResponse, means outcome: DeliveryOutcome,
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) {
        (self.name, self.response, self.outcome) = (name, response, outcome)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}

/// A message, and the exact mail that submits it.
public struct SubmissionCase: Sendable {
    /// What it is about, for its failures.
    public let name: String
    /// What is sent.
    public let content: MessageContent
    /// The mail that it must become.
    public let mail: SMTPSubmission
    /// Where the author wrote it.
    public let location: CaseLocation

    public init(
        _ name: String, _ content: MessageContent, becomes mail: SMTPSubmission,
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) {
        (self.name, self.content, self.mail) = (name, content, mail)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}

/// A mail server's reply to a submission, and how the attempt ended.
public struct ReplyCase: Sendable {
    /// What it is about, for its failures.
    public let name: String
    /// The server's reply.
    public let reply: SMTPReply
    /// What it must mean.
    public let outcome: DeliveryOutcome
    /// Where the author wrote it.
    public let location: CaseLocation

    public init(
        _ name: String, _ reply: SMTPReply, means outcome: DeliveryOutcome,
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) {
        (self.name, self.reply, self.outcome) = (name, reply, outcome)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}

/// A provider's webhook, and what it says.
public struct WebhookCase: Sendable {
    /// What it is about, for its failures.
    public let name: String
    /// As the provider sends it.
    public let request: WebhookRequest
    /// Nil: it makes no sense, and the parser refuses it.
    public let contents: WebhookContents?
    /// Where the author wrote it.
    public let location: CaseLocation

    public init(
        _ name: String, _ request: WebhookRequest, says contents: WebhookContents,
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) {
        (self.name, self.request, self.contents) = (name, request, contents)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }

    public init(
        refusing name: String, _ request: WebhookRequest,
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) {
        (self.name, self.request, self.contents) = (name, request, nil)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}

/// Reports that must end in one status, in whatever order they come and however often.
public struct ConvergenceCase: Sendable {
    /// What it is about, for its failures.
    public let name: String
    /// The reports, all about one delivery.
    public let requests: [WebhookRequest]
    /// What the answer to the submission said, which may come at any time between the reports.
    public let acceptance: Acceptance?
    /// In which they must end.
    public let status: StatusName
    /// Where the author wrote it.
    public let location: CaseLocation

    /// - Parameter requests: of one delivery. Every order of up to 6 of them is tried, of more than that some hundreds.
    public init(
        _ name: String, anyOrderOf requests: [WebhookRequest], with acceptance: Acceptance? = nil,
        endsIn status: StatusName, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
        column: Int = #column
    ) {
        (self.name, self.requests, self.acceptance, self.status) = (name, requests, acceptance, status)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}

/// Requests as the provider makes them, and how it signs them.
public struct VerificationCase: Sendable {
    /// As they are before they are signed.
    public let requests: [WebhookRequest]
    /// False for a scheme that proves the sender only.
    public let coversBody: Bool
    /// Makes a request what the provider would send.
    public let sign: @Sendable (WebhookRequest) -> WebhookRequest
    /// Where the author wrote it.
    public let location: CaseLocation

    /// - Parameters:
    ///   - requests: without their proof.
    ///   - sign: the same with its proof, as the provider would send it.
    public init(
        of requests: [WebhookRequest], coversBody: Bool = true, fileID: String = #fileID, filePath: String = #filePath,
        line: Int = #line, column: Int = #column, signedBy sign: @escaping @Sendable (WebhookRequest) -> WebhookRequest
    ) {
        (self.requests, self.coversBody, self.sign) = (requests, coversBody, sign)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}

/// A change to good settings, and what the module must find wrong with it.
public struct SettingsCase: Sendable {
    /// What it is about, for its failures.
    public let name: String
    /// Nil takes a setting away.
    public let changes: [String: SettingValue?]
    /// The settings that the module objects to, in any order; empty: the settings are fine.
    public let settings: [String]
    /// Where the author wrote it.
    public let location: CaseLocation

    public init(
        _ name: String, changing changes: [String: SettingValue?], problemsAt settings: [String] = [],
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) {
        (self.name, self.changes, self.settings) = (name, changes, settings)
        location = CaseLocation(fileID: fileID, filePath: filePath, line: line, column: column)
    }
}
