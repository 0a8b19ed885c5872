internal import CLibcurl
internal import ChannelSDK
internal import Glibc

/// The thread's loop: epoll tells which sockets are ready, libcurl works them, what ended is handed over per submission
/// once in each turn. Everything here is used on that one thread only.
final class CurlLoop {
    private let configuration: CurlTransport.Configuration
    private let inbox: Inbox
    private let multi: OpaquePointer
    private let poll: Int32
    private var origins: [String: Origin] = [:]
    /// The loop owns every transfer that libcurl knows; libcurl has unretained references to them.
    private var active: [OpaquePointer: Transfer] = [:]
    private var idle: [Transfer] = []
    private var finished: [Submission] = []
    /// When libcurl wants to be called for its timers, in monotonic milliseconds.
    fileprivate var timerAt: Int?
    private var waiting = 0

    /// Once for the process, before anything else of libcurl.
    static let globalInit: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init?(configuration: CurlTransport.Configuration, inbox: Inbox) {
        guard Self.globalInit, let multi = curl_multi_init().map({ OpaquePointer($0) }) else { return nil }
        self.configuration = configuration
        self.inbox = inbox
        self.multi = multi
        poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poll >= 0 else { return nil }
        let me = Unmanaged.passUnretained(self).toOpaque()
        let handle = UnsafeMutableRawPointer(multi)
        switchboard_multi_set_socket(handle, socketChanged)
        switchboard_multi_set_pointer(handle, CURLMOPT_SOCKETDATA, me)
        switchboard_multi_set_timer(handle, timerChanged)
        switchboard_multi_set_pointer(handle, CURLMOPT_TIMERDATA, me)
        switchboard_multi_set_long(handle, CURLMOPT_MAXCONNECTS, configuration.maxPooledConnections)
        watch(inbox.wakeDescriptor, UInt32(EPOLLIN.rawValue))
    }

    deinit {
        for transfer in idle { transfer.close() }
        curl_multi_cleanup(UnsafeMutableRawPointer(multi))
        Glibc.close(poll)
    }

    private var handle: UnsafeMutableRawPointer { UnsafeMutableRawPointer(multi) }

    // MARK: Turns

    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            let (submissions, stopRequested) = inbox.take()
            if stopRequested {
                for submission in submissions { submission.failAll(.stopped) }
                return stop()
            }
            for submission in submissions { admit(submission) }
            let count = epoll_wait(poll, &events, Int32(events.count), timeout(isBusy: !submissions.isEmpty))
            for event in events.prefix(max(0, Int(count))) { work(event) }
            workTimers()
            collect()
            expireWaiting()
            deliver()
        }
    }

    private func timeout(isBusy: Bool) -> Int32 {
        if isBusy || !finished.isEmpty { return 0 }
        var bounds: [Int] = []
        if let timerAt { bounds.append(max(0, timerAt - monotonicMilliseconds())) }
        if waiting > 0 { bounds.append(50) }
        return bounds.min().map(Int32.init(clamping:)) ?? -1
    }

    private func work(_ event: epoll_event) {
        if event.data.fd == inbox.wakeDescriptor { return inbox.silence() }
        var mask: Int32 = 0
        if event.events & UInt32(EPOLLIN.rawValue) != 0 { mask |= CURL_CSELECT_IN }
        if event.events & UInt32(EPOLLOUT.rawValue) != 0 { mask |= CURL_CSELECT_OUT }
        if event.events & UInt32(EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(handle, event.data.fd, mask, &running)
    }

    private func workTimers() {
        guard let due = timerAt, due <= monotonicMilliseconds() else { return }
        timerAt = nil
        var running: Int32 = 0
        curl_multi_socket_action(handle, CURL_SOCKET_TIMEOUT, 0, &running)
    }

    /// libcurl wants to know when `socket` is ready in these ways; 0: not any more.
    fileprivate func watch(_ socket: Int32, _ interest: UInt32) {
        var event = epoll_event()
        event.data.fd = socket
        event.events = interest
        if interest == 0 {
            epoll_ctl(poll, EPOLL_CTL_DEL, socket, &event)
        } else if epoll_ctl(poll, EPOLL_CTL_MOD, socket, &event) != 0 {
            epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event)
        }
    }

    // MARK: Beginning

    private func admit(_ submission: Submission) {
        let now = monotonicMilliseconds()
        for (index, request) in submission.requests.enumerated() {
            if let problem = RequestCheck.problem(with: request) {
                let failure = TransportFailure(
                    reason: .invalidRequest, mayHaveBeenSent: false, message: "the request can't be sent: \(problem)")
                finish(submission, index, .failure(failure))
                continue
            }
            let name = RequestCheck.originName(of: request.url)
            let origin = origins[name] ?? Origin(name: name)
            origins[name] = origin
            let deadline = Deadline(start: now, timeout: request.timeout ?? submission.defaultTimeout)
            if origin.active < configuration.maxConcurrentRequestsPerOrigin, !origin.hasWaiting {
                start(submission, index, origin, deadline)
            } else {
                waiting += 1
                origin.append(.init(submission: submission, index: index, deadline: deadline))
            }
        }
    }

    private func start(_ submission: Submission, _ index: Int, _ origin: Origin, _ deadline: Deadline) {
        guard let transfer = idle.popLast() ?? Transfer() else {
            let failure = TransportFailure(
                reason: .other, mayHaveBeenSent: false, message: "out of memory for requests; not sent")
            return finish(submission, index, .failure(failure))
        }
        transfer.begin(
            submission: submission, index: index, origin: origin,
            milliseconds: deadline.remaining(now: monotonicMilliseconds()), configuration: configuration)
        origin.active += 1
        active[transfer.key] = transfer
        curl_multi_add_handle(handle, transfer.easy)
    }

    // MARK: Ending

    private func collect() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            end(easy, switchboard_message_result(message))
        }
    }

    private func end(_ easy: UnsafeMutableRawPointer, _ code: CURLcode) {
        guard let transfer = active.removeValue(forKey: OpaquePointer(easy)) else { return }
        curl_multi_remove_handle(handle, easy)
        guard let (submission, index, origin, result) = transfer.finish(code, limit: configuration) else { return }
        finish(submission, index, result)
        if idle.count < configuration.maxPooledConnections { idle.append(transfer) } else { transfer.close() }
        origin.active -= 1
        if let next = origin.popFirst() {
            waiting -= 1
            start(next.submission, next.index, origin, next.deadline)
        } else if origin.isIdle, origins.count > 1024 {
            origins[origin.name] = nil
        }
    }

    private func expireWaiting() {
        guard waiting > 0 else { return }
        let now = monotonicMilliseconds()
        for origin in origins.values where origin.hasWaiting {
            for late in origin.removeLate(now: now) {
                waiting -= 1
                let failure = TransportFailure(
                    reason: .timeout, mayHaveBeenSent: false,
                    message: "too many requests to \(origin.name) are under way; this one was not sent")
                finish(late.submission, late.index, .failure(failure))
            }
        }
    }

    private func finish(_ submission: Submission, _ index: Int, _ result: HTTPResult) {
        if submission.finish(index, result) { finished.append(submission) }
    }

    private func deliver() {
        let submissions = finished
        finished = []
        for submission in submissions { submission.deliver() }
    }

    private func stop() {
        for (key, transfer) in active {
            curl_multi_remove_handle(handle, UnsafeMutableRawPointer(key))
            if let (submission, index) = transfer.abandoned {
                let failure = TransportFailure(
                    reason: .shutdown, mayHaveBeenSent: transfer.mayHaveBeenSent,
                    message: "the transport stopped before the answer came")
                finish(submission, index, .failure(failure))
            }
            transfer.close()
        }
        active = [:]
        for origin in origins.values {
            while let next = origin.popFirst() { finish(next.submission, next.index, .failure(.stopped)) }
        }
        deliver()
    }
}

private func socketChanged(
    _: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32, _ context: UnsafeMutableRawPointer?,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return 0 }
    let loop = Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue()
    let interest: UInt32 =
        switch what {
        case CURL_POLL_IN: UInt32(EPOLLIN.rawValue)
        case CURL_POLL_OUT: UInt32(EPOLLOUT.rawValue)
        case CURL_POLL_INOUT: UInt32(EPOLLIN.rawValue | EPOLLOUT.rawValue)
        default: 0
        }
    loop.watch(socket, interest)
    return 0
}

private func timerChanged(
    _: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return 0 }
    let loop = Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue()
    loop.timerAt = milliseconds < 0 ? nil : monotonicMilliseconds() + milliseconds
    return 0
}
