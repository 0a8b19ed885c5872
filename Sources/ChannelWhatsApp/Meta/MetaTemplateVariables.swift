import ChannelSDK

/// What fills a template's places: the option `template_variables`, a JSON object of strings. Its keys are
/// - `1`, `2`, … or names: the places of the body,
/// - `header.1` or `header.NAME`: the place in the header,
/// - `button.0`, `button.1`, …: what follows the address of that button, or the code that it copies.
///
/// A one-time password has it twice: `{"1": "123456", "button.0": "123456"}`.
struct MetaTemplateVariables {
    private(set) var header: [MetaTemplate.Parameter] = []
    private(set) var body: [MetaTemplate.Parameter] = []
    private(set) var buttons: [(index: Int, parameter: MetaTemplate.Parameter)] = []

    /// - Throws: what is wrong with it; continues "options.template_variables …".
    init(_ json: String) throws(Problem) {
        guard let texts = UntrustedJSON.decode([String: String].self, from: json.utf8) else {
            throw Problem(message: #"must be a JSON object of strings, e.g. {"1": "Ada"}"#)
        }
        var numbered: [Int: String] = [:]
        for (key, text) in texts.sorted(by: { $0.key < $1.key }) {
            if let place = Self.suffix(of: key, after: "header.") {
                header.append(try Self.parameter(text, name: PhoneNumber.isDigits(place) ? nil : String(place)))
            } else if let place = Self.suffix(of: key, after: "button.") {
                guard let index = Int(place), (0...9).contains(index), place.utf8.count == 1 else {
                    throw Problem(message: "has '\(key)': buttons are 'button.0' to 'button.9'")
                }
                buttons.append((index, .text(text, name: nil)))
            } else if PhoneNumber.isDigits(key) {
                guard let number = Int(key), String(number) == key else {
                    throw Problem(message: "has '\(key)': numbered places are '1', '2' and so on")
                }
                numbered[number] = text
            } else {
                body.append(try Self.parameter(text, name: key))
            }
        }
        guard numbered.isEmpty || body.isEmpty else {
            throw Problem(message: "has numbered and named places of the body: a template has the one or the other")
        }
        for number in 1..<(numbered.count + 1) {
            guard let text = numbered[number] else {
                throw Problem(message: "has \(numbered.count) numbered places of the body, but no '\(number)'")
            }
            body.append(.text(text, name: nil))
        }
    }

    struct Problem: Error { let message: String }

    private static func suffix(of key: String, after prefix: String) -> Substring? {
        key.utf8.starts(with: prefix.utf8) ? key.dropFirst(prefix.count) : nil
    }

    private static func parameter(_ text: String, name: String?) throws(Problem) -> MetaTemplate.Parameter {
        if let name, !MetaTemplate.isName(name) {
            throw Problem(message: "has '\(name)': a place is a number, or lower case letters, digits and '_'")
        }
        return .text(text, name: name)
    }
}
