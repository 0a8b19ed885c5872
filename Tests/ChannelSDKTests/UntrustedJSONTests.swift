import ChannelSDK
import Testing

/// Text that is no JSON, or deeper than any: an answer, never the end of the process.
@Suite struct UntrustedJSONTests {
    @Test(arguments: Array(1...70) + Array(505...520) + [100_000])
    func anyDepth(depth: Int) {
        for opening in ["[", #"{"a":"#] {
            let text = String(repeating: opening, count: depth)
            #expect(UntrustedJSON.decode([String: String].self, from: text.utf8) == nil)
            #expect(UntrustedJSON.decode([[String]].self, from: text.utf8) == nil)
        }
    }

    @Test func whatIsRightIsRead() {
        let brackets = String(repeating: "[", count: 1000)
        #expect(UntrustedJSON.decode([String: String].self, from: #"{"a":"\#(brackets)"}"#.utf8) == ["a": brackets])
        #expect(UntrustedJSON.decode([String].self, from: "".utf8) == nil)
    }
}
