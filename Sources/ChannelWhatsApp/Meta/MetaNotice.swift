/// The JSON of a webhook, down to the updates in it: `entry[].changes[].value`. Whatever cannot be read is nil in its
/// place, and what surrounds it can be read all the same.
struct MetaNotice: Decodable {
    let object: String?
    let entries: [Entry?]?

    private enum Key: String, CodingKey { case object, entry }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        object = fields.text(.object)
        entries = fields.list(.entry)
    }

    struct Entry: Decodable {
        let changes: [Change?]?

        private enum Key: String, CodingKey { case changes }

        init(from decoder: any Decoder) throws { changes = try decoder.container(keyedBy: Key.self).list(.changes) }
    }

    struct Change: Decodable {
        /// What the account is subscribed to; ours is `messages`.
        let field: String?
        let value: Value?

        private enum Key: String, CodingKey { case field, value }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            field = fields.text(.field)
            // Calls have statuses too, which are not those of messages.
            value = field == "messages" ? fields.object(.value) : nil
        }
    }

    struct Value: Decodable {
        /// Our number, or its id where the number is not given.
        let recipient: String?
        let messages: [MetaInbound?]
        let statuses: [MetaStatus?]
        /// Of the account or the app, about no message: those of a message stand in its status.
        let errors: [MetaError?]

        private enum Key: String, CodingKey {
            case metadata, messages, statuses, errors, display_phone_number, phone_number_id
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            let metadata = try? fields.nestedContainer(keyedBy: Key.self, forKey: .metadata)
            let number = metadata?.text(.display_phone_number)
            recipient = number.map(Self.digits).map(PhoneNumber.international) ?? metadata?.text(.phone_number_id)
            messages = fields.list(.messages) ?? []
            statuses = fields.list(.statuses) ?? []
            errors = fields.list(.errors) ?? []
        }

        /// For display, so it may be written `+1 555-078-3881`.
        private static func digits(_ number: String) -> String {
            String(decoding: number.utf8.filter { (48...57).contains($0) }, as: UTF8.self)
        }
    }
}
