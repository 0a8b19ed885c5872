import ChannelSDK

extension ConformanceSuite {
    /// Checks what the module finds wrong with its settings: what the table says about each change; then each setting
    /// missing, of every other kind, empty, very long and at the ends of its range. Whatever comes, the module takes it or
    /// throws problems that each name a setting of the provider, so that the host can say the line, and show no secret.
    public func check(
        settings cases: [SettingsCase], at location: CaseLocation? = nil
    ) -> [ConformanceFinding] {
        var list = findings(.settings)
        for one in cases {
            let problems = problems(with: one.changes)
            list.expectSound(problems, self, at: one.location, "'\(one.name)'")
            let named = (problems?.map(\.setting) ?? []).sorted()
            list.expect(named, is: one.settings.sorted(), at: one.location, "'\(one.name)': the settings objected to")
        }
        for setting in declared {
            list.expectSound(
                problems(with: [setting.name: nil]), self, at: location, "without setting '\(setting.name)'")
            for value in Self.oddValues(of: setting) {
                list.expectSound(
                    problems(with: [setting.name: value]), self, at: location,
                    "with an odd value of setting '\(setting.name)'")
            }
        }
        return list.findings
    }

    var declared: [Setting] { module.descriptor.providers.first { $0.name == provider }?.settings ?? [] }

    /// Nil when the module takes the settings so.
    private func problems(with changes: [String: SettingValue?]) -> [ConfigurationProblems.Problem]? {
        let changed = changes.reduce(into: settings) { $0[$1.key] = $1.value }
        do throws(ConfigurationProblems) {
            _ = try module.instance(ChannelConfiguration(provider: provider, values: changed), host)
            return nil
        } catch {
            return error.problems
        }
    }

    static let canary = "c4nary-of-the-suite"

    private static func oddValues(of setting: Setting) -> [SettingValue] {
        let long = String(repeating: "x", count: 10_000)
        var values: [SettingValue] = [
            .boolean(true), .integer(-1), .duration(.zero), .duration(.seconds(-1)), .list([]), .list([""]),
        ]
        for text in ["", " ", "\u{0}\r\n", "ż", "http://", long] { values += [.string(text), .secret(Secret(text))] }
        values.append(.secret(Secret(canary)))
        if case .integer(let range) = setting.kind {
            values += [.integer(range.lowerBound), .integer(range.upperBound), .integer(.max), .integer(.min)]
        }
        return values
    }
}

extension FindingList {
    fileprivate mutating func expectSound(
        _ problems: [ConfigurationProblems.Problem]?, _ suite: ConformanceSuite, at location: CaseLocation?,
        _ what: String
    ) {
        guard let problems else { return }
        let names = Set(suite.declared.map(\.name))
        expect(!problems.isEmpty, at: location, "\(what): it refuses the settings, but names no problem")
        for problem in problems {
            expect(
                names.contains(problem.setting), at: location,
                "\(what): a problem names '\(problem.setting)', which is no setting of '\(suite.provider)': no line of the "
                    + "file can be shown")
            expect(
                !problem.message.isEmpty, at: location, "\(what): the problem of '\(problem.setting)' says nothing")
            let shows = (suite.secrets + [ConformanceSuite.canary]).contains {
                !$0.isEmpty && problem.message.contains($0)
            }
            expect(!shows, at: location, "\(what): the problem of '\(problem.setting)' shows a secret")
        }
    }
}
