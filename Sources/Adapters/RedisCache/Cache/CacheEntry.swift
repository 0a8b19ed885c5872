/// A value as it lies in Redis: with its tags, and for each the version that the tag had when the value was stored. A
/// tag that has another version by now, or none, was invalidated, and the value with it.
///
/// One byte of format, the tags' count (16 bits); for each tag its length (32 bits), the tag and the version; then the
/// value. Numbers begin with the highest byte.
struct CacheEntry: Hashable {
    typealias Version = [UInt8]

    struct Tag: Hashable {
        let name: String
        let version: Version
    }

    static let versionLength = 16
    static let tagBound = Int(UInt16.max)

    let tags: [Tag]
    let value: [UInt8]

    /// What comes before the tags of an entry.
    static func head(tagCount: Int) -> [UInt8] { [format, UInt8(tagCount >> 8), UInt8(truncatingIfNeeded: tagCount)] }

    /// The same, of an entry without tags.
    static let untagged = head(tagCount: 0)

    /// What comes before the version of a tag.
    static func head(of tag: String) -> [UInt8] {
        let length = UInt32(tag.utf8.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + Array(tag.utf8)
    }

    private static let format: UInt8 = 1

    init(tags: [Tag], value: [UInt8]) { (self.tags, self.value) = (tags, value) }

    /// Nil for bytes that are no entry: whatever else lies under a key is no value.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 3, bytes[0] == Self.format else { return nil }
        var tags: [Tag] = []
        var place = 3
        for _ in 0..<(Int(bytes[1]) << 8 | Int(bytes[2])) {
            guard bytes.count - place >= 4 else { return nil }
            let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            place += 4
            guard bytes.count - place >= length + Self.versionLength,
                let name = String(validating: bytes[place..<place + length], as: UTF8.self)
            else { return nil }
            place += length
            tags.append(Tag(name: name, version: Array(bytes[place..<place + Self.versionLength])))
            place += Self.versionLength
        }
        self.init(tags: tags, value: Array(bytes[place...]))
    }
}
