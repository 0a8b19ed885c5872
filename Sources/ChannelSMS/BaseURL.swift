import ChannelSDK

/// The setting `base_url`: where the provider's API is.
struct BaseURL {
    /// Without a slash at the end, so that paths can follow.
    let text: String
    let problems: [ConfigurationProblems.Problem]

    init(_ configuration: ChannelConfiguration, default: String) {
        let url = configuration.string("base_url") ?? `default`
        text = url.hasSuffix("/") ? String(url.dropLast()) : url
        let isPlain = !url.contains("?") && !url.contains("#")
        problems = isPlain ? [] : [.init(setting: "base_url", message: "must have no query and no fragment")]
    }
}
