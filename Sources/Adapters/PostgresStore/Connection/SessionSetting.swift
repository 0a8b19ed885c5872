import ChannelSDK

/// What every connection is set to.
enum SessionSetting {
    /// Every statement of the store goes by an index for each element of its arrays. The planner can't know how long
    /// the arrays are, nor how a young table will grow: it must not settle on a plan that reads whole tables.
    static let statement = Statement(
        "set_session",
        """
        SELECT set_config('search_path', $1::text, false), set_config('statement_timeout', $2::text, false),
          set_config('application_name', $3::text, false), set_config('jit', 'off', false),
          set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),
          set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false),
          set_config('default_transaction_isolation', 'read committed', false),
          set_config('idle_in_transaction_session_timeout', $2::text, false)
        """)

    static func fill(_ parameters: inout Parameters, _ configuration: PostgresStore.Configuration) {
        parameters.add(configuration.schema)
        parameters.add(String(max(1, configuration.statementTimeout.wholeMilliseconds)))
        parameters.add(configuration.applicationName)
    }
}
