import NIOCore

/// A request to send a message, checked as Plivo checks it.
struct PlivoRequest: Sendable {
    /// Digits.
    let to: String
    /// Nil for a powerpack, which chooses one.
    let from: String?
    let text: String
    let callback: CallbackURL?
    let callsWithGET: Bool

    /// The first thing that is wrong.
    init(_ body: ByteBuffer) throws(PlivoError) {
        guard let json = JSONParser.parse(body), json.isObject else { throw .unreadable }
        guard let destination = json["dst"]?.nonEmpty else { throw .missing("dst") }
        guard !destination.contains("<") else { throw .several }
        let digits = destination.hasPrefix("+") ? destination.dropFirst() : destination[...]
        guard (7...15).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw .invalid("dst", destination)
        }
        to = String(digits)
        from = json["src"]?.nonEmpty
        let powerpack = json["powerpack_uuid"]?.nonEmpty
        guard from != nil || powerpack != nil else { throw .noSender }
        guard from == nil || powerpack == nil else { throw .twoSenders }
        text = json["text"]?.text ?? ""
        guard !text.isEmpty || json["media_urls"]?.elements?.isEmpty == false else { throw .noContent }
        guard text.unicodeScalars.count <= 1600 else { throw .tooLong }
        guard let url = json["url"]?.nonEmpty else {
            (callback, callsWithGET) = (nil, false)
            return
        }
        do {
            callback = try CallbackURL(url)
        } catch {
            throw .invalid("url", error.message)
        }
        callsWithGET = json["method"]?.text?.uppercased() == "GET"
    }
}
