import Crypto
import FoundationEssentials

/// An address of a mail, with or without a name: `ada@example.com`, `Ada <ada@example.com>`.
struct MailAddress: Sendable, Hashable {
    /// Without the name.
    let address: String

    var domain: Substring { address[address.lastIndex(of: "@")!...].dropFirst() }

    /// Nil for what no mail provider takes.
    init?(_ text: String) {
        var address = text[...]
        if let start = text.lastIndex(of: "<") {
            guard text.last == ">" else { return nil }
            address = text[text.index(after: start)...].dropLast()
        }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !parts[1].hasPrefix("."),
            !parts[1].hasSuffix("."),
            !address.contains(where: { $0.isWhitespace || $0 == "," || $0 == "<" })
        else { return nil }
        self.address = String(address)
    }
}

extension JSON {
    /// The sender's own name for a mail, among data that come back in reports: the member `delivery`, or one whose name
    /// ends so.
    var deliveryMember: String? {
        members?.first { Self.namesDelivery($0.name) }?.value.nonEmpty
    }

    static func namesDelivery(_ name: String) -> Bool {
        let name = name.lowercased()
        return name == "delivery" || name.hasSuffix("_delivery") || name.hasSuffix("-delivery")
    }
}

/// Names that follow from others: the same for the same.
enum DerivedName {
    /// 64 hexadecimal digits.
    static func hexadecimal(_ parts: String...) -> String {
        SHA256.hash(data: Data(parts.joined(separator: "\n").utf8)).hexadecimal
    }
}
