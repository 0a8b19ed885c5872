import ArgumentParser

struct FCMOptions: ParsableArguments {
    private static let standard = FCMSettings()

    @Option(name: .customLong("fcm-project"), help: "The project's id.")
    var project = Self.standard.project

    @Option(name: .customLong("fcm-token-lifetime"), help: "How long an access token holds, in seconds.")
    var tokenLifetime = Self.standard.tokenLifetime

    var settings: FCMSettings { FCMSettings(project: project, tokenLifetime: tokenLifetime) }
}
