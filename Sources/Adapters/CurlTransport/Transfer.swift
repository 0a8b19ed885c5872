internal import CLibcurl
internal import ChannelSDK
internal import Glibc

/// One request under way on one easy handle, which is used again for the next.
///
/// libcurl holds unretained references to this object in its callbacks' data: the loop keeps the object alive from
/// before the handle is added to the multi handle until after it is removed.
///
/// libcurl repeats a request by itself when a kept connection dies without a byte of an answer, even a POST. It calls
/// `CURLOPT_PREREQFUNCTION` before each time it lets the request go: the second time is refused here.
final class Transfer {
    let easy: UnsafeMutableRawPointer
    var key: OpaquePointer { OpaquePointer(easy) }

    private var submission: Submission?
    private var index = 0
    private var origin: Origin?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    /// True once the request was let go on a connection: from then on the provider may have it.
    private(set) var mayHaveBeenSent = false
    private var refusedRepeat = false
    private var tooLarge = false
    private var isCut = false
    private var reach = Reach.anywhere
    private var answerLimit: Int?
    /// An address that the request may not reach was kept from it.
    private var forbiddenAddress = false
    /// The name has addresses that it may reach: should they not answer, that is no matter of what is allowed.
    private var triedAddress = false
    private var headers = HTTPHeaders()
    private var headerBytes = 0
    private var body: [UInt8] = []
    private var limits = CurlTransport.Configuration()

    init?() {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
    }

    /// After the handle has left the multi handle; the object is not used afterwards.
    func close() {
        curl_slist_free_all(headerList)
        headerList = nil
        curl_easy_cleanup(easy)
    }

    var abandoned: (Submission, Int)? { submission.map { ($0, index) } }

    // MARK: Beginning

    func begin(
        submission: Submission, index: Int, origin: Origin, milliseconds: Int,
        configuration: CurlTransport.Configuration
    ) {
        self.submission = submission
        self.index = index
        self.origin = origin
        limits = configuration
        mayHaveBeenSent = false
        refusedRepeat = false
        tooLarge = false
        isCut = false
        forbiddenAddress = false
        triedAddress = false
        headers = HTTPHeaders()
        headerBytes = 0
        body = []
        let request = submission.requests[index]
        reach = configuration.allowsInternalAddresses ? request.reach : .publicInternet()
        answerLimit = request.answerLimit
        curl_easy_reset(easy)
        setFixedOptions(configuration, milliseconds)
        setRequest(request, configuration)
    }

    private func set(_ option: CURLoption, _ value: Int) { switchboard_easy_set_long(easy, option, value) }

    private func setFixedOptions(_ configuration: CurlTransport.Configuration, _ milliseconds: Int) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TIMEOUT_MS, milliseconds)
        set(CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, configuration.connectTimeout.wholeMilliseconds))
        set(CURLOPT_MAXAGE_CONN, configuration.maxIdleTime.wholeSeconds)
        let version = configuration.allowsHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
        set(CURLOPT_HTTP_VERSION, Int(version))
        switchboard_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // An empty string: no proxy, whatever the environment says.
        switchboard_easy_set_string(easy, CURLOPT_PROXY, "")
        let me = Unmanaged.passUnretained(self).toOpaque()
        switchboard_easy_set_write(easy, CURLOPT_WRITEFUNCTION, bodyArrived)
        switchboard_easy_set_pointer(easy, CURLOPT_WRITEDATA, me)
        switchboard_easy_set_write(easy, CURLOPT_HEADERFUNCTION, headerArrived)
        switchboard_easy_set_pointer(easy, CURLOPT_HEADERDATA, me)
        switchboard_easy_set_prereq(easy, requestLeaves)
        switchboard_easy_set_pointer(easy, CURLOPT_PREREQDATA, me)
        guard reach != .anywhere else { return }
        switchboard_easy_set_opensocket(easy, socketOpens)
        switchboard_easy_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me)
    }

    private func setRequest(_ request: HTTPRequest, _ configuration: CurlTransport.Configuration) {
        switchboard_easy_set_string(easy, CURLOPT_URL, request.url)
        // libcurl uses a kept connection only where the authorities are the same.
        if let file = request.certificateAuthorityFile ?? configuration.certificateAuthorityFile {
            switchboard_easy_set_string(easy, CURLOPT_CAINFO, file)
        }
        setMethod(request)
        curl_slist_free_all(headerList)
        headerList = nil
        for field in request.headers.fields {
            // An empty value is written with a semicolon, or libcurl leaves the field out.
            add(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // A name with a colon and nothing behind it takes away a field that libcurl would add.
        add("Expect:")
        if request.headers["Accept"] == nil { add("Accept:") }
        if request.headers["Content-Type"] == nil { add("Content-Type:") }
        if request.headers["User-Agent"] == nil, let agent = configuration.userAgent { add("User-Agent: \(agent)") }
        switchboard_easy_set_list(easy, CURLOPT_HTTPHEADER, headerList)
    }

    private func add(_ line: String) { headerList = curl_slist_append(headerList, line) ?? headerList }

    private func setMethod(_ request: HTTPRequest) {
        if request.method == "HEAD" { return set(CURLOPT_NOBODY, 1) }
        guard request.method != "GET" || !request.body.isEmpty else { return set(CURLOPT_HTTPGET, 1) }
        set(CURLOPT_POST, 1)
        switchboard_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, request.body.count)
        request.body.withUnsafeBytes { bytes in
            // Copied by libcurl, as long as the size says.
            let pointer = UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(easy))
            switchboard_easy_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, pointer)
        }
        if request.method != "POST" { switchboard_easy_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method) }
    }

    // MARK: Ending

    func finish(
        _ code: CURLcode, limit: CurlTransport.Configuration
    ) -> (Submission, Int, Origin, HTTPResult)? {
        guard let submission, let origin else { return nil }
        self.submission = nil
        self.origin = nil
        return (submission, index, origin, result(code, origin.name))
    }

    private func result(_ code: CURLcode, _ origin: String) -> HTTPResult {
        guard code == CURLE_OK || code == CURLE_WRITE_ERROR && isCut else { return .failure(failure(code, origin)) }
        var status = 0
        switchboard_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return .success(HTTPResponse(status: status, headers: headers, body: body))
    }

    private func failure(_ code: CURLcode, _ origin: String) -> TransportFailure {
        let (reason, words) = explanation(code)
        let fate = mayHaveBeenSent ? "it may have arrived" : "it was not sent"
        return TransportFailure(
            reason: reason, mayHaveBeenSent: mayHaveBeenSent,
            message: "the request to \(origin) failed: \(words); \(fate)")
    }

    private func explanation(_ code: CURLcode) -> (TransportFailure.Reason, String) {
        if tooLarge { return (.responseTooLarge, "the answer is larger than allowed") }
        if forbiddenAddress, !triedAddress { return (.forbiddenAddress, "its address is not of the public internet") }
        if refusedRepeat { return (.reset, "the connection ended without an answer") }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return (.resolve, "the name can't be resolved")
        case CURLE_COULDNT_CONNECT: return (.connect, "no connection")
        case CURLE_OPERATION_TIMEDOUT: return (.timeout, "no answer in time")
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return (.invalidRequest, "its URL is not valid")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
            return (.tls, "TLS: \(String(cString: curl_easy_strerror(code)))")
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2_STREAM,
            CURLE_HTTP2:
            return (.reset, "the connection ended before the answer")
        default: return (.other, String(cString: curl_easy_strerror(code)))
        }
    }

    // MARK: Callbacks

    /// False when the request must not go (again).
    ///
    /// libcurl keeps connections by name and port, so that one which was made for a request that may go anywhere can
    /// be offered to one that may not: what counts is the address at its other end.
    /// - Parameter address: of the connection.
    fileprivate func letGo(to address: UnsafePointer<CChar>?) -> Bool {
        if reach != .anywhere {
            let reached = address.flatMap { IPAddress(String(cString: $0)) }
            guard let reached, reach.allows(reached) else {
                (forbiddenAddress, triedAddress) = (true, false)
                return false
            }
        }
        guard !mayHaveBeenSent else {
            refusedRepeat = true
            return false
        }
        mayHaveBeenSent = true
        return true
    }

    fileprivate func mayOpen(_ address: IPAddress?) -> Bool {
        guard let address, reach.allows(address) else {
            forbiddenAddress = true
            return false
        }
        triedAddress = true
        return true
    }

    fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
        if let answerLimit, body.count + bytes.count > answerLimit {
            body.append(contentsOf: bytes.prefix(max(0, answerLimit - body.count)))
            isCut = true
            return false
        }
        guard body.count + bytes.count <= limits.maxResponseBodyBytes else {
            tooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    fileprivate func take(header line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= limits.maxResponseHeaderBytes, headers.fields.count < limits.maxResponseHeaderFields else {
            tooLarge = true
            return false
        }
        if line.starts(with: "HTTP/".utf8) {
            // An interim answer, or the first line of the final one.
            headers = HTTPHeaders()
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: UnsafeRawBufferPointer(rebasing: line[..<colon]), as: UTF8.self)
            headers.add(name, Self.trimmed(line[(colon + 1)...]))
        }
        return true
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[first...last]), as: UTF8.self)
    }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private func bodyArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    let length = size * count
    let buffer = UnsafeRawBufferPointer(start: bytes, count: length)
    return transfer(context)?.take(body: buffer) == true ? length : 0
}

private func headerArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    let length = size * count
    let buffer = UnsafeRawBufferPointer(start: bytes, count: length)
    return transfer(context)?.take(header: buffer) == true ? length : 0
}

private func requestLeaves(
    _ context: UnsafeMutableRawPointer?, _ address: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?,
    _: Int32, _: Int32
) -> Int32 {
    transfer(context)?.letGo(to: address) == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func socketOpens(
    _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address else { return CURL_SOCKET_BAD }
    let length = Int(address.pointee.addrlen)
    let peer = withUnsafePointer(to: &address.pointee.addr) {
        IPAddress(socketAddress: UnsafeRawPointer($0), length: length)
    }
    guard transfer(context)?.mayOpen(peer) == true else { return CURL_SOCKET_BAD }
    return socket(address.pointee.family, address.pointee.socktype, address.pointee.`protocol`)
}
