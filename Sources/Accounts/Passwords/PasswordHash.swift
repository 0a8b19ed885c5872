import ChannelSDK
import Crypto
import CryptoExtras
import FoundationEssentials

/// A password as it is stored: scrypt's output with the parameters and the salt that it was made with.
public struct PasswordHash: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    public let parameters: ScryptParameters
    private let salt: [UInt8]
    private let digest: [UInt8]

    private static let saltBytes = 16
    private static let digestBytes = 32

    /// Computes a new one with a salt of its own. Takes as long as the parameters want: see ``PasswordHasher``.
    init(of password: Password, _ parameters: ScryptParameters) throws(PasswordHashingFailed) {
        self.parameters = parameters
        salt = RandomBytes.make(Self.saltBytes)
        digest = try Self.derive(password, salt, parameters)
    }

    /// As ``stored`` is; nil for any other text.
    public init?(stored text: String) {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 5, fields[0].isEmpty, fields[1] == "scrypt", let parameters = Self.read(fields[2]),
            let salt = Data(base64Encoded: String(fields[3])), let digest = Data(base64Encoded: String(fields[4])),
            salt.count == Self.saltBytes, digest.count == Self.digestBytes
        else { return nil }
        self.parameters = parameters
        self.salt = Array(salt)
        self.digest = Array(digest)
    }

    /// A hash that no password has, and that is as much work to compare with as any.
    init(withoutPassword parameters: ScryptParameters) {
        self.parameters = parameters
        salt = RandomBytes.make(Self.saltBytes)
        digest = RandomBytes.make(Self.digestBytes)
    }

    /// `$scrypt$ln=17,r=8,p=1$SALT$DIGEST`, both in base64. For the store only.
    public var stored: String {
        let settings = "ln=\(parameters.logRounds),r=\(parameters.blockSize),p=\(parameters.parallelism)"
        return "$scrypt$\(settings)$\(Data(salt).base64EncodedString())$\(Data(digest).base64EncodedString())"
    }

    /// Takes as long as making the hash did, whatever the answer.
    func matches(_ password: Password) throws(PasswordHashingFailed) -> Bool {
        Secret.matches(try Self.derive(password, salt, parameters), digest)
    }

    private static func derive(
        _ password: Password, _ salt: [UInt8], _ parameters: ScryptParameters
    ) throws(PasswordHashingFailed) -> [UInt8] {
        do {
            return try KDF.Scrypt.deriveKey(
                from: Array(password.text.utf8), salt: salt, outputByteCount: digestBytes,
                rounds: 1 << parameters.logRounds, blockSize: parameters.blockSize,
                parallelism: parameters.parallelism
            ).withUnsafeBytes { Array($0) }
        } catch {
            throw PasswordHashingFailed()
        }
    }

    private static func read(_ text: Substring) -> ScryptParameters? {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        let names = ["ln=", "r=", "p="]
        guard fields.count == names.count, zip(fields, names).allSatisfy({ $0.hasPrefix($1) }) else { return nil }
        let numbers = zip(fields, names).compactMap { Int($0.dropFirst($1.count)) }
        guard numbers.count == names.count else { return nil }
        return ScryptParameters(logRounds: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
    }

    public var description: String { "•••" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// There was not the memory for it.
struct PasswordHashingFailed: Error {}
