public import ChannelSDK

/// What can be said about a module before there is an instance of it.
extension ConformanceSuite {
    /// Checks what the module says about itself.
    public static func check(
        descriptor: ChannelDescriptor, at location: CaseLocation? = nil
    ) -> [ConformanceFinding] {
        var list = FindingList(.descriptor, hiding: [])
        list.expect(
            isName(descriptor.name), at: location, "'\(descriptor.name)' is not lower case letters, digits and '-'")
        list.expect(!descriptor.providers.isEmpty, at: location, "there is no provider")
        list.expectUnique(descriptor.providers.map(\.name), "provider", at: location)
        for provider in descriptor.providers {
            list.expectUnique(provider.settings.map(\.name), "setting", at: location)
            for setting in provider.settings { list.expectSound(setting, of: provider, at: location) }
        }
        return list.findings
    }

    /// Checks the graph against the status law: every violation, with the names of the statuses.
    public static func check(statuses graph: StatusGraph, at location: CaseLocation? = nil) -> [ConformanceFinding] {
        do throws(StatusGraphRefusal) {
            _ = try StatusOrder(checking: graph)
            return []
        } catch {
            return error.violations.map { ConformanceFinding(.statuses, $0.description, at: location) }
        }
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") }
    }
}

extension FindingList {
    fileprivate mutating func expectUnique(_ names: [String], _ noun: String, at location: CaseLocation?) {
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            expect(false, at: location, "\(noun) '\(name)' is there twice")
        }
    }

    fileprivate mutating func expectSound(
        _ setting: Setting, of provider: ChannelDescriptor.Provider, at location: CaseLocation?
    ) {
        let what = "setting '\(setting.name)' of provider '\(provider.name)'"
        expect(!setting.help.isEmpty, at: location, "\(what) has no help")
        if case .choice(let choices) = setting.kind {
            expect(!choices.isEmpty, at: location, "\(what) has nothing to choose from")
            let isChoice = setting.defaultValue.map { choices.contains($0) } ?? true
            expect(isChoice, at: location, "\(what): its default is none of its choices")
        }
        if case .secret = setting.kind {
            expect(setting.defaultValue == nil, at: location, "\(what) is a secret that everybody knows: no default")
        }
    }
}
