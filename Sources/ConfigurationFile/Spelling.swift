/// Guesses what was meant by a misspelt name.
enum Spelling {
    /// The candidate that is closest to `name`, if one is close enough to be what was meant.
    static func suggestion(for name: String, among candidates: [String]) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let plain = normalized(name)
        if plain.count >= 3, let longer = candidates.first(where: { normalized($0).starts(with: plain) }) {
            return longer
        }
        let allowed = max(1, min(3, plain.count / 3))
        return
            candidates
            .map { (candidate: $0, distance: distance(plain, normalized($0))) }
            .filter { $0.distance <= allowed && $0.distance < $0.candidate.count }
            .min { $0.distance < $1.distance }?.candidate
    }

    /// `rateLimit`, `rate-limit` and `rate_limit` are the same to a reader.
    private static func normalized(_ name: String) -> [Character] {
        Array(name.lowercased().filter { $0 != "_" && $0 != "-" })
    }

    /// The edits that make `left` into `right`: a character added, removed, replaced, or swapped with its neighbour.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
