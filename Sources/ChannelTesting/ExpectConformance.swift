public import ChannelConformance
public import ChannelSDK
public import Testing

/// Runs every check of the conformance suite on a module: its own tables, and the cases that every module must bear.
///
/// ```swift
/// @Test func theChannelConforms() async { await expectConformance(of: CarrierChannel.self) }
/// ```
///
/// - Parameters:
///   - seed: decides every random byte; printed with each failure that random bytes brought about.
///   - sourceLocation: where failures are shown that no line of a table is to blame for.
public func expectConformance(
    of module: any ConformanceTested.Type, seed: UInt64 = .random(in: 0 ... .max),
    sourceLocation: SourceLocation = #_sourceLocation
) async {
    await expectConformance(of: ChannelModule(module), seed: seed, sourceLocation: sourceLocation)
}

/// The same for a module that has no type to name: a loaded or a declared one.
/// - Parameters:
///   - tables: nil: the module's own.
///   - seed: decides every random byte; printed with each failure that random bytes brought about.
///   - sourceLocation: where failures are shown that no line of a table is to blame for.
public func expectConformance(
    of module: ChannelModule, tables: [ConformanceTable]? = nil, seed: UInt64 = .random(in: 0 ... .max),
    sourceLocation: SourceLocation = #_sourceLocation
) async {
    var findings: [ConformanceFinding] = []
    await ConformanceRun(module, tables: tables, seed: seed).run { _ in
    } didRun: { step, verdict in
        switch verdict {
        case .passed: break
        case .failed(let found): findings += found
        case .skipped(let reason):
            findings.append(ConformanceFinding(step.check, "not checked: \(reason)", at: nil))
        }
    }
    findings.record(at: sourceLocation)
}
