internal import ChannelSDK

extension ValueKind<Int> {
    static func integer(_ range: ClosedRange<Int>) -> ValueKind {
        ValueKind(
            expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { (text) throws(Mismatch) in
                guard let value = Int(text), range.contains(value) else { throw Mismatch() }
                return value
            }, format: { "\($0)" })
    }

    /// A number of bytes.
    static func size(_ range: ClosedRange<Int>) -> ValueKind {
        ValueKind(
            expectation: "a size from \(sizeText(range.lowerBound)) to \(sizeText(range.upperBound)), in KiB or MiB",
            parse: { (text) throws(Mismatch) in
                guard let value = bytes(text), range.contains(value) else { throw Mismatch() }
                return value
            }, format: sizeText)
    }

    private static func bytes(_ text: String) -> Int? {
        let (digits, unit) = text.splitAfterDigits
        let factors = ["KiB": 1 << 10, "MiB": 1 << 20]
        guard let count = Int(digits), let factor = factors[unit] else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }

    private static func sizeText(_ bytes: Int) -> String {
        bytes % (1 << 20) == 0 ? "\(bytes >> 20)MiB" : "\(bytes >> 10)KiB"
    }
}

extension ValueKind<Double> {
    static func number(_ range: ClosedRange<Double>) -> ValueKind {
        ValueKind(
            expectation: "a number from \(range.lowerBound) to \(range.upperBound)",
            parse: { (text) throws(Mismatch) in
                let isDecimal = text.utf8.allSatisfy { (48...57).contains($0) || $0 == 46 }
                guard isDecimal, let value = Double(text), range.contains(value) else { throw Mismatch() }
                return value
            }, format: { "\($0)" })
    }
}

extension ValueKind<Duration> {
    static let anyDuration = duration(.zero ... .seconds(3650 * 86_400))

    static func duration(_ range: ClosedRange<Duration>) -> ValueKind {
        let bounds = "\(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
        return ValueKind(
            expectation: "a duration from \(bounds), written like 1500ms, 30s, 5m, 2h or 7d",
            parse: { (text) throws(Mismatch) in
                guard let value = DurationText.parse(text), range.contains(value) else { throw Mismatch() }
                return value
            }, format: DurationText.format)
    }
}

extension ValueKind<Duration?> {
    /// Nil is written `never`.
    static func durationOrNever(_ range: ClosedRange<Duration>) -> ValueKind {
        let duration = ValueKind<Duration>.duration(range)
        return ValueKind(
            expectation: "\(duration.expectation), or never",
            parse: { (text) throws(Mismatch) in text == "never" ? nil : try duration.parse(text) },
            format: { $0.map(duration.format) ?? "never" })
    }
}

extension ValueKind<RateLimit> {
    static let rate = ValueKind(
        expectation: "a rate such as 80/s, 1000/m or 20/10s",
        parse: { (text) throws(Mismatch) in
            let halves = text.split(separator: "/", omittingEmptySubsequences: false)
            guard halves.count == 2, let permits = Int(halves[0]), (1...1_000_000_000).contains(permits) else {
                throw Mismatch()
            }
            let span = halves[1].first?.isNumber == true ? String(halves[1]) : "1\(halves[1])"
            guard let interval = DurationText.parse(span), interval > .zero, interval <= .seconds(7 * 86_400) else {
                throw Mismatch()
            }
            return RateLimit(permits: permits, per: interval)
        }, format: { "\($0.permits)/\(DurationText.format($0.interval))" })
}

extension ValueKind<RateLimit?> {
    /// Nil is written `none`.
    static let rateOrNone = ValueKind(
        expectation: "\(ValueKind<RateLimit>.rate.expectation), or none",
        parse: { (text) throws(Mismatch) in text == "none" ? nil : try ValueKind<RateLimit>.rate.parse(text) },
        format: { $0.map(ValueKind<RateLimit>.rate.format) ?? "none" })
}

extension ValueKind<IPNetwork> {
    static let network = ValueKind(
        expectation: "an address such as 10.0.0.5, or a block of them such as 10.0.0.0/8 or fd00::/8",
        parse: { (text) throws(Mismatch) in
            guard let network = IPNetwork(text) else {
                throw Mismatch(suggestion: IPNetwork.meant(by: text)?.description)
            }
            return network
        }, format: { "\($0)" })
}

extension String {
    /// The digits that it begins with, and the rest.
    var splitAfterDigits: (digits: String, rest: String) {
        let digits = prefix { $0.isASCII && $0.isNumber }
        return (String(digits), String(self[digits.endIndex...]))
    }
}
