"""Reads the public topics of the embedded log out of its file."""

import struct


def records(host, topic):
    """(headers, value) of each record of a topic."""
    tables = host.query(f"SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'log:{topic}:%'")
    for (table,) in tables:
        for count, block in host.query(f'SELECT count, records FROM "{table}" ORDER BY base'):
            yield from block_records(count, block)


def block_records(count, block):
    if block[0] != 1:
        raise SystemExit(f"a block of version {block[0]}")
    position = 1

    def number():
        nonlocal position
        position += 4
        return struct.unpack_from("<I", block, position - 4)[0]

    def take(length):
        nonlocal position
        position += length
        return block[position - length:position]

    for _ in range(count):
        flags = take(1)[0]
        length = number()
        if flags & 1:
            take(16)
        headers = {}
        if flags & 2:
            number()
            for _ in range(number()):
                name = take(number()).decode()
                headers[name] = take(number()).decode()
        yield headers, take(length)
