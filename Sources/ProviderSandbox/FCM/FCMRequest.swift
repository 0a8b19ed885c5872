import NIOCore

/// A request to send a message, checked as FCM checks it.
struct FCMRequest {
    private static let members: Set = [
        "name", "data", "notification", "android", "webpush", "apns", "fcm_options", "token", "topic", "condition",
    ]

    let token: String
    let title: String
    let body: String
    let data: [JSON.Member]
    let isTrial: Bool

    init(_ bytes: ByteBuffer) throws(FCMError) {
        guard let json = JSONParser.parse(bytes), let message = json["message"], let members = message.members else {
            throw .invalid("Invalid JSON payload received.")
        }
        if let unknown = members.first(where: { !Self.members.contains($0.name) }) {
            throw .invalid(
                "Invalid JSON payload received. Unknown name \"\(unknown.name)\" at 'message': Cannot find field.")
        }
        guard message["topic"] == nil, message["condition"] == nil, let token = message["token"]?.nonEmpty else {
            throw .invalid("Recipient of the message is not set.")
        }
        data = message["data"]?.members ?? []
        if let other = data.first(where: { $0.value.text == nil }) {
            throw .invalid("Invalid value at 'message.data[0].value' (TYPE_STRING), \(other.name)")
        }
        if let reserved = data.first(where: { $0.name == "from" || $0.name.hasPrefix("google.") }) {
            throw .invalid("Invalid data payload key: \(reserved.name)")
        }
        let notification = message["notification"]
        (self.token, title, body) = (token, notification?["title"]?.text ?? "", notification?["body"]?.text ?? "")
        isTrial = json["validate_only"] == .boolean(true)
        let size =
            title.utf8.count + body.utf8.count
            + data.reduce(0) { $0 + $1.name.utf8.count + ($1.value.text?.utf8.count ?? 0) }
        guard size <= 4096 else { throw .invalid("Android message is too big") }
    }

    var delivery: String? { data.first { $0.name == "delivery" }?.value.text }
}
