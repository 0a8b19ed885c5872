internal import Crypto

/// A place as clients carry it: letters and digits, which stand in a query as they are. It is no secret and gives no
/// right, so nothing is signed; a hash tells a token that was changed, or made for another list, from a good one.
extension ListingPlace {
    private static let checkSize = 8

    /// - Parameter list: what the token is good for: the account and the filters.
    public func token(of list: String) -> String {
        var bytes: [UInt8] = []
        bytes.write(acceptedAt)
        bytes.write(row)
        bytes += Self.check(bytes, list)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Nil: no token of this list.
    public init?(token: some StringProtocol, of list: String) {
        let digits = token.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == token.utf8.count, digits.count == 2 * (16 + Self.checkSize) else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        guard Self.check(bytes.prefix(16), list) == Array(bytes.suffix(Self.checkSize)) else { return nil }
        var reader = ByteReader(bytes[...])
        guard let acceptedAt = try? reader.timestamp(), let row = try? reader.integer(Int64.self) else { return nil }
        self.init(acceptedAt: acceptedAt, row: row)
    }

    private static func check(_ place: some Sequence<UInt8>, _ list: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(place) + Array(list.utf8)).prefix(checkSize))
    }
}
