internal import ChannelDeclared
internal import ChannelSDK
internal import YAMLDocument

/// Reads the `verification:` of a declaration: its keys are those of its scheme.
struct VerificationReader {
    enum Scheme: String, Sendable, Hashable, CaseIterable {
        case hmac, bearer, header, query, basic, none
        case standardWebhooks = "standard_webhooks"
    }

    let settings: [Setting]

    func rule(in section: inout Section) -> VerificationRule? {
        let scheme = section.required("scheme", ValueKind<Scheme>.choice, "How the provider proves itself.")
        if section.check.reference != nil {
            describe(&section)
            return nil
        }
        switch scheme {
        case .hmac: return hmac(in: &section)
        case .standardWebhooks:
            let secret = secret(&section)
            let prefix = prefix(&section)
            let tolerance = tolerance(&section)
            return secret.map { .standardWebhooks(secret: $0, headers: prefix, tolerance: tolerance) }
        case .bearer: return secret(&section).map { .bearer(secret: $0) }
        case .header:
            let (secret, header) = (secret(&section), header(&section))
            return secret.flatMap { secret in header.map { .header(name: $0, secret: secret) } }
        case .query:
            let (secret, item) = (secret(&section), item(&section))
            return secret.map { .query(name: item, secret: $0) }
        case .basic:
            let (username, password) = (username(&section), password(&section))
            return username.flatMap { username in password.map { .basic(username: username, password: $0) } }
        case .some(.none): return reason(&section).map { .none(reason: $0) }
        case nil:
            // Which keys there are is not known.
            for key in Self.keys { _ = section.node(key, "", .none, "") }
            return nil
        }
    }

    private static let keys = [
        "secret", "header", "hash", "encoding", "prefix", "basis", "timestamp_header", "tolerance", "headers", "query",
        "username", "password", "reason",
    ]

    private func describe(_ section: inout Section) {
        _ = hmac(in: &section)
        _ = prefix(&section)
        _ = item(&section)
        _ = (username(&section), password(&section))
        _ = reason(&section)
    }

    private func hmac(in section: inout Section) -> VerificationRule? {
        let secret = secret(&section)
        let header = header(&section)
        let hash = section.value("hash", ValueKind<SignatureHash>.choice, default: .sha256, "Of hmac: the hash.")
        let encoding = section.value("encoding", .signatureEncoding, default: .hex, "Of hmac: how it is written.")
        let prefix = section.optional("prefix", .text, "Of hmac: what stands before it in the header, e.g. sha256=.")
        let given = section.optional(
            "basis", .signedContent,
            "Of hmac: what is signed, with {{body}}, {{timestamp}}, {{url}} and {{method}}. Default: the body.")
        let content = given ?? [.body]
        let timestamp = section.optional(
            "timestamp_header", .headerName, "Of hmac: the header with the time, for {{timestamp}} in 'basis'.")
        let tolerance = tolerance(&section)
        if section.check.reference == nil { checkTime(content, section) }
        guard let secret, let header else { return nil }
        return .hmac(
            .init(
                secret: secret, header: header, prefix: prefix ?? "", hash: hash, encoding: encoding, content: content,
                timestampHeader: timestamp, tolerance: tolerance))
    }

    /// A time that is not signed proves nothing.
    private func checkTime(_ content: [HMACContentSignature.Part], _ section: Section) {
        let isSigned = content.contains(.timestamp)
        if isSigned, !section.has("timestamp_header") {
            section.check.error(
                "\(section.path(of: "basis")) has {{timestamp}}, so 'timestamp_header' must say where it is",
                at: section.position(of: "basis"))
        }
        for key in ["timestamp_header", "tolerance"] where section.has(key) && !isSigned {
            section.check.error(
                "\(section.path(of: key)) is for a time that is signed: put {{timestamp}} into 'basis', or remove it",
                at: section.position(of: key))
        }
    }

    private func secret(_ section: inout Section) -> String? {
        section.settingName("secret", .secret, settings, "The setting with the secret.")
    }

    private func header(_ section: inout Section) -> String? {
        section.required("header", .headerName, "Of hmac and header: the header with the proof.")
    }

    private func tolerance(_ section: inout Section) -> Duration {
        section.value(
            "tolerance", .duration(.seconds(1) ... .seconds(86_400)), default: .seconds(300),
            "Of hmac with a time, and standard_webhooks: how far the provider's clock may be from ours.")
    }

    private func prefix(_ section: inout Section) -> String {
        section.value(
            "headers", .one(of: ["webhook", "svix"]), default: "webhook",
            "Of standard_webhooks: what its headers' names begin with.")
    }

    private func item(_ section: inout Section) -> String {
        section.value(
            "query", .name, default: "secret", "Of query: the item with the secret. {{webhook_url}} brings it along.")
    }

    private func username(_ section: inout Section) -> String? {
        section.settingName("username", .string, settings, "Of basic: the setting with the user's name.")
    }

    private func password(_ section: inout Section) -> String? {
        section.settingName("password", .secret, settings, "Of basic: the setting with the password.")
    }

    private func reason(_ section: inout Section) -> String? {
        section.required("reason", .text, "Of none: why nothing needs to be checked; the operator is shown it.")
    }
}

extension ValueKind<SignatureEncoding> {
    static let signatureEncoding = ValueKind(
        expectation: "hex or base64",
        parse: { (text) throws(Mismatch) in
            switch text {
            case "hex": return .hex
            case "base64": return .base64
            default: throw Mismatch(suggestion: Spelling.suggestion(for: text, among: ["hex", "base64"]))
            }
        }, format: { $0 == .hex ? "hex" : "base64" })
}

extension ValueKind<[HMACContentSignature.Part]> {
    private static let parts: [(String, HMACContentSignature.Part)] = [
        ("{{body}}", .body), ("{{timestamp}}", .timestamp), ("{{url}}", .url), ("{{method}}", .method),
    ]

    /// It covers the body, or else anybody could change it.
    static let signedContent = ValueKind(
        expectation: "text with {{body}} in it, and {{timestamp}}, {{url}} or {{method}} where they are signed too",
        parse: { (text) throws(Mismatch) in
            var content: [HMACContentSignature.Part] = []
            var rest = text[...]
            while let opening = rest.firstRange(of: "{{") {
                if opening.lowerBound > rest.startIndex { content.append(.text(String(rest[..<opening.lowerBound]))) }
                rest = rest[opening.lowerBound...]
                guard let (written, part) = parts.first(where: { rest.hasPrefix($0.0) }) else { throw Mismatch() }
                content.append(part)
                rest = rest.dropFirst(written.count)
            }
            if !rest.isEmpty { content.append(.text(String(rest))) }
            guard content.contains(.body) else { throw Mismatch() }
            return content
        },
        format: { content in
            content.map { part in
                if case .text(let text) = part { text } else { parts.first { $0.1 == part }?.0 ?? "" }
            }.joined()
        })
}
