import ChannelSDK
import Logging

/// Finds what must not be sent because its recipient has opted out: one look-up for all that is sent together.
struct OptOutScreen: Sendable {
    let list: String
    let store: any OptOutStore
    let logger: Logger
    let isStopping: @Sendable () -> Bool

    init(
        list: String, store: any OptOutStore, logger: Logger, isStopping: @escaping @Sendable () -> Bool
    ) {
        self.list = list
        self.store = store
        self.logger = logger
        self.isStopping = isStopping
    }

    /// Those of `messages` that must not be sent, by their places. Nil: the host stops before the store has answered,
    /// so that nobody knows, and nothing may be sent.
    func refusals(of messages: some Collection<OutboundMessage>) async -> [(index: Int, failure: DeliveryFailure)]? {
        // Where nobody has opted out a message costs nothing here.
        guard !store.knowsNoOptOuts else { return [] }
        let keys: [OptOutKey?] = messages.map { message in
            OptOutOverride.isGiven(by: message.content)
                ? nil : OptOutKey(list: list, recipient: message.content.recipient)
        }
        guard let optOuts = await lookUp(keys.compactMap { $0 }) else { return nil }
        guard !optOuts.isEmpty else { return [] }
        return keys.enumerated().compactMap { index, key in
            key.flatMap { optOuts[$0] }.map { (index, DeliveryFailure($0)) }
        }
    }

    /// Asks until the store answers. Meanwhile what was claimed keeps its places, and others are sent no sooner.
    private func lookUp(_ keys: [OptOutKey]) async -> [OptOutKey: OptOutChange]? {
        guard !keys.isEmpty else { return [:] }
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await store.optOuts(among: keys)
            } catch {
                logger.warning("could not look up who opted out; trying again", metadata: ["error": "\(error)"])
            }
            guard !isStopping(), (try? await Task.sleep(for: pause)) != nil else { return nil }
            pause = min(pause * 2, .seconds(2))
        }
    }
}

extension DeliveryFailure {
    init(_ optOut: OptOutChange) {
        self.init(
            .optedOut, code: "opted_out",
            message:
                "not sent: the recipient opted out of \(optOut.key.list) at \(optOut.at) (\(optOut.source.rawValue))")
    }
}
