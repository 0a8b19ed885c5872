import Crypto
import FoundationEssentials

/// Plivo's signatures: base64 of HMAC-SHA256, keyed with the account's token.
struct PlivoSigner: Sendable {
    typealias Field = (name: String, value: String)

    private let key: SymmetricKey

    init(token: String) {
        key = SymmetricKey(data: Data(token.utf8))
    }

    /// Version 2: over the address without its query, and a nonce.
    func version2(url: String, nonce: String) -> String {
        code(url.prefix { $0 != "?" } + nonce)
    }

    /// Version 3: over the address, the sorted items of its query, the sorted fields of the form, and a nonce.
    /// - Parameters:
    ///   - query: decoded.
    ///   - form: decoded; nil for a GET.
    func version3(url: String, query: [Field], form: [Field]?, nonce: String) -> String {
        let items = Self.sorted(query).map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        var signed = String(url.prefix { $0 != "?" })
        if form != nil || !items.isEmpty { signed += "?" + items }
        if let form, !form.isEmpty {
            if !items.isEmpty { signed += "." }
            signed += Self.sorted(form).map { $0.name + $0.value }.joined()
        }
        return code("\(signed).\(nonce)")
    }

    private func code(_ text: some StringProtocol) -> String {
        Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)).base64EncodedString()
    }

    private static func sorted(_ fields: [Field]) -> [Field] {
        fields.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
    }
}
