import ChannelSDK

/// What channels.yaml says about a phone number on Meta's Cloud API.
struct MetaSettings: Sendable {
    static let provider = ChannelDescriptor.Provider(
        "meta", title: "WhatsApp Business Platform (Meta's Cloud API)",
        settings: [
            Setting(
                "phone_number_id", .string, required: true,
                help: "The sender: the id that Meta shows beside the phone number, digits only; not the number itself."),
            Setting(
                "access_token", .secret, required: true,
                help: "A system user's token with the permission whatsapp_business_messaging."),
            Setting("app_secret", .secret, required: true, help: "The app's secret: Meta signs its webhooks with it."),
            Setting(
                "verify_token", .secret, required: true,
                help: "A secret of your own choice: enter the same in Meta's form for the webhook's address."),
            Setting("api_version", .string, default: defaultVersion, help: "Of the Graph API, such as v25.0."),
            Setting(
                "base_url", .url, default: defaultBase, help: "Where the Graph API is; another for tests."),
            Setting("preview_urls", .boolean, default: "false", help: "Show a preview of the first link in a text."),
            Setting(
                "template_language", .string, default: defaultLanguage,
                help: "Language of fallback_template, and of a message's template that names none, such as en_US."),
        ] + FallbackSettings.settings(template: "the name of a template"))

    private static let defaultVersion = "v25.0"
    private static let defaultBase = "https://graph.facebook.com"
    private static let defaultLanguage = "en_US"

    let phoneNumberID: String
    let accessToken: Secret
    let appSecret: Secret
    let verifyToken: Secret
    /// With the version, without a slash at the end.
    let apiURL: String
    let previewsURLs: Bool
    let templateLanguage: String
    let fallback: FallbackSettings?

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        let base = BaseURL(configuration, default: Self.defaultBase)
        let version = configuration.string("api_version") ?? Self.defaultVersion
        phoneNumberID = configuration.string("phone_number_id") ?? ""
        accessToken = configuration.secret("access_token") ?? Secret("")
        appSecret = configuration.secret("app_secret") ?? Secret("")
        verifyToken = configuration.secret("verify_token") ?? Secret("")
        apiURL = "\(base.text)/\(version)"
        previewsURLs = configuration.boolean("preview_urls") ?? false
        templateLanguage = configuration.string("template_language") ?? Self.defaultLanguage
        fallback = FallbackSettings(configuration)
        let problems =
            numberProblems + secretProblems + Self.versionProblems(version) + base.problems + templateProblems
            + FallbackSettings.problems(configuration)
        guard problems.isEmpty else { throw ConfigurationProblems(problems) }
    }

    private var numberProblems: [ConfigurationProblems.Problem] {
        if PhoneNumber.isDigits(phoneNumberID) { return [] }
        return [
            .init(
                setting: "phone_number_id",
                message: "must be the digits that Meta shows as 'Phone number ID', not the phone number itself")
        ]
    }

    private var secretProblems: [ConfigurationProblems.Problem] {
        var problems: [ConfigurationProblems.Problem] = []
        let isHeaderValue = !accessToken.isEmpty && accessToken.revealed.utf8.allSatisfy { (33...126).contains($0) }
        if !isHeaderValue {
            problems.append(
                .init(setting: "access_token", message: "must not be empty, nor have spaces or line breaks in it"))
        }
        if appSecret.isEmpty {
            problems.append(
                .init(
                    setting: "app_secret", message: "must not be empty: anybody could sign webhooks with an empty one"))
        }
        if verifyToken.isEmpty {
            problems.append(
                .init(
                    setting: "verify_token", message: "must not be empty: choose one, and enter it in Meta's form too"))
        }
        return problems
    }

    private static func versionProblems(_ version: String) -> [ConfigurationProblems.Problem] {
        let parts = version.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        if version.hasPrefix("v"), parts.count == 2, parts.allSatisfy(PhoneNumber.isDigits) { return [] }
        return [.init(setting: "api_version", message: "must be a version of the Graph API such as 'v25.0'")]
    }

    private var templateProblems: [ConfigurationProblems.Problem] {
        var problems: [ConfigurationProblems.Problem] = []
        if let fallback, !MetaTemplate.isName(fallback.name) {
            problems.append(.init(setting: "fallback_template", message: MetaTemplate.nameRule))
        }
        if !MetaTemplate.isLanguage(templateLanguage) {
            problems.append(.init(setting: "template_language", message: MetaTemplate.languageRule))
        }
        return problems
    }
}
