import ChannelSDK

/// The values of a cache, linked in the order of their last use.
struct CacheShelf: Sendable {
    private struct Slot {
        var key: String
        var value: [UInt8]
        var expiry: Timestamp
        var tags: Set<String>
        /// Used just after this one; none: the newest.
        var newer: Int?
        /// Used just before this one; none: the oldest.
        var older: Int?
    }

    private let entryBound: Int
    private let byteBound: Int
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var places: [String: Int] = [:]
    private var tagged: [String: Set<String>] = [:]
    private var newest: Int?
    private var oldest: Int?
    private(set) var bytes = 0

    init(entryBound: Int, byteBound: Int) {
        self.entryBound = entryBound
        self.byteBound = byteBound
    }

    var count: Int { places.count }

    mutating func value(for key: String, at now: Timestamp) -> [UInt8]? {
        guard let place = places[key] else { return nil }
        guard slots[place].expiry > now else {
            remove(key)
            return nil
        }
        unlink(place)
        linkAsNewest(place)
        return slots[place].value
    }

    mutating func store(
        _ value: [UInt8], for key: String, until expiry: Timestamp, tags: Set<String>, at now: Timestamp
    ) {
        remove(key)
        let slot = Slot(key: key, value: value, expiry: expiry, tags: tags)
        let size = Self.size(of: slot)
        guard expiry > now, size <= byteBound else { return }
        while let oldest, count >= entryBound || bytes + size > byteBound { remove(slots[oldest].key) }
        let place = freeSlots.popLast() ?? slots.count
        if place == slots.count { slots.append(slot) } else { slots[place] = slot }
        places[key] = place
        for tag in tags { tagged[tag, default: []].insert(key) }
        bytes += size
        linkAsNewest(place)
    }

    mutating func remove(_ key: String) {
        guard let place = places.removeValue(forKey: key) else { return }
        bytes -= Self.size(of: slots[place])
        for tag in slots[place].tags {
            tagged[tag]?.remove(key)
            if tagged[tag]?.isEmpty == true { tagged[tag] = nil }
        }
        unlink(place)
        slots[place] = Slot(key: "", value: [], expiry: .distantPast, tags: [])
        freeSlots.append(place)
    }

    mutating func invalidate(_ tag: String) {
        for key in tagged[tag] ?? [] { remove(key) }
    }

    private static func size(of slot: Slot) -> Int {
        // A tag is held twice: with the value, and in the list of the tag's keys.
        slot.value.count + slot.key.utf8.count + slot.tags.reduce(0) { $0 + $1.utf8.count + slot.key.utf8.count }
    }

    // MARK: Order of use

    private mutating func linkAsNewest(_ place: Int) {
        slots[place].older = newest
        slots[place].newer = nil
        if let newest { slots[newest].newer = place }
        newest = place
        if oldest == nil { oldest = place }
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (slots[place].newer, slots[place].older)
        if let newer { slots[newer].older = older } else { newest = older }
        if let older { slots[older].newer = newer } else { oldest = newer }
    }
}
