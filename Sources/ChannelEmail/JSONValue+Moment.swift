import ChannelSDK

extension JSONValue {
    /// Seconds since 1970, with or without a fraction.
    var moment: Timestamp? {
        if let seconds = int { return Timestamp(seconds: seconds) }
        guard case .number(let text) = self, let seconds = Double(text), seconds.magnitude < 1e12 else { return nil }
        return Timestamp(milliseconds: Int64(seconds * 1000))
    }
}
