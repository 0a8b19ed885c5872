/// A statement that each connection prepares once, when it first uses it.
struct Statement: Sendable {
    /// Unique among all statements.
    let name: String
    let sql: String

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }

    func callAsFunction(_ fill: (inout Parameters) -> Void = { _ in }) -> Command {
        var parameters = Parameters()
        fill(&parameters)
        return Command(statement: self, parameters: parameters)
    }
}

struct Command: Sendable {
    let statement: Statement
    let parameters: Parameters
}
