import ChannelSDK

/// The form that a webhook posts: `multipart/form-data`, or an ordinary one.
struct PostedForm {
    private let values: [String: ArraySlice<UInt8>]

    /// Nil when the request's content type is that of no form.
    init?(_ request: WebhookRequest) {
        let type = request.headers["Content-Type"] ?? ""
        if let form = MultipartForm(contentType: type, body: request.body) {
            values = Dictionary(
                form.fields.filter { $0.fileName == nil }.map { ($0.name, $0.value) }
            ) { first, _ in first }
        } else if MailEntity.value(of: type).lowercased() == "application/x-www-form-urlencoded" {
            values = Dictionary(request.form.map { ($0.name, Array($0.value.utf8)[...]) }) { first, _ in first }
        } else {
            return nil
        }
    }

    /// In UTF-8; nil for an empty one, too.
    subscript(name: String) -> String? { text(name, charset: nil) }

    /// A field whose bytes are as its author wrote them.
    func text(_ name: String, charset: String?) -> String? {
        guard let bytes = values[name], !bytes.isEmpty else { return nil }
        return MailCharset.text(of: bytes, in: charset)
    }

    func bytes(_ name: String) -> ArraySlice<UInt8>? { values[name] }
}
