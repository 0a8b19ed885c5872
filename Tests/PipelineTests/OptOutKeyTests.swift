import ChannelSDK
import Pipeline
import Testing

@Suite struct OptOutKeyTests {
    /// Whatever one recipient is called is one address.
    @Test(arguments: [
        (
            "+15551230001",
            ["+15551230001", "15551230001", " +1 (555) 123-0001 ", "whatsapp:+15551230001", "+1.555.123.0001"]
        ),
        (
            "ann@example.com",
            ["ann@example.com", "Ann@Example.COM", "Ann Lee <ann@example.com>", " <ANN@example.com > "]
        ),
        // Neither a telephone number nor a mailbox: as it is.
        ("user-17", ["user-17", " user-17\n", "\u{0}\u{7F}user-17\u{85}\u{1C}"]), ("User-17", ["User-17"]),
        ("1234", ["1234"]),
        ("123-456-789", ["123-456-789"]),
        ("1234567890123456", ["1234567890123456"]), ("+1555ABC", ["+1555ABC"]),
        ("", ["", " ", "\n\u{0}\u{3000}\u{9F}"]), ("+", ["+"]),
        // A mark upon a space is there to be seen; a mailbox without an address is none.
        ("\u{301}a", [" \u{301}a"]), ("@<>", ["@<>", " @<>"]), ("@ < >", ["@ < >"]),
    ])
    func oneAddress(_ address: String, _ spellings: [String]) {
        for spelling in spellings {
            #expect(OptOutKey.normalized(spelling) == address)
            #expect(OptOutKey.normalized(address) == address)
        }
    }

    @Test func listsAreApart() {
        #expect(OptOutKey(list: "sms", recipient: "15551230001") == OptOutKey(list: "sms", address: "+15551230001"))
        #expect(
            OptOutKey(list: "sms", recipient: "+15551230001") != OptOutKey(list: "whatsapp", recipient: "+15551230001"))
    }
}
