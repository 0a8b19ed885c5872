/// Every operation of the API.
///
/// A new route gets its description here: an ``Operation`` with the router's method and path. What all operations have
/// in common (a head that is too large, credentials that are missing) is added by ``APIDescription``.
enum APIOperations {
    static let all = operations(batchItems: 10_000)

    /// - Parameter batchItems: the most notifications in one batch.
    static func operations(batchItems: Int) -> [Operation] {
        accepting(batchItems) + notifications + optOuts + events + accounts + webhooks + unsubscribing + host + reload
            + metrics + description
    }

    // MARK: Notifications

    private static let id = Parameter.path("id", "The notification's.", APISchemas.notificationID)

    private static let example: JSONTree = [
        "channel": "sms", "to": "+15551234567", "body": "Your order is on its way.", "externalId": "order-7",
    ]

    private static let idempotencyKey = Parameter.header(
        "Idempotency-Key", "Names the request where it has no `externalId`: repeated, it is the same notification.",
        Schema.text(
            pattern: #"^([!#-+\-.-:<-\[\]-~]{1,200}|"([ !#-\[\]-~]|\\["\\]){1,200}")$"#,
            example: "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""))

    private static let filters: [Parameter] = [
        .query("externalId", "Your own id: the one notification that has it.", Schema.text(nil, 1...200)),
        .query("status", "One status, or several with commas.", Schema.text(nil, 1...1000, example: "sent,delivered")),
        .query("settlement", "`open`, `settled`, `closed`; several with commas.", Schema.text(nil, 1...100)),
        .query(
            "channel", "One of its deliveries is for this channel; a callback's are listed by `callback:NAME` only.",
            Schema.text(nil, 1...80)),
        .query("recipient", "Exactly as the request had it.", Schema.text(nil, 1...320)),
        .query("tag", "It has this tag.", Schema.text(nil, 1...100)),
        .query("created_after", "Accepted then, or later.", Schema.time("RFC 3339.")),
        .query("created_before", "Accepted before.", Schema.time("RFC 3339.")),
        .query("limit", "How many to a page; 50 without it.", Schema.number(nil, 1...500)),
        .query("cursor", "The `next` of the page before.", Schema.text(nil, 1...4000)),
    ]

    private static func accepting(_ batchItems: Int) -> [Operation] {
        [
            Operation(
                "POST", "/notifications", "acceptNotification", .notifications, "Accept a notification",
                "202 says that it is durable. Repeat what was answered 503 with the same `externalId`: it can't be sent "
                    + "twice.",
                parameters: [idempotencyKey],
                body: .json(
                    Schema.named("Notification"),
                    examples: [
                        "text": example,
                        "template": [
                            "channel": "sms", "to": "+15551234567", "template": "order-shipped",
                            "variables": ["name": "Ada", "order": "7"], "locale": "de-AT",
                        ],
                    ]),
                answers: [
                    .json(
                        202, "It is durable.", Schema.named("Accepted"),
                        example: ["id": .text(APISchemas.id), "status": "accepted", "externalId": "order-7"],
                        headers: ["Location": Schema.text("Where its status is.", pattern: "^/notifications/")],
                        sometimes: ["Idempotent-Replayed": Schema.word(["true"], "It was there before.")],
                        links: [
                            .init(
                                name: "status", operation: "showNotification", parameters: ["id": "$response.body#/id"]),
                            .init(
                                name: "byExternalId", operation: "findNotification",
                                parameters: ["externalId": "$response.body#/externalId"]),
                            .init(
                                name: "resolution", operation: "resolveDelivery",
                                parameters: ["id": "$response.body#/id"]),
                            .init(
                                name: "cancel", operation: "cancelNotification",
                                parameters: ["id": "$response.body#/id"]),
                        ]),
                    .problem(409, "The `externalId`, or the key, is another request's."),
                    .problem(422, "Fields are wrong."),
                    .unavailable("It is not certain that it was stored."),
                ]),
            Operation(
                "POST", "/notifications/batch", "acceptBatch", .notifications, "Accept many notifications",
                "A JSON array, or one notification a line.", parameters: [idempotencyKey],
                body: Body(
                    content: [
                        "application/json": [
                            "type": "array", "items": Schema.named("Notification"), "minItems": 1,
                            "maxItems": .number(batchItems),
                        ],
                        "application/x-ndjson": [
                            "type": "string", "description": "A notification's JSON in each line.",
                        ],
                        "application/jsonl": ["type": "string", "description": "The same by another name."],
                    ], examples: ["two": [example, ["to": "+15551234568", "body": "Hello."]]]),
                answers: [
                    .json(202, "All of it is durable.", Schema.named("BatchAnswer")),
                    .json(207, "Some were refused: see each result.", Schema.named("BatchAnswer")),
                    .problem(422, "The batch is empty."), .unavailable("It is not certain that it was stored."),
                ]),
        ]
    }

    private static let notifications = [
        Operation(
            "GET", "/notifications", "findNotification", .notifications,
            "List notifications, or find one by your own id",
            "The newest first; `Link` leads to the next page. With `externalId`, which stands alone, it is that notification.",
            parameters: filters,
            answers: [
                .json(
                    200, "A page; with `externalId` the notification.",
                    ["anyOf": [Schema.named("NotificationPage"), Schema.named("NotificationView")]],
                    sometimes: ["Link": Schema.text("Of the next page, where there may be one: `rel=\"next\"`.")]),
                .problem(404, "No notification has this `externalId`."),
                .unavailable("The store is too far behind to tell, or not available."),
            ]),
        Operation(
            "GET", "/notifications/{id}", "showNotification", .notifications, "Show a notification",
            "With its deliveries and their timeline. An accepted id is never 404.", parameters: [id],
            answers: [
                .json(200, "The notification.", Schema.named("NotificationView")), .problem(404, "There is none."),
                .unavailable("The store is too far behind to tell."),
            ]),
        Operation(
            "DELETE", "/notifications/{id}", "cancelNotification", .notifications, "Take a notification back",
            "Possible until it is being sent. Repeating it does no harm.", parameters: [id],
            answers: [
                .json(200, "It is canceled.", Schema.named("NotificationView")),
                .json(
                    202, "Noted, durably: it is canceled unless it is sent before.", Schema.named("CancellationNoted"),
                    headers: ["Location": Schema.text("The notification.", pattern: "^/notifications/")]),
                .problem(404, "There is none."),
                .problem(409, "Too late: `notificationStatus` says where it stands."),
                .unavailable("It is not certain that the cancel was stored."),
            ]),
        Operation(
            "POST", "/notifications/{id}/resolution", "resolveDelivery", .notifications, "Decide about a held delivery",
            "Under `uncertain: hold` a delivery of which nobody knows whether the provider took it waits for somebody to "
                + "decide. Of two decisions the first holds.", parameters: [id],
            body: .json(Schema.named("Decision"), examples: ["again": ["decision": "resend"]]),
            answers: [
                .json(
                    202, "The decision is durable.", Schema.named("DecisionTaken"),
                    headers: ["Location": Schema.text("The notification.", pattern: "^/notifications/")]),
                .problem(404, "There is no such notification."), .problem(409, "Nothing is held."),
                .problem(422, "The decision is not valid."), .unavailable("It is not certain that it was stored."),
            ]),
    ]

    // MARK: Opt-outs

    private static let key = [
        Parameter.path("list", "The module's name.", Schema.text(nil, 1...40, example: "sms")),
        Parameter.path(
            "recipient", "A number, a mailbox.",
            Schema.text(nil, 1...320, pattern: #"[^\s\x00-\x1F\x7F-\x9F]"#, example: "+15551234567")),
    ]
    private static let limit = Parameter.query(
        "limit", "How many to a page; 100 without it.", Schema.number(nil, 1...1000))

    private static let optOuts = [
        Operation(
            "GET", "/opt-outs", "listOptOuts", .optOuts, "List who has opted out",
            parameters: [
                .query("list", "One module's; all without it.", Schema.text(nil, 1...40, example: "sms")), limit,
                .query(
                    "after", "The `next` of the page before.",
                    Schema.text(nil, 2...4000, pattern: "^([0-9a-f][0-9a-f])+$")),
            ],
            answers: [
                .json(200, "A page.", Schema.named("OptOutPage")),
                .problem(404, "There is no such list."), .unavailable("The store is not available."),
            ]),
        Operation(
            "GET", "/opt-outs/{list}/{recipient}", "showOptOut", .optOuts, "Show whether somebody has opted out",
            parameters: key,
            answers: [
                .json(200, "They have.", Schema.named("OptOut")),
                .problem(404, "They have not, or there is no such list."), .unavailable("The store is not available."),
            ]),
        Operation(
            "PUT", "/opt-outs/{list}/{recipient}", "optOut", .optOuts, "Opt somebody out",
            "Nothing more is sent to them, by any channel of the module.", parameters: key,
            answers: [
                .json(
                    200, "They have opted out.", Schema.named("OptOut"),
                    links: [
                        .init(
                            name: "show", operation: "showOptOut",
                            parameters: ["list": "$response.body#/list", "recipient": "$response.body#/recipient"]),
                        .init(
                            name: "takeBack", operation: "optIn",
                            parameters: ["list": "$response.body#/list", "recipient": "$response.body#/recipient"]),
                    ]),
                .problem(404, "There is no such list."), .unavailable("The store is not available."),
            ]),
        Operation(
            "DELETE", "/opt-outs/{list}/{recipient}", "optIn", .optOuts, "Take an opting-out back",
            "Only when they ask for it.", parameters: key,
            answers: [
                Answer(status: 204, description: "They have not opted out any more."),
                .problem(404, "There is no such list."), .unavailable("The store is not available."),
            ]),
    ]

    // MARK: Events

    /// The fields of one event of the stream.
    private static let event = Schema.object(
        required: ["id"],
        [
            "id": Schema.text("Its place in the log."), "event": Schema.word(["notification.status.change"]),
            "data": [
                "type": "string", "description": "The change, as /schemas/notification.status.change has it.",
                "contentMediaType": "application/json",
            ],
        ])

    private static let events = [
        Operation(
            "GET", "/events", "readEvents", .events, "Read status changes as they come",
            "Server-sent events: `data` is a change as JSON, as asyncapi.json describes it, and `id` its place in the log. "
                + "Come back with the last one, and nothing is missed; `0` is the beginning. The answer does not end.",
            parameters: [
                .header("Last-Event-ID", "Begin behind this one.", Schema.text(nil, 1...200)),
                .query("lastEventId", "The same, where headers can't be set.", Schema.text(nil, 1...200)),
            ],
            answers: [
                Answer(
                    status: 200, description: "The stream.",
                    content: ["text/event-stream": event]),
                .problem(410, "The id is older than what is kept: begin again without it."),
                .unavailable("Too many streams, or the log can't be read."),
            ])
    ]

    // MARK: Accounts

    private static let accounts = [
        Operation(
            "POST", "/auth/register", "register", .accounts, "Register",
            "Also when the address is taken, the answer is the same.",
            body: .json(
                Schema.named("Registration"),
                examples: ["ada": ["email": "ada@example.com", "password": "a long pass phrase", "name": "Ada"]]),
            answers: [
                .json(
                    202, "Unless the address was taken, there is a user now.",
                    Schema.object(required: ["*"], ["status": Schema.word(["accepted"]), "detail": Schema.text()])),
                .problem(403, "Registration is closed."), .problem(422, "Fields are wrong."),
                .unavailable("Too busy, or the store is not available."),
            ]),
        Operation(
            "POST", "/auth/login", "login", .accounts, "Log in",
            body: .json(
                Schema.named("Login"),
                examples: ["ada": ["email": "ada@example.com", "password": "a long pass phrase"]]),
            answers: [
                .json(200, "A token.", Schema.named("Token")),
                .problem(
                    401, "The address or the password is wrong.",
                    headers: ["WWW-Authenticate": Schema.text(pattern: "^Bearer")]),
                .problem(422, "Fields are wrong."),
                .unavailable("Too busy, or the store is not available."),
            ]),
        Operation(
            "GET", "/auth/me", "showMe", .accounts, "Show whose the credentials are",
            answers: [.json(200, "The user.", Schema.named("Me")), .unavailable("The store is not available.")]),
        Operation(
            "GET", "/users", "listUsers", .accounts, "List users",
            parameters: [
                limit,
                .query(
                    "after", "The `next` of the page before.", Schema.text(nil, pattern: "^usr_[0-9a-hjkmnp-tv-z]{26}$")
                ),
            ],
            answers: [
                .json(
                    200, "A page.", Schema.named("UserPage"),
                    headers: [
                        "X-Source": Schema.word(["store", "cache"], "Whether it was read now, or within a minute.")
                    ]),
                .unavailable("The store is not available."),
            ]),
    ]
}
