internal import CLibcurl
internal import ChannelSDK
internal import Glibc

/// One mail after the other on one easy handle, which keeps the connection between them. Used on one thread only.
///
/// libcurl holds unretained references to this object in its callbacks' data: the thread keeps the object alive until
/// after `close`. libcurl repeats no upload by itself, other than requests of HTTP.
final class MailTransfer {
    private var easy: UnsafeMutableRawPointer
    private let worker: MailWorker
    private let configuration: CurlTransport.Configuration
    private var recipients: UnsafeMutablePointer<curl_slist>?
    private var message: [UInt8] = []
    private var offset = 0
    private var dialogue = MailDialogue()
    private var tooLarge = false
    private var forbiddenAddress = false
    private var isInTheClear = false
    private var security = SMTPServer.Security.none

    init?(worker: MailWorker, configuration: CurlTransport.Configuration) {
        guard CurlLoop.globalInit, let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.worker = worker
        self.configuration = configuration
    }

    /// Says QUIT where there is a connection. The object is not used afterwards.
    func close() {
        curl_slist_free_all(recipients)
        recipients = nil
        curl_easy_cleanup(easy)
    }

    func carry(_ mail: SMTPSubmission, milliseconds: Int) -> SMTPResult {
        let start = monotonicMilliseconds()
        if worker.isConnectionStale { forgetConnection() }
        let code = attempt(mail, milliseconds)
        let left = milliseconds - (monotonicMilliseconds() - start)
        // The kept connection was over, and nothing of the mail was said but its sender: that is no attempt.
        guard left > 0, dialogue.metGoodbye, !tooLarge, !isInTheClear, !worker.isStopped,
            code != CURLE_OPERATION_TIMEDOUT
        else { return result(code, mail.server) }
        forgetConnection()
        return result(attempt(mail, left), mail.server)
    }

    /// With a new handle. CURLOPT_FRESH_CONNECT would close the old connection during the next mail, with the server's
    /// last words among the replies to that.
    private func forgetConnection() {
        guard let fresh = curl_easy_init() else { return }
        // Or libcurl would say QUIT and wait for a reply, for up to two minutes.
        worker.cutConnections()
        curl_easy_cleanup(easy)
        easy = fresh
    }

    private func attempt(_ mail: SMTPSubmission, _ milliseconds: Int) -> CURLcode {
        message = mail.message
        offset = 0
        dialogue = MailDialogue()
        (tooLarge, forbiddenAddress, isInTheClear) = (false, false, false)
        security = mail.server.security
        curl_easy_reset(easy)
        setFixedOptions(milliseconds)
        setCallbacks()
        setServer(mail.server)
        setEnvelope(mail)
        let code = curl_easy_perform(easy)
        message = []
        return code
    }

    // MARK: Options

    private func set(_ option: CURLoption, _ value: Int) { switchboard_easy_set_long(easy, option, value) }

    private func set(_ option: CURLoption, _ value: String) { switchboard_easy_set_string(easy, option, value) }

    private func setFixedOptions(_ milliseconds: Int) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TIMEOUT_MS, milliseconds)
        set(CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, configuration.connectTimeout.wholeMilliseconds))
        // Two minutes by itself; the timeout above is what counts.
        set(CURLOPT_SERVER_RESPONSE_TIMEOUT, milliseconds / 1000 + 1)
        set(CURLOPT_MAXAGE_CONN, configuration.maxIdleTime.wholeSeconds)
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        // An empty string: no proxy, whatever the environment says.
        set(CURLOPT_PROXY, "")
    }

    private func setCallbacks() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        switchboard_easy_set_read(easy, messageWanted)
        switchboard_easy_set_pointer(easy, CURLOPT_READDATA, me)
        switchboard_easy_set_write(easy, CURLOPT_HEADERFUNCTION, lineArrived)
        switchboard_easy_set_pointer(easy, CURLOPT_HEADERDATA, me)
        switchboard_easy_set_prereq(easy, transactionBegins)
        switchboard_easy_set_pointer(easy, CURLOPT_PREREQDATA, me)
        switchboard_easy_set_opensocket(easy, socketOpens)
        switchboard_easy_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me)
        switchboard_easy_set_closesocket(easy, socketCloses)
        switchboard_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, me)
        set(CURLOPT_NOPROGRESS, 0)
        switchboard_easy_set_xferinfo(easy, progressed)
        switchboard_easy_set_pointer(easy, CURLOPT_XFERINFODATA, me)
    }

    private func setServer(_ server: SMTPServer) {
        set(CURLOPT_URL, server.clientName.map { "\(server)/\($0)" } ?? server.description)
        set(CURLOPT_USE_SSL, Int((server.security == .none ? CURLUSESSL_NONE : CURLUSESSL_ALL).rawValue))
        if let file = server.certificateAuthorityFile ?? configuration.certificateAuthorityFile {
            set(CURLOPT_CAINFO, file)
        }
        guard let credentials = server.credentials else { return }
        set(CURLOPT_USERNAME, credentials.username)
        set(CURLOPT_PASSWORD, credentials.password.revealed)
        // Without them libcurl would try others first, NTLM and Kerberos among them.
        let names = credentials.mechanisms.map { "AUTH=\($0.rawValue.uppercased())" }
        set(CURLOPT_LOGIN_OPTIONS, names.sorted().joined(separator: ";"))
    }

    private func setEnvelope(_ mail: SMTPSubmission) {
        set(CURLOPT_UPLOAD, 1)
        switchboard_easy_set_offset(easy, CURLOPT_INFILESIZE_LARGE, message.count)
        set(CURLOPT_MAIL_FROM, mail.sender)
        curl_slist_free_all(recipients)
        recipients = curl_slist_append(nil, mail.recipient)
        switchboard_easy_set_list(easy, CURLOPT_MAIL_RCPT, recipients)
    }

    // MARK: Ending

    private func result(_ code: CURLcode, _ server: SMTPServer) -> SMTPResult {
        if let reply = dialogue.decision(isLoginDenied: code == CURLE_LOGIN_DENIED) { return .success(reply) }
        let (reason, words) = explanation(code)
        let fate = dialogue.messageHandedOver ? "it may have arrived" : "it was not sent"
        return .failure(
            TransportFailure(
                reason: reason, mayHaveBeenSent: dialogue.messageHandedOver,
                message: "the mail to \(server) failed: \(words); \(fate)"))
    }

    private func explanation(_ code: CURLcode) -> (TransportFailure.Reason, String) {
        if worker.isStopped { return (.shutdown, "the transport stopped before the reply came") }
        if tooLarge { return (.responseTooLarge, "the server says more than allowed") }
        if forbiddenAddress { return (.forbiddenAddress, "its address is not of the public internet") }
        if isInTheClear { return (.tls, "the connection is not protected by TLS") }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return (.resolve, "the name can't be resolved")
        case CURLE_COULDNT_CONNECT: return (.connect, "no connection")
        case CURLE_OPERATION_TIMEDOUT: return (.timeout, "no reply in time")
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return (.invalidRequest, "the server's name is not valid")
        case CURLE_USE_SSL_FAILED: return (.tls, "the server does not offer STARTTLS")
        case CURLE_LOGIN_DENIED:
            return (.other, "the server offers none of the configured ways to show the password")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
            return (.tls, "TLS: \(String(cString: curl_easy_strerror(code)))")
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE:
            return (.reset, "the connection ended before the reply")
        default: return (.other, String(cString: curl_easy_strerror(code)))
        }
    }

    // MARK: Callbacks

    fileprivate func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, message.count - offset)
        message.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
        }
        offset += count
        if offset == message.count { dialogue.messageHandedOver = true }
        return count
    }

    fileprivate func take(line: UnsafeRawBufferPointer) -> Bool {
        tooLarge = !dialogue.take(String(decoding: line, as: UTF8.self), limit: configuration.maxResponseHeaderBytes)
        return !tooLarge
    }

    /// False when the mail must not go. libcurl has greeted the server and shown the password, or has found a
    /// connection where that was done before.
    fileprivate func begin() -> Bool {
        dialogue.begin()
        guard security != .none else { return true }
        isInTheClear = !switchboard_easy_is_tls(easy)
        return !isInTheClear
    }

    fileprivate func open(_ address: curl_sockaddr, isInternal: Bool) -> curl_socket_t {
        guard configuration.allowsInternalAddresses || !isInternal else {
            forbiddenAddress = true
            return CURL_SOCKET_BAD
        }
        return worker.open(family: address.family, type: address.socktype, protocol: address.`protocol`)
    }

    fileprivate func close(_ socket: curl_socket_t) -> Int32 { worker.close(socket) }

    fileprivate var isStopped: Bool { worker.isStopped }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> MailTransfer? {
    context.map { Unmanaged<MailTransfer>.fromOpaque($0).takeUnretainedValue() }
}

private func messageWanted(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    transfer(context)?.give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        ?? Int(CURL_READFUNC_ABORT)
}

private func lineArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    let length = size * count
    let line = UnsafeRawBufferPointer(start: bytes, count: length)
    return transfer(context)?.take(line: line) == true ? length : 0
}

private func transactionBegins(
    _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?, _: Int32,
    _: Int32
) -> Int32 {
    transfer(context)?.begin() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func socketOpens(
    _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address, let transfer = transfer(context) else { return CURL_SOCKET_BAD }
    let length = Int(address.pointee.addrlen)
    let isInternal = withUnsafePointer(to: &address.pointee.addr) {
        InternalAddress.contains(UnsafeRawPointer($0), length: length)
    }
    return transfer.open(address.pointee, isInternal: isInternal)
}

private func socketCloses(_ context: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> Int32 {
    transfer(context)?.close(socket) ?? Glibc.close(socket)
}

/// At least once a second while libcurl waits; not 0 ends the transfer.
private func progressed(
    _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
    transfer(context)?.isStopped == true ? 1 : 0
}
