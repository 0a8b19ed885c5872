import ChannelSDK

/// Plivo's signatures, base64 of HMAC-SHA256: V3 over address, form and nonce, and V2, which messaging still sends, over
/// the address without its query and the nonce.
///
/// Where a request carries V3, that decides. V2 covers neither the form nor the delivery's id in the query, so whoever
/// saw one genuine request could sign anything with its nonce. That is why a nonce of V2 is good for one request only:
/// the first is remembered in the host's cache for a week, and the same request again is Plivo's own repeat. A request
/// that V3 proves uses up its nonce of V2 as well. Both come by the account's token, or as `-MA-` by the main account's;
/// a header may hold several, separated by commas.
///
/// V3 puts nothing between the form's names and values, so with a genuine request in hand neighbouring fields could be
/// merged; the delivery's id stands in the address, and the parser refuses a form without its fields.
struct PlivoSignature: WebhookVerifier {
    private static let memory = Duration.seconds(7 * 86_400)

    private let key: Secret
    private let channel: String
    private let cache: any Cache

    init(key: Secret, channel: String, cache: any Cache) {
        (self.key, self.channel, self.cache) = (key, channel, cache)
    }

    var name: String { "HMAC-SHA256 in X-Plivo-Signature-V3, else -V2" }

    func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict {
        if key.isEmpty { return .refused("no key is configured to verify with") }
        if let given = Self.signatures(request, "V3") {
            guard let nonce = Self.nonce(request, "V3") else {
                return .refused("header X-Plivo-Signature-V3-Nonce is missing, empty or there twice")
            }
            guard let signed = Self.signedV3(request) else {
                return .refused("the body is not a form of names and values")
            }
            guard matches(given, signed + "." + nonce) else { return Self.mismatch(request, "V3") }
            await noteV2(of: request)
            return .genuine
        }
        guard let given = Self.signatures(request, "V2") else {
            return .refused("header X-Plivo-Signature-V3 or X-Plivo-Signature-V2 is missing")
        }
        guard let nonce = Self.nonce(request, "V2") else {
            return .refused("header X-Plivo-Signature-V2-Nonce is missing, empty or there twice")
        }
        guard matches(given, Self.address(request) + nonce) else { return Self.mismatch(request, "V2") }
        return await isFirstUse(of: nonce, for: request)
            ? .genuine : .refused("the signature's nonce was used for another request before")
    }

    /// A request with both: who holds it could leave V3 away and sign anything with V2's nonce, were that not used up too.
    private func noteV2(of request: WebhookRequest) async {
        guard let given = Self.signatures(request, "V2"), let nonce = Self.nonce(request, "V2") else { return }
        // V3 does not cover V2's headers: a nonce put there by somebody else uses up nothing.
        guard matches(given, Self.address(request) + nonce) else { return }
        _ = await isFirstUse(of: nonce, for: request)
    }

    private func matches(_ given: [String], _ signed: String) -> Bool {
        let expected = signature(of: Array(signed.utf8), encoding: .base64)
        return given.map { Secret.matches($0, expected) }.contains(true)
    }

    private func signature(of bytes: [UInt8], encoding: SignatureEncoding) -> String {
        HMACSignature(header: "", key: key, hash: .sha256, encoding: encoding).signature(of: bytes)
    }

    /// The name in the cache and what is kept under it are keyed hashes: neither can be made by others.
    private func isFirstUse(of nonce: String, for request: WebhookRequest) async -> Bool {
        let name = "plivo-nonce/\(channel)/" + signature(of: Array("nonce \(nonce)".utf8), encoding: .hex)
        let digest = Array(
            signature(of: Array("\(request.method) \(request.url) ".utf8) + request.body, encoding: .hex).utf8)
        if let known = await cache.value(for: name) { return known == digest }
        await cache.store(digest, for: name, lifetime: Self.memory)
        return true
    }
}

extension PlivoSignature {
    /// Nil when there is none.
    private static func signatures(_ request: WebhookRequest, _ version: String) -> [String]? {
        let names = ["X-Plivo-Signature-\(version)", "X-Plivo-Signature-MA-\(version)"]
        let values = names.flatMap { request.headers.values(of: $0) }
        if values.isEmpty { return nil }
        return values.flatMap { $0.split(separator: ",") }.map { String($0.filter { $0 != " " }) }
    }

    private static func nonce(_ request: WebhookRequest, _ version: String) -> String? {
        let values = request.headers.values(of: "X-Plivo-Signature-\(version)-Nonce")
        guard values.count == 1, let nonce = values.first, !nonce.isEmpty else { return nil }
        return nonce
    }

    /// Scheme, host and path.
    private static func address(_ request: WebhookRequest) -> String {
        String(request.url.prefix { $0 != "?" && $0 != "#" })
    }

    /// `address?sorted query.sorted form`; the point is there when both are, the question mark when either is. Nil when
    /// the body is not covered.
    private static func signedV3(_ request: WebhookRequest) -> String? {
        let query = sorted(request.queryItems).map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        guard request.method != "GET", !request.body.isEmpty else {
            guard request.body.isEmpty else { return nil }
            return address(request) + (query.isEmpty ? "" : "?" + query)
        }
        let type = request.headers["Content-Type"]?.lowercased() ?? ""
        // Nothing separates names from values in what is signed, so a part without `=` could be read in two ways.
        guard type.hasPrefix("application/x-www-form-urlencoded"),
            request.body.split(separator: UInt8(ascii: "&")).allSatisfy({ $0.contains(UInt8(ascii: "=")) })
        else { return nil }
        let form = sorted(request.form).map { $0.name + $0.value }.joined()
        return address(request) + "?" + query + (query.isEmpty ? "" : ".") + form
    }

    /// In the byte order of the names, then of the values.
    private static func sorted(_ pairs: [FormEncoding.Pair]) -> [FormEncoding.Pair] {
        pairs.sorted { left, right in
            left.name.utf8.elementsEqual(right.name.utf8)
                ? left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
                : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
    }

    private static func mismatch(_ request: WebhookRequest, _ version: String) -> WebhookVerdict {
        .refused(
            "header X-Plivo-Signature-\(version) does not match \(address(request)) and what was sent to it: is this "
                + "the address that the provider called, and the configured token this account's?")
    }
}
