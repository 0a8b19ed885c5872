import ChannelSDK
import Crypto
import Foundation

@testable import Accounts

/// Makes tokens of any kind, with the right secret or another.
struct TokenForge {
    /// The claims of a good token, as they are spelled in it.
    let payload: String
    let header: String
    let good: String
    let kid: String

    init(_ token: String) throws {
        good = token
        let parts = token.split(separator: ".").map { Self.decode(String($0)) }
        header = String(decoding: parts[0], as: UTF8.self)
        payload = String(decoding: parts[1], as: UTF8.self)
        kid = String(header.split(separator: "\"")[7])
    }

    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func decode(_ text: String) -> [UInt8] {
        let padded = text.replacing("-", with: "+").replacing("_", with: "/")
        return Array(Data(base64Encoded: padded + String(repeating: "=", count: (4 - padded.count % 4) % 4)) ?? Data())
    }

    /// Signed by HS256.
    func token(header: String? = nil, payload: String? = nil, secret: Secret = Bench.secret) -> String {
        signed(Self.encode((header ?? self.header).utf8), Self.encode((payload ?? self.payload).utf8), secret)
    }

    func signed(_ header: String, _ payload: String, _ secret: Secret = Bench.secret) -> String {
        let input = header + "." + payload
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(input.utf8), using: SymmetricKey(data: Data(secret.revealed.utf8)))
        return input + "." + Self.encode(code)
    }

    /// The good header with more members at its end.
    func header(adding members: String) -> String { String(header.dropLast()) + "," + members + "}" }

    func header(alg: String) -> String { header.replacing("HS256", with: alg) }

    func header(kid: String) -> String { header.replacing(self.kid, with: kid) }

    /// The good claims with one changed.
    func claims(_ name: String, _ json: String) -> String { claims([name: json]) }

    func claims(_ changes: [String: String]) -> String {
        let parts = payload.dropFirst().dropLast().split(separator: ",").map { part in
            let name = part.split(separator: "\"")[0]
            return changes[String(name)].map { "\"\(name)\":\($0)" } ?? String(part)
        }
        return "{" + parts.joined(separator: ",") + "}"
    }

    func claims(without name: String) -> String {
        let parts = payload.dropFirst().dropLast().split(separator: ",").filter { !$0.hasPrefix("\"\(name)\":") }
        return "{" + parts.joined(separator: ",") + "}"
    }

    var segments: [String] { good.split(separator: ".").map { String($0) } }
}
