/// What every provider's stand-in is told: the one list of the providers.
struct ProviderSettings: Sendable {
    var twilio = TwilioSettings()
    var meta = MetaSettings()
    var sendGrid = SendGridSettings()
    var postmark = PostmarkSettings()
    var mailgun = MailgunSettings()
    var resend = ResendSettings()
    var ses = SESSettings()
    var plivo = PlivoSettings()
    var vonage = VonageSettings()
    var kannel = KannelSettings()
    var fcm = FCMSettings()
    var smtp = SMTPSettings()

    func providers(over engine: ProviderEngine) throws -> [any ProviderAPI] {
        let providers: [(any ProviderAPI)?] = [
            TwilioAPI(settings: twilio, engine: engine),
            MetaAPI(settings: meta, engine: engine),
            SendGridAPI(settings: sendGrid, engine: engine),
            PostmarkAPI(settings: postmark, engine: engine),
            MailgunAPI(settings: mailgun, engine: engine),
            ResendAPI(settings: resend, engine: engine),
            SESAPI(settings: ses, engine: engine),
            PlivoAPI(settings: plivo, engine: engine),
            VonageSMSAPI(settings: vonage, engine: engine),
            VonageMessagesAPI(settings: vonage, engine: engine),
            KannelAPI(settings: kannel, engine: engine),
            FCMAPI(settings: fcm, engine: engine),
            try SMTPServer(settings: smtp, engine: engine),
        ]
        return providers.compactMap(\.self)
    }
}
