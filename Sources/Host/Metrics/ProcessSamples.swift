import FoundationEssentials
import Glibc
import Pipeline

/// What the system says of this process, under the names that all programs use for it.
enum ProcessSamples {
    static func now() -> [MetricSample] {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        var samples = [
            MetricSample(.processCPU, value: seconds(usage.ru_utime) + seconds(usage.ru_stime))
        ]
        if let start { samples.append(MetricSample(.processStart, value: start)) }
        if let bytes = residentBytes { samples.append(MetricSample(.processMemory, value: bytes)) }
        return samples
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// In seconds since 1970: the system tells it in ticks since the machine's start.
    private static var start: Double? {
        guard let text = file("/proc/self/stat"), let uptime = file("/proc/uptime")?.split(separator: " ").first,
            let sinceBoot = Double(uptime)
        else { return nil }
        // The second field is the program's name, in parentheses; the start is the 22nd.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 20, let ticks = Double(fields[20]) else { return nil }
        return Date.now.timeIntervalSince1970 - sinceBoot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static var residentBytes: Int? {
        guard let fields = file("/proc/self/statm")?.split(separator: " ") else { return nil }
        return fields.count > 1 ? Int(fields[1]).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }

    private static func file(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
