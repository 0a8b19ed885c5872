import FoundationEssentials

/// The account that requests are checked against and webhooks are signed for.
struct TwilioAccount: Sendable {
    let sid: String
    let signer: TwilioSigner
    /// The one right value of the `Authorization` header.
    private let authorization: String

    init(_ settings: TwilioSettings) {
        sid = settings.account
        signer = TwilioSigner(token: settings.token)
        authorization = "Basic " + Data("\(settings.account):\(settings.token)".utf8).base64EncodedString()
    }

    /// - Parameter account: as the request's path names it.
    func admits(_ authorization: String?, for account: String) -> Bool {
        account == sid && authorization == self.authorization
    }
}
