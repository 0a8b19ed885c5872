import Crypto

/// Why a request is not genuine, while a verifier works it out.
struct VerificationFault: Error {
    /// For people; names what is missing or wrong, never what it should have been.
    let reason: String
    /// The next try may find that it is.
    let isPassing: Bool

    init(_ reason: String, isPassing: Bool = false) {
        self.reason = reason
        self.isPassing = isPassing
    }

    var verdict: WebhookVerdict { isPassing ? .undecided(reason) : .refused(reason) }
}

extension WebhookVerdict {
    init(_ check: () throws(VerificationFault) -> Void) {
        do throws(VerificationFault) {
            try check()
            self = .genuine
        } catch {
            self = error.verdict
        }
    }
}

extension HTTPHeaders {
    /// The value of a header that proves something. Twice the same header is refused: two readers could choose
    /// differently between them.
    func proof(_ name: String) throws(VerificationFault) -> String {
        let values = values(of: name)
        guard let value = values.first else { throw VerificationFault("header \(name) is missing") }
        guard values.count == 1 else { throw VerificationFault("header \(name) occurs \(values.count) times") }
        guard !value.isEmpty else { throw VerificationFault("header \(name) is empty") }
        return value
    }
}

extension Secret {
    /// The key for an HMAC. Anybody could sign with an empty one, so nothing is genuine under it.
    func authenticationKey() throws(VerificationFault) -> SymmetricKey {
        guard !isEmpty else { throw VerificationFault("no key is configured to verify with") }
        return SymmetricKey(data: Array(revealed.utf8))
    }
}
