import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// AWS's Signature Version 4 of one request, as its `Authorization` header names it.
struct AWSSignature: Sendable, Hashable {
    let accessKeyID: String
    /// `YYYYMMDD`
    let date: String
    let region: String
    let service: String
    /// In small letters, in order.
    let signedHeaders: [String]
    let signature: String

    /// `AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, SignedHeaders=a;b, Signature=…`
    init(authorization: String) throws(SESError) {
        let scheme = "AWS4-HMAC-SHA256 "
        guard authorization.hasPrefix(scheme) else { throw .incomplete("the algorithm AWS4-HMAC-SHA256") }
        var parts: [Substring: Substring] = [:]
        for part in authorization.dropFirst(scheme.count).split(separator: ",") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { parts[pair[0]] = pair[1] }
        }
        let scope = parts["Credential"]?.split(separator: "/") ?? []
        guard scope.count == 5, scope[4] == "aws4_request", scope[1].utf8.count == 8 else {
            throw .incomplete("'Credential' parameter")
        }
        guard let headers = parts["SignedHeaders"]?.split(separator: ";"), !headers.isEmpty else {
            throw .incomplete("'SignedHeaders' parameter")
        }
        guard let signature = parts["Signature"], signature.utf8.count == 64, signature.allSatisfy(\.isHexDigit) else {
            throw .incomplete("'Signature' parameter")
        }
        (accessKeyID, date, region, service) = (
            String(scope[0]), String(scope[1]), String(scope[2]), String(scope[3])
        )
        signedHeaders = headers.map(String.init)
        self.signature = String(signature)
    }

    /// What the signature of such a request is.
    /// - Parameters:
    ///   - headers: the values of ``signedHeaders``.
    ///   - time: `YYYYMMDDThhmmssZ`
    func expected(
        method: String, path: String, headers: [String], body: ByteBuffer, time: String, secret: String
    ) -> String {
        let fields = zip(signedHeaders, headers).map { "\($0):\($1)\n" }.joined()
        let canonical = [
            method, path, "", fields, signedHeaders.joined(separator: ";"),
            SHA256.hash(data: body.readableBytesView).hexadecimal,
        ].joined(separator: "\n")
        let scope = [date, region, service, "aws4_request"]
        let text = [
            "AWS4-HMAC-SHA256", time, scope.joined(separator: "/"),
            SHA256.hash(data: Data(canonical.utf8)).hexadecimal,
        ].joined(separator: "\n")
        var key = Data("AWS4\(secret)".utf8)
        for part in scope + [text] {
            key = Data(HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: SymmetricKey(data: key)))
        }
        return key.hexadecimal
    }

    /// Checks the request's signature.
    static func check(_ request: Request, body: ByteBuffer, settings: SESSettings) throws(SESError) {
        guard let authorization = request.headers[.authorization] else { throw .tokenMissing }
        let given = try AWSSignature(authorization: authorization)
        guard given.accessKeyID == settings.accessKeyID else { throw .tokenInvalid }
        guard let time = request.headers[.init("X-Amz-Date")!], time.utf8.count == 16, time.hasPrefix(given.date + "T")
        else { throw .incomplete("existence of either a 'X-Amz-Date' or a 'Date' header") }
        guard given.region == settings.region, given.service == "ses", given.signedHeaders.contains("host") else {
            throw .signature
        }
        var values: [String] = []
        for name in given.signedHeaders {
            guard let value = Self.value(of: name, in: request) else { throw .signature }
            values.append(value)
        }
        let expected = given.expected(
            method: request.method.rawValue, path: request.uri.path, headers: values, body: body, time: time,
            secret: settings.secretAccessKey)
        guard expected == given.signature else { throw .signature }
    }

    private static func value(of name: String, in request: Request) -> String? {
        if name == "host" { return request.head.authority }
        return HTTPField.Name(name).flatMap { request.headers[$0] }
    }
}
