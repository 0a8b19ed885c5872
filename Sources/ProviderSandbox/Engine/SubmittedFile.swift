import Crypto
import FoundationEssentials
import NIOCore

/// A file that came with a message, as the ledger shows it.
struct SubmittedFile: Sendable, Hashable {
    var name: String
    var mediaType: String
    /// By which HTML shows it in its place.
    var contentID: String?
    /// Nil where the message has only an address, from which the provider would fetch it.
    var size: Int?
    /// Of the bytes, or of the address.
    var hash: SHA256.Digest

    init(name: String, mediaType: String, contentID: String? = nil, bytes: some ContiguousBytes & Collection) {
        (self.name, self.mediaType, self.contentID, size) = (name, mediaType, contentID, bytes.count)
        hash = SHA256.hash(data: bytes.withUnsafeBytes { Data($0) })
    }

    init(name: String, mediaType: String, contentID: String? = nil, link: String) {
        (self.name, self.mediaType, self.contentID) = (name, mediaType, contentID)
        hash = SHA256.hash(data: Array(link.utf8))
    }

    /// Nil when `base64` is not what it is called.
    init?(name: String, mediaType: String, contentID: String? = nil, base64: String) {
        guard let bytes = Data(base64Encoded: base64) else { return nil }
        self.init(name: name, mediaType: mediaType, contentID: contentID, bytes: bytes)
    }
}

extension ByteBuffer {
    mutating func writeJSON(_ file: SubmittedFile) {
        writeStaticString("{\"name\":")
        writeJSON(file.name)
        writeStaticString(",\"mediaType\":")
        writeJSON(file.mediaType)
        writeStaticString(",\"contentId\":")
        writeJSON(file.contentID)
        writeString(#","size":\#(file.size.map { String($0) } ?? "null"),"sha256":"\#(file.hash.hexadecimal)"}"#)
    }
}
