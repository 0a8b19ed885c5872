import Accounts
import Pipeline

/// The schemas that operations share, by name.
enum APISchemas {
    static let id = "01985b2e-6c1f-7a10-9d3e-1f0a2b3c4d5e"
    private static let uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

    /// 1 to 65535.
    private static let ordinal =
        "\\.([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$"

    static let notificationID = Schema.text("The id of a notification: a UUID.", pattern: uuid, example: .text(id))
    static let deliveryID = Schema.text(
        "The id of a delivery: its notification's, and a number.", pattern: uuid.dropLast() + ordinal,
        example: "\(id).1")

    static let all: [JSONTree.Member] = [
        .init(name: "Notification", value: notification), .init(name: "Accepted", value: accepted),
        .init(name: "BatchAnswer", value: batchAnswer), .init(name: "NotificationView", value: notificationView),
        .init(name: "NotificationPage", value: notificationPage), .init(name: "Attachment", value: attachment),
        .init(name: "CancellationNoted", value: cancellationNoted),
        .init(name: "Delivery", value: delivery), .init(name: "TimelineEntry", value: timelineEntry),
        .init(name: "Decision", value: decision), .init(name: "DecisionTaken", value: decisionTaken),
        .init(name: "OptOut", value: optOut), .init(name: "OptOutPage", value: optOutPage),
        .init(name: "Report", value: report), .init(name: "Health", value: health), .init(name: "State", value: state),
        .init(name: "Reload", value: reload), .init(name: "Problem", value: problem),
    ]

    static let ofAccounts: [JSONTree.Member] = [
        .init(name: "Registration", value: registration), .init(name: "Login", value: login),
        .init(name: "Token", value: token), .init(name: "User", value: user), .init(name: "Me", value: me),
        .init(name: "UserPage", value: userPage),
    ]

    // MARK: Notifications

    private static let classes = NotificationClass.allCases.map(\.name)

    private static let notification = Schema.object(
        "What is asked for: a recipient, a content, and a channel or a route. Lengths are counted in bytes of UTF-8.",
        required: ["to"], isClosed: true,
        [
            "channel": Schema.text("One of the host's channels.", 1...40, example: "sms").orNull,
            "route": Schema.text(
                "One of the host's routes, in the place of a channel. Neither: the route `default`.", 1...40
            ).orNull,
            "to": recipient,
            "body": Schema.text("The text. Required without a template.", 0...100_000).orNull,
            "subject": Schema.text("For channels that have one.", 0...998).orNull,
            "template": Schema.text("Gives subject, body and options by its name.", 1...100).orNull,
            "locale": Schema.text("The language of the template's texts.", 1...35, example: "de-AT").orNull,
            "variables": Schema.pairs(
                "What the template wants to be told.", values: Schema.text(nil, 0...4096), atMost: 50
            )
            .orNull,
            "externalId": Schema.text(
                "Your own id: the same request again is the same notification.", 1...200, example: "order-7"
            ).orNull,
            "class": Schema.word(classes, "Urgent ones never wait behind bulk.").orNull,
            "notBefore": Schema.time("It is not sent earlier; at most 400 days ahead.").orNull,
            "expiresAt": Schema.time("It is not sent then or later, but `expired`.").orNull,
            "tags": Schema.list(of: Schema.text(nil, 1...100), atMost: 20, "Routes can match on them.").orNull,
            "options": Schema.pairs("For the channel.", values: Schema.text(nil, 0...4096), atMost: 50).orNull,
            "attachments": Schema.list(of: Schema.named("Attachment"), atMost: AttachmentReader.most, "Files.").orNull,
            "metadata": Schema.pairs(
                "Given back with the notification, never sent.", values: Schema.text(nil, 0...4096), atMost: 50
            ).orNull,
        ])

    private static let attachment = Schema.object(
        "A file: its bytes as `data`, or a `url` from which the provider fetches it.", required: ["name", "mediaType"],
        isClosed: true,
        [
            "name": Schema.text("The file's name.", 1...255, example: "invoice.pdf"),
            "mediaType": Schema.text("Its type.", 3...127, example: "application/pdf"),
            "data": Schema.text("Base64."), "url": Schema.text("An https address."),
            "contentId": Schema.text("By which HTML names an image."),
        ])

    /// The kinds of addresses are named, so that it can be seen what is meant; the channel has the last word.
    private static let recipient: JSONTree = [
        "description": "As the channel addresses people: a phone number in E.164, a mailbox.",
        "anyOf": [
            Schema.text("A phone number.", pattern: "^\\+[1-9][0-9]{7,14}$", example: "+436641234567"),
            Schema.text("What else a channel knows, such as a mailbox.", 1...320, example: "ada@example.com"),
        ],
    ]

    private static let accepted = Schema.object(
        required: ["id", "status"],
        [
            "id": notificationID, "status": Schema.word(["accepted"]), "externalId": Schema.text("As it was given."),
            "replayed": Schema.flag("It was there before."),
        ])

    private static let cancellationNoted = Schema.object(
        required: ["*"], ["id": notificationID, "cancellation": Schema.word(["pending"])])

    private static let batchAnswer = Schema.object(
        required: ["*"],
        [
            "results": Schema.list(
                of: [
                    "oneOf": [
                        Schema.object(
                            required: ["id"],
                            ["id": notificationID, "replayed": Schema.flag("It was there before.")]),
                        Schema.object(required: ["*"], ["error": Schema.named("Problem")]),
                    ]
                ], "One for each item, in order."),
            "accepted": Schema.number("How many were.", 0...(.max)),
            "refused": Schema.number("How many were.", 0...(.max)),
        ])

    private static let settlement = Schema.word(
        ["open", "settled", "closed"],
        "`settled`: no more is expected. `closed`: no report came in time; later evidence still applies.")

    private static let notificationView = Schema.object(
        required: ["id", "status", "settlement", "class", "channels", "acceptedAt", "sequence", "deliveries"],
        [
            "id": notificationID, "externalId": Schema.text(),
            "status": Schema.text("Of the first delivery that met its goal, else of the newest.", example: "delivered"),
            "settlement": settlement, "class": Schema.word(classes),
            "channels": Schema.list(of: Schema.text(), "In the order in which they are tried."),
            "to": Schema.text(), "subject": Schema.text(), "body": Schema.text(),
            "notBefore": Schema.time("It is not sent earlier."),
            "expiresAt": Schema.time("It is not sent then or later."),
            "tags": Schema.list(of: Schema.text()), "options": Schema.pairs("As asked for.", values: Schema.text()),
            "metadata": Schema.pairs("As it was given.", values: Schema.text()),
            "attachments": Schema.list(
                of: Schema.object(
                    required: ["name", "mediaType"],
                    [
                        "name": Schema.text(), "mediaType": Schema.text(),
                        "size": Schema.number("In bytes.", 0...(.max)),
                        "url": Schema.text(), "contentId": Schema.text(),
                    ]), "Without their bytes."),
            "acceptedAt": Schema.time("When it was accepted."),
            "sequence": Schema.number("Of its last change.", 0...(.max)),
            "deliveries": Schema.list(of: Schema.named("Delivery")),
        ])

    private static let notificationPage = Schema.object(
        required: ["notifications"],
        [
            "notifications": Schema.list(of: listed),
            "next": Schema.text("For `cursor`, while there may be more."),
        ])

    private static let listed = Schema.object(
        required: ["id", "status", "settlement", "class", "channels", "tags", "acceptedAt", "updatedAt", "sequence"],
        [
            "id": notificationID, "externalId": Schema.text(), "status": Schema.text(), "settlement": settlement,
            "class": Schema.word(classes), "channels": Schema.list(of: Schema.text()), "to": Schema.text(),
            "subject": Schema.text(), "notBefore": Schema.time("It is not sent earlier."),
            "expiresAt": Schema.time("It is not sent then or later."), "tags": Schema.list(of: Schema.text()),
            "acceptedAt": Schema.time("When it was accepted."), "updatedAt": Schema.time("Of its last change."),
            "sequence": Schema.number("Of its last change.", 0...(.max)),
        ])

    private static let delivery = Schema.object(
        "One submission to one provider.",
        required: ["id", "channel", "status", "settlement", "attempts", "updatedAt", "timeline"],
        [
            "id": deliveryID, "channel": Schema.text(), "status": Schema.text("One of the channel's statuses."),
            "settlement": settlement, "attempts": Schema.number("Tries to submit it that have ended.", 0...(.max)),
            "providerMessageId": Schema.text(), "segments": segments, "code": Schema.text("The provider's."),
            "message": Schema.text(),
            "occurredAt": Schema.time("When, by the provider's word."),
            "updatedAt": Schema.time("When the host learned of its last change."),
            "waiting": Schema.object(
                "Why it does not move.", required: ["reason"],
                [
                    "reason": Schema.word(Waiting.Reason.allCases.map(\.rawValue)),
                    "until": Schema.time("Where that is known."),
                ]),
            "timeline": Schema.list(of: Schema.named("TimelineEntry"), "Every record about it."),
        ])

    static let segments = Schema.number("In how many segments a text message goes, as it is charged for.", 1...(.max))

    static let late = Schema.flag(
        "Where it is true: the evidence came after the delivery stood at a failure or was closed.")

    private static let timelineEntry = Schema.object(
        required: ["at", "kind"],
        [
            "at": Schema.time("When the host learned of it."),
            "kind": Schema.text("`outcome`, `report`, `timer`, …", example: "report"),
            "reported": Schema.text("The status or word that was reported."),
            "status": Schema.text("The new status, where it took effect."), "previousStatus": Schema.text(),
            "sequence": Schema.number(nil, 1...(.max)), "settlement": settlement, "late": late,
            "withoutEffect": Schema.text("Why it took none.", example: "repeat"), "code": Schema.text(),
            "message": Schema.text(), "occurredAt": Schema.time("When, by the provider's word."),
        ])

    private static let decision = Schema.object(
        required: ["decision"], isClosed: true,
        [
            "decision": Schema.word(
                ["resend", "give_up"], "`resend`: as a new delivery. `give_up`: it closes as it is."),
            "delivery": deliveryID,
        ])

    private static let decisionTaken = Schema.object(
        required: ["*"], ["delivery": deliveryID, "decision": Schema.word(["resend", "give_up"])])

    // MARK: Opt-outs and reports

    private static let optOut = Schema.object(
        required: ["*"],
        [
            "list": Schema.text("The module's name.", example: "sms"), "recipient": Schema.text(),
            "since": Schema.time("When they said so."),
            "source": Schema.text("`keyword`, `complaint`, `unsubscribe` or `api`.", example: "api"),
        ])

    private static let optOutPage = Schema.object(
        required: ["optOuts"],
        [
            "optOuts": Schema.list(of: Schema.named("OptOut")),
            "next": Schema.text("For `after`, while there is more."),
        ])

    private static let report = Schema.object(
        required: ["externalId", "event"],
        [
            "externalId": Schema.text("The notification's.", 1...200),
            "event": Schema.text("A status of the channel's graph.", 1...100, example: "delivered"),
            "account": Schema.text("Whose `externalId` it is.", 1...100), "detail": Schema.text("For people."),
            "occurredAt": Schema.time("When it happened."),
        ])

    // MARK: The host

    private static let health = Schema.object(
        required: ["*"],
        [
            "status": Schema.word(["ok", "degraded"]),
            "checks": Schema.pairs(
                "By the name of what the host depends on.",
                values: Schema.object(
                    required: ["status", "latencyMs"],
                    [
                        "status": Schema.word(["ok", "failing"]),
                        "detail": Schema.text("What is wrong, for who may know."),
                        "latencyMs": ["type": "number", "minimum": 0],
                    ])),
        ])

    private static let state = Schema.object(
        required: ["*"], ["status": Schema.word(["alive", "ready", "not ready"])])

    private static let reload = Schema.object(
        required: ["*"],
        [
            "changes": Schema.list(
                of: Schema.object(
                    required: ["*"],
                    [
                        "path": Schema.text("Of the key.", example: "channels.sms.concurrency"),
                        "text": Schema.text(
                            "For people; of what may be secret it says only that it changed.",
                            example: "channels.sms.concurrency: 64 → 128"),
                    ])),
            "warnings": Schema.list(of: Schema.text()),
        ])

    private static let problem = Schema.object(
        "An error (RFC 9457).", required: ["type", "title", "status"],
        [
            "type": Schema.text(example: "about:blank"), "title": Schema.text("A few words, the same each time."),
            "status": Schema.number("The status code.", 400...599), "detail": Schema.text("What to do about it."),
            "errors": Schema.list(
                of: Schema.object(required: ["*"], ["field": Schema.text(), "message": Schema.text()]),
                "Each field that is wrong, all of them at once."),
            "notificationStatus": Schema.text("Where a notification stands that can't be canceled."),
        ])

    // MARK: Accounts

    private static let registration = Schema.object(
        required: ["*"], isClosed: true,
        [
            "email": Schema.text("A mailbox, in printable ASCII.", 3...254, example: "ada@example.com"),
            "password": Schema.text("At least 12 characters, 5 different ones; at most 1,024 bytes.", 12...1024),
            "name": Schema.text(nil, 1...200),
        ])

    private static let login = Schema.object(
        required: ["*"], isClosed: true, ["email": Schema.text(), "password": Schema.text()])

    private static let token = Schema.object(
        required: ["*"],
        [
            "access_token": Schema.text("For `Authorization: Bearer …`."), "token_type": Schema.word(["Bearer"]),
            "expires_in": Schema.number("Seconds.", 1...(.max)),
        ])

    private static let userMembers: KeyValuePairs<String, JSONTree> = [
        "id": Schema.text(pattern: "^usr_"), "email": Schema.text(), "name": Schema.text(),
        "role": Schema.word(Role.allCases.map(\.rawValue)), "account": Schema.text(),
        "active": Schema.flag("False: it can't log in."), "createdAt": Schema.time("When it was made."),
    ]

    private static let user = Schema.object(required: ["*"], userMembers)

    private static let me: JSONTree = [
        "allOf": [
            Schema.named("User"),
            Schema.object(
                required: ["scopes"],
                [
                    "scopes": Schema.list(
                        of: Schema.word(Scope.allCases.map(\.rawValue)), "What the credentials allow."),
                    "key": Schema.text("The prefix of the API key, where it was one."),
                ]),
        ]
    ]

    private static let userPage = Schema.object(
        required: ["users"],
        [
            "users": Schema.list(of: Schema.named("User")), "next": Schema.text("For `after`, while there is more."),
        ])
}
