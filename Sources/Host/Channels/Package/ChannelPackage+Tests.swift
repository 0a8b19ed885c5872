/// What a new channel is tested by, and what it is built and run with.
extension ChannelPackage {
    var tables: String {
        named(
            """
            public import ChannelConformance
            import ChannelSDK

            /// What goes in and what must come out. The package's tests and `switchboard channel verify` run these, and add the
            /// cases that every channel must bear: damaged bytes, echoed secrets, forged webhooks, reports in any order.
            extension ExampleChannel: ConformanceTested {
                public static var conformanceTables: [ConformanceTable] {
                    var table = ConformanceTable(
                        provider: "example-channel",
                        // Never real credentials: the tables are part of the library.
                        settings: [
                            "account": .string("AC1"), "token": .secret(Secret("a-token-of-the-tables")),
                            "sender": .string("+15550001111"), "base_url": .string("https://api.provider.example"),
                        ])
                    table.changes = [
                        SettingsCase("an empty token", changing: ["token": .secret(Secret(""))], problemsAt: ["token"]),
                        SettingsCase("no sender", changing: ["sender": nil], problemsAt: ["sender"]),
                    ]
                    table.contents = [
                        ContentCase("a text", hello), ContentCase("no number", to("ada"), problemsAt: ["to"]),
                        ContentCase("no text", to("+15551230001", ""), problemsAt: ["body"]),
                    ]
                    table.requests = [RequestCase("a text", hello, becomes: request)]
                    table.answers = [
                        AnswerCase(
                            "taken", answer(201, #"{"sid":"SM1","status":"queued"}"#),
                            means: .accepted(Acceptance(providerMessageID: "SM1", status: "queued"))),
                        AnswerCase(
                            "no such number", answer(400, #"{"code":21211,"message":"not a number"}"#),
                            means: .rejected(DeliveryFailure(.recipient, code: "21211", message: "not a number"))),
                        AnswerCase(
                            "wrong token", answer(401, ""),
                            means: .rejected(DeliveryFailure(.configuration, code: "http_401", message: "HTTP 401"))),
                    ]
                    table.webhooks = [
                        WebhookCase("sent", report("sent"), says: says(.status("sent"))),
                        WebhookCase("delivered", report("delivered"), says: says(.status("delivered"))),
                        WebhookCase("a new word", report("teleported"), says: says(.unknown("teleported"))),
                        WebhookCase(refusing: "no status", webhook("MessageSid=SM1")),
                    ]
                    table.convergence = [
                        ConvergenceCase(
                            "evidence of delivery wins",
                            anyOrderOf: [report("delivered"), report("failed"), report("sent"), report("queued")],
                            with: Acceptance(providerMessageID: "SM1", status: "queued"), endsIn: "delivered")
                    ]
                    table.verification = [VerificationCase(of: [report("delivered")], signedBy: sign)]
                    return [table]
                }

                private static let hello = to("+15551230001")

                private static func to(_ recipient: String, _ body: String = "Hello, Ada") -> MessageContent {
                    MessageContent(recipient: recipient, body: body)
                }

                private static var request: HTTPRequest {
                    HTTPRequest(
                        url: "https://api.provider.example/2010-04-01/Accounts/AC1/Messages.json",
                        headers: [
                            "Authorization": "Basic QUMxOmEtdG9rZW4tb2YtdGhlLXRhYmxlcw==",
                            "Content-Type": "application/x-www-form-urlencoded",
                        ],
                        body: FormEncoding.encode([
                            .init("To", "+15551230001"), .init("From", "+15550001111"), .init("Body", "Hello, Ada"),
                            .init("StatusCallback", ConformanceSuite.webhookURL),
                        ]))
                }

                private static func answer(_ status: Int, _ json: String) -> HTTPResponse {
                    HTTPResponse(status: status, body: Array(json.utf8))
                }

                private static func report(_ status: String) -> WebhookRequest {
                    webhook("MessageSid=SM1&MessageStatus=\\(status)")
                }

                private static func webhook(_ form: String) -> WebhookRequest {
                    WebhookRequest(
                        method: "POST", url: ConformanceSuite.webhookURL,
                        headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form.utf8),
                        receivedAt: ConformanceSuite.usualTime)
                }

                private static func says(_ kind: StatusReport.Kind) -> WebhookContents {
                    WebhookContents(reports: [
                        StatusReport(delivery: ConformanceSuite.delivery, providerMessageID: "SM1", kind: kind)
                    ])
                }

                /// As the provider signs.
                private static func sign(_ request: WebhookRequest) -> WebhookRequest {
                    let scheme = URLFormSignature(header: "X-Twilio-Signature", key: Secret("a-token-of-the-tables"))
                    var headers = request.headers
                    headers["X-Twilio-Signature"] = scheme.signature(of: request)
                    return WebhookRequest(
                        method: request.method, url: request.url, headers: headers, body: request.body,
                        receivedAt: request.receivedAt)
                }
            }

            """)
    }

    var tests: String {
        named(
            """
            import ChannelExample
            import ChannelTesting
            import Testing

            @Suite struct ExampleChannelTests {
                /// Every check of the conformance suite; a failure points at the line of the table.
                @Test func theChannelConforms() async {
                    await expectConformance(of: ExampleChannel.self)
                }
            }

            """)
    }

    var manifest: String {
        let kit = self.kit.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return named(
            """
            // swift-tools-version: 6.2
            import PackageDescription

            // The kit of the installed host. The channel is compiled against its modules, and only the tests are linked with its
            // archive: the library itself finds ChannelSDK in the host that loads it.
            let kit = Context.environment["SWITCHBOARD_KIT"] ?? "KIT-OF-THE-HOST"
            let modules: [SwiftSetting] = [.unsafeFlags(["-I", "\\(kit)/modules"])]

            let package = Package(
                name: "example-channel",
                targets: [
                    .target(name: "ChannelExample", swiftSettings: modules),
                    .testTarget(
                        name: "ChannelExampleTests", dependencies: ["ChannelExample"], swiftSettings: modules,
                        linkerSettings: [
                            .unsafeFlags(["-L\\(kit)/lib"]), .linkedLibrary("ChannelKit"), .linkedLibrary("stdc++"),
                            .linkedLibrary("swiftSynchronization"),
                        ]),
                ],
                swiftLanguageModes: [.v6]
            )

            """
        ).replacing("KIT-OF-THE-HOST", with: kit)
    }

    var configuration: String {
        named(
            """
            # Sends through the library that `switchboard channel build .` makes. The defaults are those of the provider sandbox.
            server:
              host: 127.0.0.1
              port: ${PORT:-3000}
              public_url: http://127.0.0.1:${PORT:-3000}

            storage:
              path: ${DATA_DIR:-data}/switchboard.db

            log:
              level: warning

            plugins:
              - path: libChannelExample.so

            channels:
              example-channel:
                module: example-channel
                settings:
                  account: ${ACCOUNT:-AC00000000000000000000000000005a4d}
                  token: ${TOKEN:-sandbox-auth-token}
                  sender: "+15005550006"
                  base_url: ${BASE_URL:-http://127.0.0.1:4010}

            """)
    }

    var readme: String {
        named(
            """
            # ChannelExample

            A channel for Switchboard, as a library that the host loads. As it was generated it speaks to the provider sandbox;
            replace address, fields and codes by those of your provider, and the tables with them.

            ```sh
            swift test                                       # the tables, and the cases that every channel must bear
            switchboard channel build .                      # libChannelExample.so, for the host that is installed
            switchboard channel verify libChannelExample.so  # the same checks on the library
            provider-sandbox --quiet &                       # a provider to send to
            switchboard serve channels.yaml &
            switchboard send --channel example-channel --to +15551230001 --external-id first-1 "Hello"
            switchboard status --external first-1
            ```

            | file | what is in it |
            |---|---|
            | `ExampleChannel.swift` | name, statuses, what is refused before it is accepted |
            | `ExampleSettings.swift` | what channels.yaml says under `settings:` |
            | `ExampleDelivery.swift` | message in, request out; answer in, outcome out |
            | `ExampleWebhooks.swift` | how reports are verified and read |
            | `ExampleTables.swift` | what goes in and what must come out |
            | `Entry.swift` | what the host calls when it has loaded the library |

            A library runs with the host's rights, and in the build of the host that it was made for: after the host has been
            updated, build it again. `SWITCHBOARD_KIT` names another kit than the one it was generated for.

            """)
    }
}
