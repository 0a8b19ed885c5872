import ChannelSDK

/// What a record of these can do without stands at its end, where a host that does not know of it does not look: segments
/// of an acceptance, the id of an event. It needs no version of its own.
extension DeliveryReport {
    private static let recordVersion: UInt8 = 3
    /// A report that does not number its message's parts is written as it always was.
    private static let plainVersion: UInt8 = 1
    private static let numberedPartsVersion: UInt8 = 2

    private var version: UInt8 {
        switch event {
        case .report(_, let report) where report.numberedParts != nil: Self.numberedPartsVersion
        case .cancelRequest: Self.recordVersion
        default: Self.plainVersion
        }
    }

    public func write(to bytes: inout [UInt8]) {
        bytes.write(version)
        bytes.write(delivery)
        bytes.write(at)
        switch event {
        case .outcome(let attempt, let outcome):
            bytes.write(UInt8(0))
            bytes.write(UInt32(truncatingIfNeeded: attempt))
            outcome.write(to: &bytes)
        case .query(let attempt, let answer):
            bytes.write(UInt8(1))
            bytes.write(UInt32(truncatingIfNeeded: attempt))
            answer.write(to: &bytes)
        case .report(let channel, let report):
            bytes.write(UInt8(2))
            bytes.write(channel)
            report.write(to: &bytes)
        case .claimLost(let attempt, let errand):
            bytes.write(UInt8(3))
            bytes.write(UInt32(truncatingIfNeeded: attempt))
            bytes.write(errand.rawValue)
        case .claimReleased(let attempt, let errand):
            bytes.write(UInt8(4))
            bytes.write(UInt32(truncatingIfNeeded: attempt))
            bytes.write(errand.rawValue)
        case .settleDue: bytes.write(UInt8(5))
        case .cancel: bytes.write(UInt8(6))
        case .resolution(let resolution):
            bytes.write(UInt8(7))
            bytes.write(resolution.rawValue)
        case .cancelRequest(let account):
            bytes.write(UInt8(8))
            bytes.write(account)
        }
    }

    public init(record: ArraySlice<UInt8>) throws(RecordProblem) {
        var reader = ByteReader(record)
        _ = try reader.version(upTo: Self.recordVersion)
        delivery = try reader.deliveryID()
        at = try reader.timestamp()
        switch try reader.integer(UInt8.self) {
        case 0: event = .outcome(attempt: try reader.attempt(), try DeliveryOutcome(&reader))
        case 1: event = .query(attempt: try reader.attempt(), try DeliveryQueryAnswer(&reader))
        case 2: event = .report(channel: try reader.optionalText(), try StatusReport(&reader))
        case 3: event = .claimLost(attempt: try reader.attempt(), try reader.errand())
        case 4: event = .claimReleased(attempt: try reader.attempt(), try reader.errand())
        case 5: event = .settleDue
        case 6: event = .cancel
        case 7:
            guard let resolution = Resolution(rawValue: try reader.integer()) else {
                throw .undecodable("the resolution is unknown")
            }
            event = .resolution(resolution)
        case 8: event = .cancelRequest(account: try reader.optionalText())
        default: throw .undecodable("the kind of report is unknown")
        }
    }
}

extension ByteReader {
    fileprivate mutating func attempt() throws(RecordProblem) -> Int { Int(try integer(UInt32.self)) }

    fileprivate mutating func errand() throws(RecordProblem) -> Errand {
        guard let errand = Errand(rawValue: try integer()) else { throw .undecodable("the errand is unknown") }
        return errand
    }

    fileprivate mutating func optionalDuration() throws(RecordProblem) -> Duration? {
        try optional { (reader) throws(RecordProblem) in .milliseconds(try reader.integer(Int64.self)) }
    }
}

extension [UInt8] {
    fileprivate mutating func write(_ duration: Duration?) {
        write(duration) { $0.write($1.wholeMilliseconds) }
    }
}

extension DeliveryOutcome {
    fileprivate func write(to bytes: inout [UInt8]) {
        switch self {
        case .accepted(let acceptance):
            bytes.write(UInt8(0))
            acceptance.write(to: &bytes)
        case .rejected(let failure):
            bytes.write(UInt8(1))
            failure.write(to: &bytes)
        case .retry(let failure, let after):
            bytes.write(UInt8(2))
            failure.write(to: &bytes)
            bytes.write(after)
        case .throttled(let failure, let after):
            bytes.write(UInt8(3))
            failure.write(to: &bytes)
            bytes.write(after)
        case .uncertain(let failure):
            bytes.write(UInt8(4))
            failure.write(to: &bytes)
        }
    }

    fileprivate init(_ reader: inout ByteReader) throws(RecordProblem) {
        switch try reader.integer(UInt8.self) {
        case 0: self = .accepted(try Acceptance(&reader))
        case 1: self = .rejected(try DeliveryFailure(&reader))
        case 2: self = .retry(try DeliveryFailure(&reader), after: try reader.optionalDuration())
        case 3: self = .throttled(try DeliveryFailure(&reader), after: try reader.optionalDuration())
        case 4: self = .uncertain(try DeliveryFailure(&reader))
        default: throw .undecodable("the outcome is unknown")
        }
    }
}

extension DeliveryQueryAnswer {
    fileprivate func write(to bytes: inout [UInt8]) {
        switch self {
        case .taken(let acceptance):
            bytes.write(UInt8(0))
            acceptance.write(to: &bytes)
        case .notTaken: bytes.write(UInt8(1))
        case .unknown(let failure):
            bytes.write(UInt8(2))
            failure.write(to: &bytes)
        }
    }

    fileprivate init(_ reader: inout ByteReader) throws(RecordProblem) {
        switch try reader.integer(UInt8.self) {
        case 0: self = .taken(try Acceptance(&reader))
        case 1: self = .notTaken
        case 2: self = .unknown(try DeliveryFailure(&reader))
        default: throw .undecodable("the query's answer is unknown")
        }
    }
}

extension Acceptance {
    fileprivate func write(to bytes: inout [UInt8]) {
        bytes.write(providerMessageID)
        bytes.write(status?.rawValue)
        bytes.write(parts)
        if let segments { bytes.write(UInt16(clamping: segments)) }
    }

    fileprivate init(_ reader: inout ByteReader) throws(RecordProblem) {
        self.init(
            providerMessageID: try reader.optionalText(), status: try reader.optionalText().map { StatusName($0) },
            parts: try reader.texts(), segments: reader.isAtEnd ? nil : Int(try reader.integer(UInt16.self)))
    }
}

extension DeliveryFailure {
    fileprivate func write(to bytes: inout [UInt8]) {
        bytes.write(kind.rawValue)
        bytes.write(code)
        bytes.write(message)
    }

    fileprivate init(_ reader: inout ByteReader) throws(RecordProblem) {
        let kind = Kind(rawValue: try reader.text()) ?? .other
        self.init(kind, code: try reader.text(), message: try reader.text())
    }
}

extension StatusReport {
    /// Is there for a status only.
    fileprivate var numberedParts: Int? {
        if case .status = kind { partCount } else { nil }
    }

    func write(to bytes: inout [UInt8]) {
        bytes.write(delivery) { $0.write($1 as DeliveryID) }
        bytes.write(providerMessageID)
        switch kind {
        case .status(let name):
            bytes.write(UInt8(numberedParts == nil ? 0 : 3))
            bytes.write(name.rawValue)
        case .engagement(let word):
            bytes.write(UInt8(1))
            bytes.write(word)
        case .unknown(let word):
            bytes.write(UInt8(2))
            bytes.write(word)
        }
        bytes.write(occurredAt)
        bytes.write(code)
        bytes.write(detail)
        bytes.write(part)
        if let numberedParts { bytes.write(UInt16(clamping: numberedParts)) }
        if let eventID { bytes.write(eventID) }
    }

    init(_ reader: inout ByteReader) throws(RecordProblem) {
        let delivery = try reader.optional { (reader) throws(RecordProblem) in try reader.deliveryID() }
        let providerMessageID = try reader.optionalText()
        let kind: Kind
        let number = try reader.integer(UInt8.self)
        switch number {
        case 0, 3: kind = .status(StatusName(try reader.text()))
        case 1: kind = .engagement(try reader.text())
        case 2: kind = .unknown(try reader.text())
        default: throw .undecodable("the kind of status report is unknown")
        }
        self.init(
            delivery: delivery, providerMessageID: providerMessageID, kind: kind,
            occurredAt: try reader.optionalTimestamp(), code: try reader.optionalText(),
            detail: try reader.optionalText(), part: try reader.optionalText(),
            partCount: number == 3 ? Int(try reader.integer(UInt16.self)) : nil,
            eventID: reader.isAtEnd ? nil : try reader.text())
    }
}
