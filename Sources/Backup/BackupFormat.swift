import Crypto

/// How a backup's file is laid out, so that people can look at it with `head` and `tail`:
///
/// - a line that names the format and its version
/// - a line of JSON, the ``BackupManifest``
/// - the content, as gzip
/// - a line feed, and a line with the SHA-256 of all that comes before them
enum BackupFormat {
    static let name = "switchboard-backup "
    static let version = 1
    static let firstLine = Array("\(name)\(version)\n".utf8)
    /// The longest that a manifest may be.
    static let manifestLimit = 1 << 20
    static let trailerBytes = 1 + trailerName.count + 64 + 1
    private static let trailerName = Array("sha256:".utf8)

    static func trailer(_ digest: SHA256.Digest) -> [UInt8] {
        var bytes = [UInt8(ascii: "\n")] + trailerName
        let digits = Array("0123456789abcdef".utf8)
        for byte in digest { bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}
