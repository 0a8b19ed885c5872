import ChannelSDK

/// What a module says about itself, judged before the host relies on it.
enum ModuleCheck {
    /// - Throws: everything that is wrong.
    static func check(_ module: ChannelModule) throws(ChannelLibrary.Refusal) {
        var problems = problems(of: module.descriptor)
        do throws(StatusGraphRefusal) {
            _ = try StatusOrder(checking: module.statuses)
        } catch {
            problems.append("breaks the status law: \(error)")
        }
        guard problems.isEmpty else { throw ChannelLibrary.Refusal(problems.joined(separator: "; ")) }
    }

    private static func problems(of descriptor: ChannelDescriptor) -> [String] {
        var problems: [String] = []
        if !isName(descriptor.name, with: "-") {
            problems.append(
                "names its module '\(descriptor.name.prefix(40))': only a-z, 0-9 and '-' may be in it, 1 to 40 of them")
        }
        if descriptor.version.isEmpty { problems.append("gives its module no version") }
        if descriptor.summary.isEmpty { problems.append("gives its module no summary") }
        if descriptor.providers.isEmpty { problems.append("has a module without providers") }
        for name in repeated(descriptor.providers.map(\.name)) { problems.append("has provider '\(name)' twice") }
        for provider in descriptor.providers { problems += self.problems(of: provider) }
        return problems
    }

    private static func problems(of provider: ChannelDescriptor.Provider) -> [String] {
        var problems: [String] = []
        if !isName(provider.name, with: "-_") {
            problems.append(
                "has a provider '\(provider.name.prefix(40))': only a-z, 0-9, '-' and '_' may be in its name")
        }
        for name in repeated(provider.settings.map(\.name)) {
            problems.append("has setting '\(name)' of provider '\(provider.name)' twice")
        }
        for setting in provider.settings {
            let place = "setting '\(setting.name.prefix(40))' of provider '\(provider.name)'"
            if !isName(setting.name, with: "_") {
                problems.append("has \(place): only a-z, 0-9 and '_' may be in its name")
            }
            if setting.kind == .choice([]) { problems.append("has \(place), which has no choices") }
            if setting.kind == .secret, setting.defaultValue != nil {
                problems.append("has \(place), a secret with a default, which everybody would know")
            }
        }
        return problems
    }

    private static func isName(_ name: String, with others: String) -> Bool {
        (1...40).contains(name.utf8.count)
            && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || others.utf8.contains($0) }
    }

    private static func repeated(_ names: [String]) -> [String] {
        Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
    }
}
