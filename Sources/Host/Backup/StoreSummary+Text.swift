import Pipeline

extension StoreSummary {
    /// For people: `12 notifications (the newest of 2027-01-15T08:00:00.000Z), 2 users, 0 opt-outs`.
    var sentence: String {
        let newest = newest.map { " (the newest of \($0))" } ?? ""
        return "\(tables["notifications"] ?? 0) notifications\(newest), \(tables["users"] ?? 0) users, "
            + "\(tables["opt_outs"] ?? 0) opt-outs"
    }
}
