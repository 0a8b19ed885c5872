import ChannelSDK
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Pipeline

/// `/unsubscribe/{token}`: the address that mails name as theirs in `List-Unsubscribe` (RFC 8058). Looking at it changes
/// nothing, because programs look at every address of a mail; a POST does, and is answered once that is durable.
struct UnsubscribeRoutes: Sendable {
    let api: APIDependencies

    /// Mailbox providers send a field or two.
    private static let maxBody = 16 << 10

    func add(to router: APIRouter) {
        router.open(.get, "/unsubscribe/{token}") { _, context in
            let token = try token(context)
            return answer(UnsubscribePage.question(to: token.recipient))
        }
        router.open(.post, "/unsubscribe/{token}") { request, context in
            let token = try token(context)
            // What it says is not looked at: who has the address has the mail.
            _ = try await collect(request, upTo: Self.maxBody)
            try await note(token)
            return answer(UnsubscribePage.confirmation)
        }
    }

    /// Whatever is wrong with it, the answer is the same.
    private func token(_ context: APIContext) throws(ProblemDetails) -> UnsubscribeToken {
        guard let text = context.parameters.get("token"), let token = api.unsubscribeKeys?.token(in: text) else {
            throw .notFound
        }
        return token
    }

    private func note(_ token: UnsubscribeToken) async throws(ProblemDetails) {
        let request = WebhookRequest(
            method: "POST", url: "\(api.publicURL)/unsubscribe", headers: [:], body: Array(token.recipient.utf8),
            receivedAt: api.clock.now())
        do {
            try await api.intake.accept([ReceivedWebhook(origin: .unsubscribe(list: token.list), request: request)])
        } catch {
            throw .notDurable
        }
    }

    private func answer(_ html: String) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
                .contentSecurityPolicy:
                    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
                .init("Referrer-Policy")!: "no-referrer", .init("X-Robots-Tag")!: "noindex",
            ], body: .init(byteBuffer: ByteBuffer(string: html)))
    }
}

/// What people see who follow the address: without scripts, styles, or anything from elsewhere.
enum UnsubscribePage {
    static func question(to recipient: String) -> String {
        page(
            "Unsubscribe",
            """
            <p>Do you want no more mail at \(HTMLText.escaped(masked(recipient)))?</p>
            <form method="post">
            <input type="hidden" name="List-Unsubscribe" value="One-Click">
            <button type="submit">Unsubscribe</button>
            </form>
            """)
    }

    static let confirmation = page("Unsubscribed", "<p>You are unsubscribed: no more is sent to you.</p>")

    /// Enough for who reads it to know which of their addresses it is, too little for anybody else.
    private static func masked(_ recipient: String) -> String {
        guard let at = recipient.lastIndex(of: "@") else { return String(recipient.prefix(2)) + "…" }
        return String(recipient.prefix(1)) + "…" + recipient[at...]
    }

    private static func page(_ title: String, _ body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        </head>
        <body>
        <main>
        <h1>\(title)</h1>
        \(body)
        </main>
        </body>
        </html>

        """
    }
}
