extension RedisScript {
    /// Stores an entry with the present versions of its tags; a tag without one gets the version that is offered. Tags
    /// are kept as long as the last of their values.
    ///
    /// KEYS: the value's, then the tags'. ARGV: lifetime in milliseconds, a new version, the entry's head, the value,
    /// then the head of each tag.
    static let storeTagged = RedisScript(
        """
        local lifetime = tonumber(ARGV[1])
        local parts = { ARGV[3] }
        for i = 2, #KEYS do
            local version = redis.call('GET', KEYS[i])
            if not version or #version ~= #ARGV[2] then
                version = ARGV[2]
                redis.call('SET', KEYS[i], version, 'PX', ARGV[1])
            elseif redis.call('PTTL', KEYS[i]) < lifetime then
                redis.call('PEXPIRE', KEYS[i], ARGV[1])
            end
            parts[#parts + 1] = ARGV[3 + i] .. version
        end
        parts[#parts + 1] = ARGV[4]
        redis.call('SET', KEYS[1], table.concat(parts), 'PX', ARGV[1])
        return 1
        """)
}
