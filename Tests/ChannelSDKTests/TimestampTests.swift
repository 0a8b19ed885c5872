import ChannelConformance
import ChannelSDK
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_772_357_400_125, "2026-03-01T09:30:00.125Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func rfc3339(milliseconds: Int64, text: String) throws {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(moment.description == text)
        let parts = try text.dropLast().split(whereSeparator: { "-T:.".contains($0) }).map { try #require(Int($0)) }
        let read = Timestamp(
            year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4], second: parts[5],
            millisecond: parts[6])
        #expect(read == moment)
        #expect(Timestamp(rfc3339: text) == moment)
    }

    @Test(
        arguments: [
            ("2026-03-01T09:30:00Z", 1_772_357_400_000), ("2026-03-01t09:30:00z", 1_772_357_400_000),
            ("2026-03-01 09:30:00Z", 1_772_357_400_000), ("2026-03-01T09:30:00.1Z", 1_772_357_400_100),
            ("2026-03-01T09:30:00.12Z", 1_772_357_400_120), ("2026-03-01T09:30:00.1259999999999Z", 1_772_357_400_125),
            ("2026-03-01T10:30:00.125+01:00", 1_772_357_400_125), ("2026-02-28T23:45:00-09:45", 1_772_357_400_000),
            ("2026-03-01T09:30:00-00:00", 1_772_357_400_000), ("2024-02-29T00:00:00+23:59", 1_709_078_460_000),
            // A leap second is the second that follows.
            ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("0000-01-01T00:00:00+00:01", -62_167_219_260_000),
        ] as [(String, Int64)])
    func readsRFC3339(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(milliseconds: milliseconds))
    }

    /// Most of them are taken by Foundation's reader.
    @Test(
        arguments: [
            "", "Z", "2026-03-01", "2026-03-01T09:30:00", "2026-03-01T09:30Z", "2026-13-99T00:00:00Zjunk",
            "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-06-31T00:00:00Z",
            "2026-03-01T24:00:00Z", "2026-03-01T09:60:00Z", "2026-03-01T09:30:61Z", "2026-03-01T09:30:00Zjunk",
            "2026-03-01T09:30:00Z ", " 2026-03-01T09:30:00Z", "2026-03-01T09:30:00.Z", "2026-03-01T09:30:00,5Z",
            "2026-03-01T09:30:00.12xZ", "2026-03-01T09:30:00+24:00", "2026-03-01T09:30:00+01:60",
            "2026-03-01T09:30:00+0100", "2026-03-01T09:30:00+01", "2026-03-01T09:30:00 01:00", "20260301T093000Z",
            "2026-3-1T9:30:00Z      ", "+026-03-01T09:30:00Z", "12026-03-01T09:30:00Z", "2026-03-01_09:30:00Z",
            "２０２６-03-01T09:30:00Z", "2026-03-01T09:30:00\u{0}Z",
        ])
    func readsNothingElse(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test(arguments: [UInt64.random(in: 0 ... .max), 1])
    func whateverIsCutOrAlteredNeverTraps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            var bytes = Array("2026-03-01T09:30:00.125+01:00".utf8)
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: .min ... .max, using: &generator)
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
            let text = String(decoding: bytes, as: UTF8.self)
            if let moment = Timestamp(rfc3339: text) {
                #expect(Timestamp(rfc3339: moment.description) == moment, "seed \(seed): \(text)")
            }
        }
    }

    @Test(arguments: [UInt64.random(in: 0 ... .max), 1])
    func everyDaySurvivesItsParts(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            let year = Int.random(in: 1...9999, using: &generator)
            let month = Int.random(in: 1...12, using: &generator)
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let length = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
            let day = Int.random(in: 1...31, using: &generator)
            let moment = Timestamp(year: year, month: month, day: day)
            #expect((moment != nil) == (day <= length), "seed \(seed): \(year)-\(month)-\(day)")
            guard let moment else { continue }
            let date = moment.description.prefix(10).split(separator: "-").compactMap { Int($0) }
            #expect(date == [year, month, day], "seed \(seed)")
        }
    }

    @Test(
        arguments: [
            (2026, 0, 1, 0, 0), (2026, 13, 1, 0, 0), (2026, 6, 31, 0, 0), (2026, 2, 29, 0, 0), (2026, 1, 0, 0, 0),
            (2026, 1, 1, 24, 0), (2026, 1, 1, 0, 60), (2026, 1, 1, -1, 0), (-1, 1, 1, 0, 0), (10_000, 1, 1, 0, 0),
            (.max, .max, .max, .max, .max), (.min, .min, .min, .min, .min),
        ] as [(Int, Int, Int, Int, Int)])
    func anotherDateIsNone(year: Int, month: Int, day: Int, hour: Int, minute: Int) {
        #expect(Timestamp(year: year, month: month, day: day, hour: hour, minute: minute) == nil)
    }

    @Test func arithmetic() {
        let moment = Timestamp(seconds: 1000)
        #expect(moment + .milliseconds(1500) == Timestamp(milliseconds: 1_001_500))
        #expect(moment - .seconds(2000) == Timestamp(milliseconds: -1_000_000))
        #expect(moment.since(Timestamp(seconds: 1060)) == .seconds(-60))
        #expect(Duration.microseconds(-1999).wholeMilliseconds == -1)
    }

    @Test func nothingOverflows() {
        let ends = [Int64.min, -1, 0, 1, .max].map { Timestamp(milliseconds: $0) }
        let durations: [Duration] = [.seconds(Int64.min), .seconds(-1), .zero, .nanoseconds(1), .seconds(Int64.max)]
        for moment in ends {
            #expect(!moment.description.isEmpty)
            #expect(moment.since(moment) == .zero)
            for other in ends { #expect((moment.since(other) > .zero) == (moment > other)) }
            for duration in durations {
                #expect((moment + duration <= moment) == (duration < .milliseconds(1) || moment == ends[4]))
                #expect((moment - duration >= moment) == (duration < .milliseconds(1) || moment == ends[0]))
            }
        }
        #expect(Timestamp(seconds: .max) > .distantFuture)
        #expect(Timestamp(seconds: .min) < .distantPast)
    }
}
