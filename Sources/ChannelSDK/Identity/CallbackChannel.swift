/// The channel instances that call applications back: one for each entry of `callbacks:`. Their names are none that an
/// entry of `channels:` can have, so that no request can name them.
package enum CallbackChannel {
    package static let prefix = "callback:"

    package static func name(_ subscription: String) -> String { prefix + subscription }

    package static func isName(_ channel: String) -> Bool { channel.hasPrefix(prefix) }
}
