import Glibc

/// What a connection's thread sleeps in.
enum SocketWait {
    struct Ready {
        var socket = false
        var wake = false
    }

    /// Waits until `socket` has something to read, or takes something where `wantsWrite`, or `wake` is readable, or the
    /// deadline is over.
    static func wait(
        socket: Int32?, wantsWrite: Bool = false, wake: Int32, until deadline: ContinuousClock.Instant?
    ) -> Ready {
        var descriptors = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        if let socket {
            let interest = wantsWrite ? POLLIN | POLLOUT : POLLIN
            descriptors.append(pollfd(fd: socket, events: Int16(interest), revents: 0))
        }
        guard poll(&descriptors, nfds_t(descriptors.count), milliseconds(until: deadline)) > 0 else { return Ready() }
        return Ready(socket: descriptors.count > 1 && descriptors[1].revents != 0, wake: descriptors[0].revents != 0)
    }

    /// Rounded up, so that the deadline is over when the time is.
    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let rest = deadline - .now
        guard rest > .zero else { return 0 }
        return Int32(clamping: Int64(rest / .milliseconds(1)) + 1)
    }
}
