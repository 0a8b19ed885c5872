import Pipeline

/// What providers, operators and their machines ask.
extension APIOperations {
    // MARK: Webhooks

    private static let channel = Parameter.path(
        "channel", "The channel's name.", Schema.text(nil, 1...40, example: "sms"))

    /// What a channel answers its provider is the provider's matter: a word, a number, XML.
    private static let acknowledgement = Answer(
        status: 200, description: "It is durable.", content: ["*/*": [:]])

    private static let refusals = [
        Answer.problem(403, "It is not genuine."), .problem(404, "There is no such channel."),
        .unavailable("It is not certain that it was stored, or it can't be told now whether it is genuine."),
    ]

    static let webhooks = [
        Operation(
            "POST", "/webhooks/{channel}", "receiveWebhook", .webhooks, "Take a provider's webhook",
            "In the provider's own format, signed in its own way.", parameters: [channel],
            body: Body(content: ["*/*": [:]], isOfAnyType: true, isRequired: false),
            answers: [acknowledgement] + refusals),
        Operation(
            "GET", "/webhooks/{channel}", "receiveWebhookByGet", .webhooks, "Take a provider's webhook or handshake",
            "For providers that report, or ask whether this address is theirs, by GET.", parameters: [channel],
            answers: [acknowledgement] + refusals),
        Operation(
            "POST", "/webhooks", "receiveReport", .webhooks, "Take a report of a provider without an API",
            "Signed by [Standard Webhooks](https://www.standardwebhooks.com) with `webhooks.secret`, which opens the address.",
            parameters: [
                .header("webhook-id", "Standard Webhooks.", Schema.text()),
                .header("webhook-timestamp", "Seconds since 1970.", Schema.text()),
                .header("webhook-signature", "`v1,` and the signature.", Schema.text()),
            ],
            body: Body(
                content: ["*/*": Schema.named("Report")], isOfAnyType: true),
            answers: [
                Answer(status: 202, description: "It is durable."), .problem(403, "It is not genuine."),
                .problem(404, "The address is closed."), .problem(422, "The report is not valid."),
                .unavailable("It is not certain that it was stored."),
            ]),
    ]

    // MARK: Unsubscribing

    private static let token = Parameter.path(
        "token", "Who leaves which list, sealed by the host.", Schema.text(nil, 1...1000, pattern: "^[A-Za-z0-9_-]+$"))
    private static let page: KeyValuePairs<String, JSONTree> = ["text/html": ["type": "string"]]

    static let unsubscribing = [
        Operation(
            "GET", "/unsubscribe/{token}", "askToUnsubscribe", .optOuts, "Ask whether to unsubscribe",
            "The address that mails have in `List-Unsubscribe`. It only asks: it changes nothing.", parameters: [token],
            answers: [
                Answer(status: 200, description: "A page with a button.", content: page),
                .problem(404, "There is no such address."),
            ]),
        Operation(
            "POST", "/unsubscribe/{token}", "unsubscribe", .optOuts, "Unsubscribe",
            "With one click (RFC 8058). Repeating it does no harm.", parameters: [token],
            body: Body(content: ["application/x-www-form-urlencoded": [:]], isOfAnyType: true, isRequired: false),
            answers: [
                Answer(status: 200, description: "It is durable.", content: page),
                .problem(404, "There is no such address."), .unavailable("It is not certain that it was stored."),
            ]),
    ]

    // MARK: The host

    static let host = [
        Operation(
            "GET", "/health", "showHealth", .host, "Show how the host and what it depends on are",
            "Where there are accounts, what is wrong is told in detail only to credentials with `metrics:read`.",
            answers: [
                .json(200, "All is well.", Schema.named("Health")),
                .json(503, "Something is not.", Schema.named("Health")),
            ]),
        Operation(
            "GET", "/health/liveness", "showLiveness", .host, "Show that the process answers",
            answers: [.json(200, "It does.", Schema.named("State"))]),
        Operation(
            "GET", "/health/readiness", "showReadiness", .host, "Show whether the host takes requests",
            answers: [
                .json(200, "It does.", Schema.named("State")),
                .json(503, "Not yet, or no more: it is stopping.", Schema.named("State")),
            ]),
    ]

    static let reload = [
        Operation(
            "POST", "/admin/reload", "reload", .host, "Have the host read its configuration anew",
            "It is applied as a whole or not at all. Each replica reads its own file.",
            answers: [
                .json(200, "It is applied.", Schema.named("Reload")),
                .problem(404, "The host was started without a file."),
                .problem(422, "It is not applied: the places in the file are the fields of the errors."),
                .unavailable("It is not applied: the store can't be asked, or the host is stopping."),
            ])
    ]

    static let metrics = [
        Operation(
            "GET", "/metrics", "showMetrics", .host, "Show the host's metrics", "In Prometheus's text format.",
            answers: [Answer(status: 200, description: "The metrics.", content: ["text/plain": ["type": "string"]])])
    ]

    // MARK: Description

    private static func document(_ type: String, _ description: String) -> Answer {
        Answer(status: 200, description: description, content: [type: ["type": "object"]])
    }

    static let description = [
        Operation(
            "GET", "/openapi.json", "showOpenAPI", .description, "Show this description",
            answers: [document("application/openapi+json", "OpenAPI 3.1.")]),
        Operation(
            "GET", "/asyncapi.json", "showAsyncAPI", .description, "Show the events",
            answers: [document("application/asyncapi+json", "AsyncAPI 3.0.")]),
        Operation(
            "GET", "/schemas/{topic}", "showSchema", .description, "Show the JSON Schema of an event",
            parameters: [
                .path("topic", "The event's topic.", Schema.word(EventDescription.events.map(\.topic.rawValue)))
            ],
            answers: [document("application/schema+json", "JSON Schema."), .problem(404, "There is no such event.")]),
        Operation(
            "GET", "/docs", "showDocs", .description, "Show this description to people",
            answers: [Answer(status: 200, description: "A page.", content: ["text/html": ["type": "string"]])]),
        Operation(
            "GET", "/docs/style.css", "showStyle", .description, "Show the page's style",
            answers: [Answer(status: 200, description: "CSS.", content: ["text/css": ["type": "string"]])]),
    ]
}
