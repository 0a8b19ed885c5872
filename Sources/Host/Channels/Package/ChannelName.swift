/// The name of a new channel, and what follows from it.
struct ChannelName {
    /// As `module:` names it, e.g. `my-push`.
    let name: String
    /// As Swift names the type, e.g. `MyPushChannel`.
    var type: String { stem + "Channel" }
    /// As Swift names the module, e.g. `ChannelMyPush`.
    var module: String { "Channel" + stem }
    /// What types of the package begin with, e.g. `MyPush`.
    let stem: String

    /// - Parameter taken: the modules that there are.
    /// - Throws: why there can be no channel of that name.
    init(_ name: String, taken: [String]) throws(Refusal) {
        let letters = name.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard (1...40).contains(name.utf8.count), letters, name.first?.isLetter == true, name.last != "-",
            !name.contains("--")
        else {
            throw Refusal(
                "'\(name)' can't be the name of a channel: lower case letters, digits and '-' between them, a letter first, 40 "
                    + "at most, e.g. push or my-push")
        }
        guard !taken.contains(name) else {
            throw Refusal("the host has a module '\(name)' already: choose another name")
        }
        self.name = name
        stem = name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        guard !Self.reserved.contains(module.lowercased()) else {
            throw Refusal("'\(name)' would make a Swift module \(module), which Switchboard has: choose another name")
        }
    }

    struct Refusal: Error, Equatable {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// Modules that a channel's package imports, or might.
    private static let reserved: Set<String> = [
        "channelsdk", "channeltesting", "channelconformance", "channeldeclared", "channelkit", "channelcallback",
    ]
}
