import ChannelSDK

/// The names and values of one webhook of the SMS API: in the query with GET, else a form or a flat JSON object, as the
/// account's settings say. The signature and the parser read the same ones.
struct VonageFields {
    let fields: FormFields
    /// False when there is something that the signature cannot cover: a value within a value, a number with a fraction.
    let isFlat: Bool

    init(_ request: WebhookRequest) {
        guard request.method != "GET", request.body.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{")
        else {
            (fields, isFlat) = (FormFields(request), true)
            return
        }
        let object = UntrustedJSON.decode([String: Value].self, from: request.body)
        let pairs = (object ?? [:]).compactMap { name, value in value.text.map { FormEncoding.Pair(name, $0) } }
        fields = FormFields(pairs: pairs)
        isFlat = object.map { $0.count == pairs.count } ?? false
    }

    private struct Value: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                self.text = text
            } else if let isTrue = try? value.decode(Bool.self) {
                text = isTrue ? "true" : "false"
            } else {
                text = (try? value.decode(Int64.self)).map { String($0) }
            }
        }
    }
}
