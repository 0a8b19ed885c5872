import ChannelSDK
import FoundationEssentials

/// The access token that requests carry: got for an assertion, kept in the host's cache, which replicas may share.
struct AccessTokens: Sendable {
    /// Why there is none.
    struct Unavailable: Error {
        let failure: DeliveryFailure
        /// Trying again may help.
        let isPassing: Bool
    }

    let account: ServiceAccount
    let host: ChannelHost
    /// However many want one at once, one is fetched.
    private let flights = SingleFlight<[UInt8]>()

    init(account: ServiceAccount, host: ChannelHost) { (self.account, self.host) = (account, host) }

    private var key: String { "push/\(host.channel)/access-token/\(account.email)" }

    func current() async throws(Unavailable) -> Secret {
        if let kept = await host.cache.value(for: key) { return Secret(String(decoding: kept, as: UTF8.self)) }
        do {
            let token = try await flights.value(for: key) { try await self.fetch() }
            return Secret(String(decoding: token, as: UTF8.self))
        } catch let error as Unavailable {
            throw error
        } catch {
            throw Self.passing("token", "no access token: \(error)")
        }
    }

    /// Google no longer takes it: the next that is asked for is another.
    func forget() async { await host.cache.remove([key]) }

    private func fetch() async throws -> [UInt8] {
        let response: HTTPResponse
        switch await host.transport.perform(try account.tokenRequest(at: host.clock.now())) {
        case .success(let answer): response = answer
        // Nothing was sent to anybody yet, so that all of it can be tried again.
        case .failure(let failure): throw Self.passing(failure.reason.rawValue, "no access token: \(failure.message)")
        }
        let answer = UntrustedJSON.decode(Answer.self, from: response.body)
        guard response.status == 200, let answer, let token = answer.access_token, !token.isEmpty else {
            throw Self.refusal(response, answer)
        }
        // A token that ends while a request is under way is no use.
        let lifetime = min(max((answer.expires_in ?? 0) - 60, 1), 86_400)
        await host.cache.store(Array(token.utf8), for: key, lifetime: .seconds(lifetime))
        return Array(token.utf8)
    }

    private static func refusal(_ response: HTTPResponse, _ answer: Answer?) -> Unavailable {
        let words = [answer?.error, answer?.error_description].compactMap(\.self).joined(separator: ": ")
        let message = "no access token: HTTP \(response.status) \(words.prefix(300))"
        // What is wrong with the assertion or the account stays wrong.
        guard response.status == 400 || response.status == 401 || response.status == 403 else {
            return passing("token_\(response.status)", message)
        }
        let failure = DeliveryFailure(
            .configuration, code: answer?.error ?? "token_\(response.status)", message: message)
        return Unavailable(failure: failure, isPassing: false)
    }

    private static func passing(_ code: String, _ message: String) -> Unavailable {
        Unavailable(failure: DeliveryFailure(.transient, code: code, message: message), isPassing: true)
    }

    private struct Answer: Decodable {
        let access_token: String?
        let expires_in: Int?
        let error: String?
        let error_description: String?
    }
}
