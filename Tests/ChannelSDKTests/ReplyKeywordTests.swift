import ChannelSDK
import Testing

@Suite struct ReplyKeywordTests {
    @Test(
        arguments: [
            ("STOP", .optOut), ("stop", .optOut), (" Stop.\r\n", .optOut), ("\"STOP\"!", .optOut), ("STOPALL", .optOut),
            ("Stop all", .optOut), ("UNSUBSCRIBE", .optOut), ("cancel", .optOut), ("End", .optOut), ("QUIT", .optOut),
            ("OPTOUT", .optOut), ("Opt-Out", .optOut), ("REVOKE", .optOut), ("Arrêt", .optOut), ("ARRÊT", .optOut),
            ("START", .optIn), ("unstop", .optIn), ("Yes!", .optIn), ("HELP", .help), ("info?", .help),
            ("", nil), (" ", nil), ("...", nil), ("STOP it", nil), ("stop by at five", nil), ("don't stop", nil),
            ("stopping", nil), ("nonstop", nil), ("s top", nil), ("yes please", nil), ("ＳＴＯＰ", nil), ("STOP1", nil),
            ("STOP" + String(repeating: " ", count: 60), .optOut), ("STOP" + String(repeating: " ", count: 61), nil),
        ] as [(String, InboundMessage.Intent?)])
    func onlyAKeywordByItselfCounts(text: String, intent: InboundMessage.Intent?) {
        #expect(ReplyKeyword.intent(of: text) == intent)
    }
}
