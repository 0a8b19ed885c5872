import CLibpq

extension Session {
    /// Carries out several statements without parameters or answers, as migrations are.
    func performScript(_ sql: String) throws(PostgresFailure) {
        try leavePipeline()
        try sendScript(sql)
        try enterPipeline()
    }
}
