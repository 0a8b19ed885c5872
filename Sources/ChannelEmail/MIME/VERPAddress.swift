import ChannelSDK

/// An envelope sender of each delivery's own (variable envelope return path), so that whatever bounces, however
/// mangled, names its delivery by the address it comes to: `bounces+UUID.N@mail.acme.example`.
struct VERPAddress: Sendable, Hashable, CustomStringConvertible {
    let delivery: DeliveryID
    let prefix: String
    let domain: String

    /// Nil when prefix or domain make no address, or one that is too long.
    init?(_ delivery: DeliveryID, prefix: String = "bounces", domain: String) {
        guard !prefix.isEmpty, !prefix.contains("+"), EmailAddress("\(prefix)+\(delivery)@\(domain)") != nil else {
            return nil
        }
        (self.delivery, self.prefix, self.domain) = (delivery, prefix, domain)
    }

    /// Reads what ``description`` writes, in any case, as servers change it.
    init?(_ text: String) {
        guard let address = EmailAddress(text), let plus = address.local.firstIndex(of: "+"),
            let delivery = DeliveryID(address.local[address.local.index(after: plus)...])
        else { return nil }
        self.init(delivery, prefix: String(address.local[..<plus]), domain: address.domain)
    }

    var description: String { "\(prefix)+\(delivery)@\(domain)" }
}
