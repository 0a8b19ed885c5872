import ArgumentParser

/// The options of every provider.
struct ProviderOptions: ParsableArguments {
    @OptionGroup(title: "Twilio")
    var twilio: TwilioOptions

    @OptionGroup(title: "Meta (WhatsApp Cloud API)")
    var meta: MetaOptions

    @OptionGroup(title: "SendGrid")
    var sendGrid: SendGridOptions

    @OptionGroup(title: "Postmark")
    var postmark: PostmarkOptions

    @OptionGroup(title: "Mailgun")
    var mailgun: MailgunOptions

    @OptionGroup(title: "Resend")
    var resend: ResendOptions

    @OptionGroup(title: "Amazon SES")
    var ses: SESOptions

    @OptionGroup(title: "Plivo")
    var plivo: PlivoOptions

    @OptionGroup(title: "Vonage (SMS API and Messages API)")
    var vonage: VonageOptions

    @OptionGroup(title: "Kannel")
    var kannel: KannelOptions

    @OptionGroup(title: "Firebase Cloud Messaging")
    var fcm: FCMOptions

    @OptionGroup(title: "SMTP")
    var smtp: SMTPOptions

    func settings(environment: [String: String]) -> ProviderSettings {
        ProviderSettings(
            twilio: twilio.settings(environment: environment), meta: meta.settings, sendGrid: sendGrid.settings,
            postmark: postmark.settings, mailgun: mailgun.settings, resend: resend.settings, ses: ses.settings,
            plivo: plivo.settings, vonage: vonage.settings, kannel: kannel.settings, fcm: fcm.settings,
            smtp: smtp.settings)
    }
}
