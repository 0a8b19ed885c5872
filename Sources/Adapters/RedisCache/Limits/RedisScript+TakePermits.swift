extension RedisScript {
    /// Takes as many permits as all buckets have, of so many that are wanted, and answers with their number and the
    /// microseconds until there is another. Exact in whole numbers: a permit costs as many units as the interval has
    /// microseconds, and in each microsecond as many units come back as the limit has permits. A bucket that is not there
    /// is full. The time is the server's; when that is set back, nothing comes back for the difference.
    ///
    /// KEYS: the buckets. ARGV: the number wanted, then permits and interval in microseconds for each bucket.
    static let takePermits = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local granted = tonumber(ARGV[1])
        local buckets = {}
        for i = 1, #KEYS do
            local permits, cost = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
            local state = redis.call('GET', KEYS[i]) or ''
            local missing, moment = string.match(state, '^(%d+) (%d+)$')
            missing, moment = tonumber(missing) or 0, tonumber(moment) or now
            missing = missing - math.max(0, now - moment) * permits
            missing = math.min(math.max(0, missing), permits * cost)
            granted = math.min(granted, math.floor((permits * cost - missing) / cost))
            buckets[i] = { permits = permits, cost = cost, missing = missing, isAhead = moment > now }
        end
        local wait = 0
        for i, bucket in ipairs(buckets) do
            local missing = bucket.missing + granted * bucket.cost
            if bucket.permits == 0 then
                wait = math.max(wait, bucket.cost)
            else
                local excess = missing - (bucket.permits - 1) * bucket.cost
                wait = math.max(wait, math.ceil(excess / bucket.permits))
                if granted > 0 or bucket.isAhead then
                    local untilFull = math.ceil(missing / bucket.permits / 1000) + 1
                    redis.call(
                        'SET', KEYS[i], string.format('%.0f %.0f', missing, now),
                        'PX', string.format('%.0f', untilFull))
                end
            end
        end
        return { granted, wait }
        """)
}
