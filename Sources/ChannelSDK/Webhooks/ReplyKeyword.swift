/// The keywords by which people who get messages on a phone opt out, opt in again and ask for help: for parsers of
/// channels that people answer by text.
///
/// A message is a keyword when there is nothing else in it but spaces and punctuation around it, in capitals or not:
/// `STOP`, `stop.` and ` "Stop" ` are, `stop by at five` is not. The words are those that carriers and providers in
/// North America prescribe (CTIA), and what the same providers take in French, Spanish, Portuguese and German.
public enum ReplyKeyword {
    /// What `text` asks for; nil when it is no keyword.
    public static func intent(of text: String) -> InboundMessage.Intent? {
        // Longer than any keyword with what may stand around it: not worth looking at.
        guard text.utf8.count <= 64 else { return nil }
        return table[trimmed(text).lowercased()]
    }

    private static func trimmed(_ text: String) -> Substring {
        func isAround(_ character: Character) -> Bool { character.isWhitespace || character.isPunctuation }
        let start = text.drop(while: isAround)
        return start.lastIndex { !isAround($0) }.map { start[...$0] } ?? ""
    }

    private static let table = Dictionary(
        uniqueKeysWithValues: words.flatMap { intent, words in
            words.split(separator: ",").map { (String($0), intent) }
        })

    private static let words: [(InboundMessage.Intent, String)] = [
        (.optOut, "stop,stopall,stop all,unsubscribe,cancel,end,quit,optout,opt-out,opt out,revoke,remove"),
        (.optOut, "arret,arrêt,alto,baja,parar,sair,stopp,abmelden"),
        (.optIn, "start,unstop,yes,subscribe,optin,opt-in,opt in"),
        (.help, "help,info,aide,ayuda,ajuda,hilfe"),
    ]
}
