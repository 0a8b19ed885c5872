import CLibcurl
import Foundation

/// The ceiling for mail: as many threads as the transport has, each with one easy handle that keeps its connection, all
/// options set once. It looks at no reply but the last one's success.
struct BareMail {
    let url: String
    let connections: Int
    let sender: String
    let recipient: String
    let message: [UInt8]

    /// Sends the mail `count` times in all.
    func send(_ count: Int) throws {
        let lanes = (0..<connections).map { lane in
            Lane(self, count: count / connections + (lane < count % connections ? 1 : 0))
        }
        var threads: [pthread_t] = []
        for lane in lanes {
            var thread = pthread_t()
            let context = Unmanaged.passUnretained(lane).toOpaque()
            let result = pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<Lane>.fromOpaque(context).takeUnretainedValue().run() }
                    return nil
                }, context)
            guard result == 0 else { throw BackendRates.Failure("no thread for a bare loop") }
            threads.append(thread)
        }
        for thread in threads { pthread_join(thread, nil) }
        for lane in lanes where lane.code != CURLE_OK {
            throw BackendRates.Failure("bare libcurl: \(String(cString: curl_easy_strerror(lane.code)))")
        }
    }

    /// One thread's: written by it alone until it was joined.
    private final class Lane {
        private let mail: BareMail
        private let count: Int
        private var offset = 0
        private(set) var code = CURLE_OK

        init(_ mail: BareMail, count: Int) { (self.mail, self.count) = (mail, count) }

        func run() {
            guard let easy = curl_easy_init() else { return code = CURLE_OUT_OF_MEMORY }
            defer { curl_easy_cleanup(easy) }
            let recipients = curl_slist_append(nil, mail.recipient)
            defer { curl_slist_free_all(recipients) }
            switchboard_easy_set_string(easy, CURLOPT_URL, mail.url)
            switchboard_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
            switchboard_easy_set_long(easy, CURLOPT_TCP_NODELAY, 1)
            switchboard_easy_set_long(easy, CURLOPT_UPLOAD, 1)
            switchboard_easy_set_offset(easy, CURLOPT_INFILESIZE_LARGE, mail.message.count)
            switchboard_easy_set_string(easy, CURLOPT_MAIL_FROM, mail.sender)
            switchboard_easy_set_list(easy, CURLOPT_MAIL_RCPT, recipients)
            switchboard_easy_set_read(easy) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let lane = Unmanaged<Lane>.fromOpaque(context).takeUnretainedValue()
                return lane.give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
            }
            switchboard_easy_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
            for _ in 0..<count where code == CURLE_OK {
                offset = 0
                code = curl_easy_perform(easy)
            }
        }

        private func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
            let length = min(buffer.count, mail.message.count - offset)
            mail.message.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + length]))
            }
            offset += length
            return length
        }
    }
}
