import Synchronization
import Testing

/// What the kit finds, in its words. It speaks by recording issues, and to expect them is the only way to hear them without
/// failing; that there are none fails here.
func findings(_ run: () async -> Void) async -> [String] {
    let found = Mutex<[String]>([])
    await withKnownIssue {
        await run()
    } matching: { issue in
        found.withLock { $0.append(issue.description) }
        return true
    }
    return found.withLock(\.self)
}
