import Foundation
import Testing

@testable import Pipeline

/// The promises under crashes, repeats, reorder, delays and refusals at every effect.
///
/// `SIMULATION_SEEDS=100000` plays more of them; `SIMULATION_SEED=7` plays one and prints its trace.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test func thePromisesHold() throws {
        if let seed = Self.environment["SIMULATION_SEED"].flatMap(UInt64.init) {
            let simulation = try Simulation(seed: seed)
            simulation.play(steps: 300)
            print(simulation.trace.joined(separator: "\n"))
            #expect(simulation.wrong.isEmpty, "seed \(seed): \(simulation.wrong)")
            return
        }
        let seeds = Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 2000
        var failed = 0
        for seed in 0..<seeds where failed < 5 {
            let simulation = try Simulation(seed: seed)
            simulation.play(steps: 300)
            if !simulation.wrong.isEmpty { failed += 1 }
            #expect(simulation.wrong.isEmpty, "seed \(seed): \(simulation.wrong.prefix(5))")
        }
    }

    @Test func aSeedPlaysTheSameAgain() throws {
        for seed in [1, 2, 3, 500] as [UInt64] {
            let traces = try (0..<2).map { _ in
                let simulation = try Simulation(seed: seed)
                simulation.play(steps: 300)
                return simulation.trace
            }
            let difference = zip(traces[0], traces[1]).first { $0 != $1 }
            #expect(
                traces[0].count == traces[1].count && difference == nil,
                "seed \(seed): \(String(describing: difference))")
        }
    }
}
