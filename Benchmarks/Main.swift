import ArgumentParser

/// The bare loops that the host's figures stand beside. `scripts/bench` runs them and the real programs in one go.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(subcommands: [BareServer.self, BareSQLite.self, BareCurl.self])
}
