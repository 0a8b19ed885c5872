import Glibc

/// How many files and connections this process may have open.
enum DescriptorLimit {
    /// Raises the limit as far as the system lets it: what shells and service managers give is for programs that use
    /// `select`, and less than a server needs.
    /// - Returns: the limit from now on.
    @discardableResult
    static func raise() -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        if setrlimit(resource, &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }
}
