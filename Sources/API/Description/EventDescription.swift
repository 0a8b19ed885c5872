import Pipeline

/// The public topics as an AsyncAPI 3.0 document and as JSON Schemas.
enum EventDescription {
    struct Event: Sendable {
        let topic: Topic
        let title: String
        let description: String
        /// What the data is; nil: whatever the record was.
        let data: JSONTree?
        let headers: JSONTree
        let key: String

        /// As a document of its own.
        var schema: JSONTree {
            let about: JSONTree = [
                "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": .text("/schemas/\(topic)"),
                "title": .text(title),
            ]
            return about.with(data?.members ?? [])
        }
    }

    static let events = [
        Event(
            topic: .statusChange, title: "A notification's status has changed",
            description: "One effective change of one delivery. It can come twice, with the same id and sequence.",
            data: statusChange, headers: cloudEvent(.statusChange, subject: "The notification's id."),
            key: "The notification's id: its changes are in order."),
        Event(
            topic: .inbound, title: "Somebody has written to us", description: "A message that a channel took in.",
            data: inbound, headers: cloudEvent(.inbound, subject: "Who wrote."), key: "None."),
        Event(
            topic: .conflict, title: "An externalId was used twice",
            description: "Of two requests with one `externalId` that came at once, the later one was not sent.",
            data: conflict, headers: cloudEvent(.conflict, subject: "The id of the notification that holds."),
            key: "The notification's id."),
        Event(
            topic: .deadLetter, title: "Something could not be processed",
            description: "The record as it was, with the reason in its headers.", data: nil, headers: deadLetter,
            key: "None."),
    ]

    static var document: JSONTree {
        let channels = events.map { event in
            JSONTree.Member(
                name: event.topic.rawValue,
                value: [
                    "address": .text(event.topic.rawValue), "title": .text(event.title),
                    "description": .text(event.description),
                    "messages": ["event": ["$ref": .text("#/components/messages/\(event.topic)")]],
                ])
        }
        let operations = events.map { event in
            JSONTree.Member(
                name: "publish.\(event.topic)",
                value: ["action": "send", "channel": ["$ref": .text("#/channels/\(event.topic)")]])
        }
        return [
            "asyncapi": "3.0.0",
            "info": [
                "title": "Switchboard's events", "version": "1",
                "description": .text(
                    "Topics in Kafka, or in the embedded log. CloudEvents 1.0 in binary mode: the attributes are headers, "
                        + "the value is the data. `GET /events` has the status changes over HTTP. The topics' names may have "
                        + "a prefix: `kafka.topic_prefix`."),
            ],
            "defaultContentType": "application/json", "channels": .object(channels), "operations": .object(operations),
            "components": ["messages": .object(events.map(message)), "schemas": .object(schemas)],
        ]
    }

    private static func message(_ event: Event) -> JSONTree.Member {
        var message: JSONTree = [
            "name": .text(event.topic.rawValue), "title": .text(event.title), "summary": .text(event.description),
            "contentType": .text(event.data == nil ? "application/octet-stream" : "application/json"),
            "headers": event.headers,
            "bindings": [
                "kafka": ["key": ["type": "string", "description": .text(event.key)], "bindingVersion": "0.5.0"]
            ],
        ]
        if event.data != nil {
            message = message.with("payload", ["$ref": .text("#/components/schemas/\(event.topic)")])
        }
        return .init(name: event.topic.rawValue, value: message)
    }

    private static var schemas: [JSONTree.Member] {
        events.compactMap { event in event.data.map { .init(name: event.topic.rawValue, value: $0) } }
    }

    // MARK: Headers

    private static func cloudEvent(_ topic: Topic, subject: String) -> JSONTree {
        Schema.object(
            required: ["*"],
            [
                "ce_specversion": ["type": "string", "const": "1.0"],
                "ce_id": Schema.text("The same each time the event is published."),
                "ce_source": ["type": "string", "const": "/switchboard"],
                "ce_type": ["type": "string", "const": .text(topic.rawValue)], "ce_subject": Schema.text(subject),
                "ce_time": Schema.time("When the host learned of it."),
                "content-type": ["type": "string", "const": "application/json"],
            ])
    }

    private static let deadLetter = Schema.object(
        required: ["reason", "detail", "topic"],
        [
            "reason": Schema.word(DeadLetter.Reason.allCases.map(\.rawValue)),
            "detail": Schema.text("For people."), "topic": Schema.text("Where the record was."),
            "partition": Schema.text(pattern: "^[0-9]+$"), "offset": Schema.text(pattern: "^[0-9]+$"),
            "channel": Schema.text("The channel that it came by."),
        ])

    // MARK: Data

    private static let statusChange = Schema.object(
        required: [
            "notificationId", "account", "deliveryId", "channel", "sequence", "status", "settlement",
            "notificationStatus",
            "at",
        ],
        [
            "notificationId": APISchemas.notificationID, "externalId": Schema.text("The application's own id."),
            "account": Schema.text("Whose notification it is."), "deliveryId": APISchemas.deliveryID,
            "channel": Schema.text("The channel's name.", example: "sms"),
            "sequence": Schema.number("Counts the notification's changes, without a gap.", 1...(.max)),
            "previousStatus": Schema.text("None at the first change."),
            "status": Schema.text("The delivery's new one.", example: "delivered"),
            "settlement": Schema.word(["open", "settled", "closed"]),
            "notificationStatus": Schema.text("Of the whole notification, after the change."),
            "late": APISchemas.late, "segments": APISchemas.segments,
            "code": Schema.text("The provider's."), "message": Schema.text("The provider's, or the host's."),
            "occurredAt": Schema.time("When, by the provider's word."),
            "at": Schema.time("When the host learned of it."),
        ])

    private static let inbound = Schema.object(
        required: ["channel", "providerMessageId", "from", "to", "media", "receivedAt"],
        [
            "channel": Schema.text("The channel's name."), "providerMessageId": Schema.text(),
            "from": Schema.text("Who wrote."), "to": Schema.text("Which of our addresses."),
            "subject": Schema.text("Of a mail."),
            "body": Schema.text("Of a mail its plain text, else its HTML, up to 32 KiB."),
            "media": Schema.list(of: Schema.text(), "Where pictures and files are."),
            "intent": Schema.word(["opt_out", "opt_in", "help"], "Where the text is one of the channel's keywords."),
            "occurredAt": Schema.time("When, by the provider's word."),
            "receivedAt": Schema.time("When the host took it."),
        ])

    private static let conflict = Schema.object(
        required: ["*"],
        [
            "notificationId": APISchemas.notificationID, "externalId": Schema.text(), "account": Schema.text(),
            "message": Schema.text("For people."), "at": Schema.time("When the later request came."),
        ])
}
