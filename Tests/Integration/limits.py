"""Two replicas and one Redis: what the API lets through, and what a channel sends, is what one replica would. Redis dies
and comes back meanwhile."""

import argparse
import http.client
import json
import threading
import time

from harness import Findings, Host, Sandbox, free_port, request, wait_until
from servers import Redis

findings = Findings()
check = findings.check
# Permits, seconds.
TIERS = [(20, 1), (60, 10)]


def hammer(port, until, heard):
    """As many requests as fit, over one connection; notes (when, status, headers, how long) of each."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while time.monotonic() < until:
        begin = time.monotonic()
        connection.request("GET", "/notifications/unknown")
        response = connection.getresponse()
        response.read()
        heard.append((begin, response.status, dict(response.getheaders()), time.monotonic() - begin))
        time.sleep(0.002)
    connection.close()


def hammer_all(hosts, seconds):
    heard = []
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=hammer, args=(host.port, until, heard)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check({status for _, status, _, _ in heard} <= {404, 429}, "a request ended in another way than 404 or 429")
    return heard


def judge(heard, seconds, replicas, what):
    passed = sum(status == 404 for _, status, _, _ in heard)
    # Full buckets and what came back, and from each further replica what it lets through before it is told: a busy machine
    # tells it late. Replicas that knew nothing of each other would let through `replicas` times as many.
    most = min(permits + permits / interval * seconds for permits, interval in TIERS)
    bound = most * (1 + 0.5 * (replicas - 1)) + 1
    longest = max(taken for _, _, _, taken in heard) * 1000
    print(f"{what}: {passed} of {len(heard)} passed in {seconds} s, {most:.0f} are allowed; the longest took {longest:.1f} ms")
    check(passed <= bound, f"{what}: {passed} passed, of {bound:.0f}")
    return passed, most


def judge_headers(heard):
    for _, status, headers, _ in heard:
        check(headers.get("RateLimit-Policy") == "20;w=1, 60;w=10", f"the policy is {headers.get('RateLimit-Policy')}")
        check(headers.get("RateLimit-Limit") in ("20", "60"), f"the limit is {headers.get('RateLimit-Limit')}")
        check(int(headers.get("RateLimit-Remaining", -1)) >= 0, "RateLimit-Remaining is missing")
        check(int(headers.get("RateLimit-Reset", -1)) >= 0, "RateLimit-Reset is missing")
        check((int(headers.get("Retry-After", 0)) > 0) == (status == 429), f"{status} with {headers.get('Retry-After')}")
        check(status == 404 or headers.get("RateLimit-Remaining") == "0", "something remains of what is refused")


def check_api(hosts, redis, seconds):
    heard = hammer_all(hosts, seconds)
    judge_headers(heard)
    passed, most = judge(heard, seconds, len(hosts), "two replicas")
    check(passed >= most * 0.7, f"only {passed} passed, of {most:.0f}")
    redis.kill()
    judge(hammer_all(hosts, seconds), seconds, len(hosts), "without Redis")
    redis.start()
    heard = hammer_all(hosts, seconds)
    judge(heard, seconds, len(hosts), "with Redis again")


def check_channel(hosts, sandbox, count):
    """All of them wait at once; the provider sees no more than the limit in any stretch of time."""
    permits = 40
    items = [{"to": "+15551230001", "channel": "sms", "body": f"Hello {number}"} for number in range(count)]
    for host in hosts:
        # The API's own limits stand in nobody's way here: what was refused is sent again.
        def is_accepted(port=host.port):
            status, _ = request(
                port, "POST", "/notifications/batch", json.dumps(items), {"Content-Type": "application/json"})
            return status == 202
        wait_until("the batch to be accepted", is_accepted, 30)
    seen = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        seen.append((time.monotonic(), sandbox.summary()["requests"]))
        if seen[-1][1] >= count * len(hosts):
            break
        time.sleep(0.05)
    check(seen[-1][1] == count * len(hosts), f"the provider was asked {seen[-1][1]} times, not {count * len(hosts)}")
    # Permits taken in advance (a tenth of a second's) are used up to half a second later, by each replica; and what a busy
    # machine held up for half a second arrives together with what comes then.
    slack = len(hosts) * permits * 0.1 + 1 + permits * 0.5
    worst = max(
        (now - before) - permits - permits * (later - earlier)
        for index, (earlier, before) in enumerate(seen) for later, now in seen[index:])
    spent = seen[-1][0] - seen[0][0]
    print(f"channel: {count * len(hosts)} sends of two replicas in {spent:.1f} s under {permits}/s")
    check(worst <= slack, f"in some stretch of time {worst:.0f} more sends than the limit allows")


def metric(host, name):
    """The value of one series of the channel's."""
    text = request(host.port, "GET", "/metrics")[1].decode()
    return next(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(f'{name}{{channel="sms"}} '))


def check_throttling(count):
    """A provider that answers everything by 429 is asked less and less, by the channel itself; once it takes messages again,
    everything goes out, once."""
    port, concurrency = free_port(), 16
    busy = Sandbox("--listen", f"127.0.0.1:{port}", "--throttle", 1)
    host = Host(busy, concurrency=concurrency)
    host.start()
    items = [{"to": "+15551230001", "channel": "sms", "body": f"Busy {number}"} for number in range(count)]
    status, _ = request(host.port, "POST", "/notifications/batch", json.dumps(items), {"Content-Type": "application/json"})
    check(status == 202, f"the batch ended with {status}")
    wait_until("the channel to pause", lambda: metric(host, "switchboard_channel_throttled") == 1, 30)
    begin = time.monotonic()
    time.sleep(4)
    asked, spent = busy.summary()["requests"], time.monotonic() - begin
    # Of those in flight each may hear it once for every second at the least that the channel pauses.
    bound = concurrency * (2 + spent)
    check(asked <= bound, f"the provider was asked {asked} times in {spent:.1f} s, of {bound:.0f} that are allowed")
    busy.stop()
    free = Sandbox("--listen", f"127.0.0.1:{port}")
    settled = "SELECT count(*) FROM deliveries WHERE status = 'delivered'"
    wait_until("everything to be delivered", lambda: host.query(settled)[0][0] == count, 120)
    check(metric(host, "switchboard_channel_throttled") == 0, "the channel still pauses")
    twice = [entry for entry in free.ledger() if entry["timesAccepted"] != 1]
    check(not twice, f"{len(twice)} were not sent once")
    print(f"429: asked {asked} times in {spent:.1f} s of {count} that wait, all delivered afterwards")
    host.stop()
    host.clean()
    free.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="of each phase")
    parser.add_argument("--count", type=int, default=400, help="notifications to each replica")
    options = parser.parse_args()
    redis, sandbox = Redis(), Sandbox()
    hosts = []
    for name in ["one", "two"]:
        host = Host(sandbox, replica=name, rate_limit="40/s", backends="storage: { path: DATA }")
        host.configuration.write_text(
            host.configuration.read_text().replace("DATA", f"{host.data}/switchboard.db")
            + f"redis: {{ host: 127.0.0.1, port: {redis.port}, replicas: 2 }}\n"
            + "api_limits: { anonymous: [20/s, 60/10s] }\n")
        host.start()
        hosts.append(host)
    check_api(hosts, redis, options.seconds)
    check_channel(hosts, sandbox, options.count)
    for host in hosts:
        host.stop()
        host.clean()
    sandbox.stop()
    check_throttling(options.count)
    findings.finish("limits")


if __name__ == "__main__":
    main()
