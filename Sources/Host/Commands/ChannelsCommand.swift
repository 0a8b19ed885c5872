import ArgumentParser
import ChannelSDK
import ConfigurationFile
import Foundation

struct ChannelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channels", abstract: "Shows the modules: providers, settings, and statuses from low to high.")

    @Flag(help: "Print the status graphs as Mermaid only.") var mermaid = false

    @Flag(help: "Print every key of channels.yaml as a Markdown table, and nothing else.") var keys = false

    @Option(help: "Show the modules that this file adds to the host's own, too.") var config: String?

    func run() async throws {
        if keys { return print(ConfigurationReference.markdown(ConfigurationReference.keys), terminator: "") }
        for module in try modules() {
            let order = try StatusOrder(checking: module.statuses)
            if mermaid {
                print(Self.mermaid(order))
            } else {
                describe(module.descriptor)
                describe(order)
                print("\n" + Self.mermaid(order))
            }
        }
    }

    private func modules() throws -> [ChannelModule] {
        guard let config else { return ChannelModules.builtIn }
        let loaded = CheckedConfiguration.load(path: config, environment: ProcessInfo.processInfo.environment)
        guard let configuration = loaded.configuration else {
            print(loaded.report, terminator: "")
            throw ExitCode(1)
        }
        return configuration.modules
    }

    private func describe(_ module: ChannelDescriptor) {
        print("\(module.name) \(module.version): \(module.summary)")
        for provider in module.providers {
            print("\n  provider \(provider.name) (\(provider.title))")
            for setting in provider.settings {
                let need = setting.isRequired ? "required" : setting.defaultValue.map { "default \($0)" } ?? "optional"
                print("    \(Self.padded(setting.name, 24)) \(Self.padded(need, 36)) \(setting.help)")
            }
        }
    }

    private func describe(_ order: StatusOrder) {
        print("\n  statuses, version \(order.version); of two that are reported, the lower in this table wins")
        for status in order.statuses {
            let settled = status.isSettled ? "settled" : "open"
            print("    \(Self.padded(status.name.rawValue, 24)) \(Self.padded(status.meaning.rawValue, 10)) \(settled)")
        }
    }

    static func mermaid(_ order: StatusOrder) -> String {
        let edges = order.transitions.map { "    \($0.from) --> \($0.to)" }
        let ends = order.statuses.filter(\.isSettled).map { "    \($0.name) --> [*]" }
        return (["stateDiagram-v2", "    [*] --> accepted"] + edges + ends).joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
