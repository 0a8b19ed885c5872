/// How one request carries several messages, and how its answer tells what became of each.
public struct BatchRules: Sendable, Hashable {
    /// One message, as it stands in the request.
    public enum Message: Sendable, Hashable {
        /// An item of the list that stands in the place of ``JSONTemplate/messages``.
        case json(JSONTemplate)
        /// Fields beside those of the request, each with ``index`` in its name.
        case form([RequestTemplate.Field])
    }

    /// In the name of a form's field: the message's place in the request, from 0.
    public static let index = "{{index}}"

    /// The most messages in one request.
    public var limit: Int
    public var message: Message
    /// Where the answer has the list of results: a JSON pointer's parts, of which the body itself has none. Nil: the
    /// answer counts for all messages alike.
    public var results: [String]?
    /// In a result, the id of the delivery that it is about. Nil: the results are in the messages' order.
    public var delivery: ValueSelector?
    /// In a result, the provider's id of the message; as in ``AnswerRules/id``.
    public var id: ValueSelector?
    /// In a result, the provider's own code; as in ``AnswerRules/code``.
    public var code: ValueSelector?
    /// In a result, the provider's own words; as in ``AnswerRules/words``.
    public var words: ValueSelector?

    public init(
        limit: Int, message: Message, results: [String]? = nil, delivery: ValueSelector? = nil,
        id: ValueSelector? = nil, code: ValueSelector? = nil, words: ValueSelector? = nil
    ) {
        self.limit = limit
        self.message = message
        self.results = results
        self.delivery = delivery
        self.id = id
        self.code = code
        self.words = words
    }

    /// Everything that is put into one message.
    public var placeholders: Set<Placeholder> {
        let templates: [TextTemplate] =
            switch message {
            case .json(let json): json.templates
            case .form(let fields): fields.map(\.value)
            }
        return Set(templates.flatMap(\.uses).map(\.placeholder))
    }
}
