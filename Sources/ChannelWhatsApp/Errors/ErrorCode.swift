import ChannelSDK

/// A provider's error code that decides what happens next. It comes in the answer to a request or in a status report.
struct ErrorCode: Sendable, Hashable {
    let code: Int
    let group: ErrorGroup
    /// For people; continues the code.
    let title: String

    /// The provider's own words where there are some, else ours. A closed window comes with what to do about it.
    func explanation(_ words: String?, remedy: String) -> String {
        guard group == .windowClosed else { return words ?? title }
        let words = words ?? title
        return words + (words.hasSuffix(".") ? " " : ". ") + remedy
    }

    static func group(_ group: ErrorGroup, _ titles: KeyValuePairs<Int, String>) -> [ErrorCode] {
        titles.map { ErrorCode(code: $0.key, group: group, title: $0.value) }
    }

    static func table(_ codes: [ErrorCode]...) -> [Int: ErrorCode] {
        Dictionary(uniqueKeysWithValues: codes.joined().map { ($0.code, $0) })
    }
}
