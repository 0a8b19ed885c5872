import ArgumentParser

struct PlivoOptions: ParsableArguments {
    private static let standard = PlivoSettings()

    @Option(name: .customLong("plivo-auth-id"), help: "The account's id.")
    var authID = Self.standard.authID

    @Option(name: .customLong("plivo-auth-token"), help: "The account's token, which callbacks are signed with too.")
    var authToken = Self.standard.authToken

    @Flag(name: .customLong("plivo-segment-reports"), help: "Report on each segment of a message by itself.")
    var reportsSegments = false

    @Option(name: .customLong("plivo-script"), help: "The statuses of an ordinary message, in order.")
    var script = ScriptOption(statuses: Self.standard.script)

    var settings: PlivoSettings {
        PlivoSettings(
            authID: authID, authToken: authToken, reportsSegments: reportsSegments, script: script.statuses)
    }
}
