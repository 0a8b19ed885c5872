import ChannelConformance
import ChannelSDK
import Foundation
import Testing

@Suite struct JSONValueTests {
    @Test(
        arguments: [
            ("null", .null), (" true\n", .boolean(true)), ("\tfalse\r", .boolean(false)), ("0", .number("0")),
            ("-0.50e+7", .number("-0.50e+7")), ("1E9", .number("1E9")),
            ("123456789012345678901234567890", .number("123456789012345678901234567890")),
            (#""""#, .string("")), (#""a\"\\\/\b\f\n\r\tb""#, .string("a\"\\/\u{8}\u{c}\n\r\tb")),
            (#""é\u00e9\ud83d\ude00😀""#, .string("éé😀😀")), (#""\ud83d""#, .string("\u{FFFD}")),
            (#""\ud83dx\udc00\ud83d\n""#, .string("\u{FFFD}x\u{FFFD}\u{FFFD}\n")), ("[]", []), ("[ ]", []),
            ("{ }", [:]),
            ("[1 , [2],{}]", .array([.number("1"), .array([.number("2")]), [:]])),
            (#"{"a":1,"b":{"a":"x"},"a":null}"#, ["a": .null, "b": ["a": "x"]]), ("\u{FEFF}{}", [:]),
        ] as [(String, JSONValue)])
    func `what is JSON is read`(_ text: String, _ value: JSONValue) {
        #expect(JSONValue(text.utf8) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulls", "True", "01", "-", "--1", "+1", "1.", ".5", "1e", "1e+", "1 2", "[1,]", "[,1]",
        "[1 2]", "[",
        "]", "{", "{]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{1:1}"#, #"""#, #""\"#, #""\x""#, #""\u12""#,
        #""\u12g4""#, "\"a\nb\"", "\"\u{0}\"", "{}\u{0}", "{}x", "'a'", "NaN", "Infinity", "//", "\u{FEFF}\u{FEFF}1",
    ])
    func `what is not JSON is nothing`(_ text: String) {
        #expect(JSONValue(text.utf8) == nil)
    }

    @Test func `bytes that are no text are nothing`() {
        for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x5B, 0x00, 0x5D, 0x00]] as [[UInt8]] {
            #expect(JSONValue(bytes) == nil)
        }
    }

    @Test(arguments: [1, 63, 64, 65, 66, 512, 513, 100_000])
    func `any depth`(_ depth: Int) {
        let lists = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let objects = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        #expect((JSONValue(lists.utf8) != nil) == (depth <= 64))
        #expect((JSONValue(objects.utf8) != nil) == (depth <= 64))
        #expect(JSONValue(lists.dropLast().utf8) == nil)
    }

    @Test(
        arguments: [
            ("/list/0", "a"), ("/list/1/b", "7"), ("/list/2", nil), ("/list/-", nil), ("/list/+0", nil),
            ("/list/00", nil),
            ("/list/-0", nil), ("/list/٠", nil), ("/01", "x"), ("/none", nil), ("/list/0/a", nil),
            ("/long", "9".repeated),
        ] as [(String, String?)])
    func `pointers`(_ pointer: String, _ word: String?) throws {
        let text = #"{"list":["a",{"b":7}],"01":"x","long":\#("9".repeated)}"#
        let value = try #require(JSONValue(text.utf8))
        #expect(value[pointer.split(separator: "/").map(String.init)]?.word == word)
        #expect(value[[]] == value)
    }

    @Test func `kinds`() {
        #expect(JSONValue.number("12").int == 12)
        #expect(JSONValue.string("12").int == 12)
        #expect(JSONValue.number("1.5").int == nil)
        #expect(JSONValue.boolean(true).word == nil)
        #expect(JSONValue.string("").word == nil)
        #expect(JSONValue.array(["a"]).elements == ["a"])
        #expect(JSONValue.string("a")["a"] == nil)
    }

    /// Foundation's reader is the judge: what it takes is the same value, whatever was damaged.
    @Test func `any damage is read as others read it, or not at all`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let text = #"{"a":[1,-2.5e3,true,null,"x\n\u00e9\ud83d\ude00"],"b":{"c":"","d":[]},"e":12345678901234567890}"#
        let good = try #require(JSONValue(text.utf8))
        #expect(JSONValue(good.bytes) == good)
        for _ in 0..<3000 {
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: bytes.indices, using: &generator)
                bytes[index] = Array("{}[]\",:\\0-.eu\u{1} x".utf8).randomElement(using: &generator) ?? 0
            }
            guard let value = JSONValue(bytes) else { continue }
            #expect(JSONValue(value.bytes) == value, "seed \(seed)")
            let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            let ours = try? JSONSerialization.jsonObject(with: Data(value.bytes), options: .fragmentsAllowed)
            guard let theirs = theirs as? NSObject, let ours = ours as? NSObject else { continue }
            #expect(theirs == ours, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test func `members are written in order`() {
        let value: JSONValue = ["b": ["x", .null, .boolean(false)], "a": .number("1e2"), "é\u{2028}": "\"\u{0}/"]
        #expect(
            String(decoding: value.bytes, as: UTF8.self)
                == #"{"a":1e2,"b":["x",null,false],"é\u2028":"\"\u0000/"}"#)
    }
}

extension String {
    fileprivate var repeated: String { String(repeating: self, count: 30) }
}
