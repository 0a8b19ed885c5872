"""What /metrics says of the real host: read by Prometheus's own client, agreeing with what happened and with docs/metrics.md,
and free of anything that came with a request. And /health, while servers fail and while the host stops."""

import argparse
import json
import random
import re
import signal
import time

from prometheus_client.parser import text_string_to_metric_families

from harness import ROOT, Client, Findings, Host, Sandbox, free_port, request, wait_until
from servers import MockBroker, Postgres, Redis

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=7)
parser.add_argument("--count", type=int, default=300)
arguments = parser.parse_args()
print(f"seed {arguments.seed}")
chosen = random.Random(arguments.seed)
findings = Findings()
check = findings.check
JSON = {"Content-Type": "application/json"}
ELSEWHERE = {"commits": {"switchboard_commits_total", "switchboard_commit_writes_total"},
             "kafka": {"switchboard_kafka_appends_total", "switchboard_kafka_records_total"}}


class Scrape:
    """The metrics of one moment."""

    def __init__(self, host):
        status, text = request(host.port, "GET", "/metrics")
        check(status == 200, f"/metrics says {status}")
        self.text = text.decode()
        # Its names are without `_total`.
        self.families = {family.name + ("_total" if family.type == "counter" else ""): family
                         for family in text_string_to_metric_families(self.text)}
        self.samples = {(sample.name, frozenset(sample.labels.items())): sample.value
                        for family in self.families.values() for sample in family.samples}
        lines = [line for line in self.text.splitlines() if line and not line.startswith("#")]
        check(len(self.samples) == len(lines), f"of {len(lines)} lines {len(self.samples)} are series of their own")

    def value(self, name, **labels):
        """The sum over the labels that are not named."""
        return sum(value for (sample, pairs), value in self.samples.items()
                   if sample == name and set(labels.items()) <= pairs)

    def series(self):
        return set(self.samples)


def documented():
    """By name: type, labels, help, as docs/metrics.md has them."""
    rows = re.findall(r"(?m)^\| `([a-z_]+)` \| (counter|gauge|histogram) \| ([^|]*) \| (.*) \|$",
                      (ROOT / "docs" / "metrics.md").read_text())
    return {name: (kind, set(re.findall(r"`(\w+)`", labels)), text) for name, kind, labels, text in rows}


def check_reference(scrape, missing):
    """Every documented metric is there, but for those of the other backend, and no undocumented one."""
    known = documented()
    check(len(known) > 30, f"docs/metrics.md has {len(known)} rows")
    check(set(scrape.families) == set(known) - missing,
          f"there are {set(scrape.families) ^ (set(known) - missing)} too many or too few")
    for name, family in scrape.families.items():
        kind, labels, text = known.get(name, (None, set(), None))
        check(family.type == kind, f"{name} is a {family.type}, documented as {kind}")
        check(family.documentation == text, f"{name} says {family.documentation!r}, documented as {text!r}")
        seen = {label for sample in family.samples for label in sample.labels} - {"le"}
        check(seen == labels, f"{name} has labels {seen}, documented as {labels}")


def check_histograms(scrape):
    for name, family in scrape.families.items():
        if family.type != "histogram":
            continue
        rows = {}
        for sample in family.samples:
            labels = dict(sample.labels)
            bound = labels.pop("le", None)
            if bound:
                rows.setdefault(frozenset(labels.items()), []).append((float(bound), sample.value))
        for labels, buckets in rows.items():
            counts = [count for _, count in sorted(buckets)]
            check(counts == sorted(counts), f"{name} {labels}: the buckets do not ascend")
            check(counts[-1] == scrape.samples[name + "_count", labels], f"{name} {labels}: +Inf is not the count")


def send(host, channel, to, number, **more):
    return request(host.port, "POST", "/notifications", json.dumps(
        {"channel": channel, "to": to, "body": f"body {number}"} | more), JSON)[0]


def check_a_life():
    """A good channel, one whose provider fails, a slow one, and forged webhooks: the numbers are those of the ledger."""
    good, bad = Sandbox("--seed", arguments.seed), Sandbox("--seed", arguments.seed, "--fail-before", 1)
    host = Host(good, concurrency=32)
    text = host.configuration.read_text()
    own = text[text.index("  sms:"):]
    other = own.replace("  sms:", "  failing:").replace(f":{good.port}", f":{bad.port}")
    other = other.replace("attempts: 12", "attempts: 3").replace("failure_ratio: 0.9", "minimum: 4, open_for: 30s")
    slow = own.replace("  sms:", "  slow:").replace("timeout:", "rate_limit: [2/s]\n    timeout:")
    host.configuration.write_text(text + other + slow)
    host.start()
    first = Scrape(host)
    check_reference(first, ELSEWHERE["kafka"])
    check(first.value("switchboard_notifications_accepted_total") == 0, "something was counted before it happened")
    count = arguments.count
    batch = [{"channel": "sms", "to": f"+1555{number:07d}", "body": "x", "class": chosen.choice(["urgent", "bulk"])}
             for number in range(count)]
    check(request(host.port, "POST", "/notifications/batch", json.dumps(batch), JSON)[0] == 202, "the batch")
    for number in range(20):
        check(send(host, "failing", "+15551230001", number) == 202, "failing")
    for number in range(8):
        check(send(host, "slow", "+15551230001", number) == 202, "slow")
    for _ in range(3):
        send(host, "sms", "+15551230001", 1, externalId="the same", metadata={"a": "b"})
    check(send(host, "sms", "+15551230001", 2, externalId="the same") in (202, 409), "another under the same id")
    for number in range(5):
        status, _ = request(host.port, "POST", "/webhooks/sms", "MessageSid=SM1&MessageStatus=sent", {
            "X-Twilio-Signature": "forged", "Content-Type": "application/x-www-form-urlencoded"})
        check(status == 403, f"a forged webhook: {status}")
    wait_until("the good ones to settle", lambda: host.query(
        "SELECT count(*) FROM deliveries WHERE channel = 'sms' AND settlement = 1")[0][0] >= count + 1, 60)
    wait_until("the slow ones to settle", lambda: host.query(
        "SELECT count(*) FROM deliveries WHERE channel = 'slow' AND settlement = 1")[0][0] >= 8, 60)
    wait_until("an open breaker", lambda: Scrape(host).value(
        "switchboard_breaker_state", channel="failing", state="open") == 1, 30)
    scrape = Scrape(host)
    check_reference(scrape, ELSEWHERE["kafka"])
    check_histograms(scrape)
    taken = sum(entry["timesAccepted"] for entry in good.ledger())
    expect = {
        ("switchboard_sends_total", ("outcome", "accepted")): taken,
        ("switchboard_status_changes_total", ("status", "delivered")): host.query(
            "SELECT count(*) FROM deliveries WHERE status = 'delivered'")[0][0],
        ("switchboard_webhooks_refused_total", ("channel", "sms")): 5,
        ("switchboard_http_requests_total", ("route", "/notifications/batch")): 1,
        ("switchboard_notifications_projected_total", ("outcome", "inserted")): count + 20 + 8 + 1,
        ("switchboard_deliveries_open", ()): host.query("SELECT count(*) FROM deliveries WHERE settlement = 0")[0][0],
        ("switchboard_metrics_unmeasured", ()): 0, ("switchboard_metrics_refused_series", ()): 0,
        ("switchboard_projection_lag_records", ()): 0, ("switchboard_stage_halted_partitions", ()): 0,
    }
    for (name, label), wanted in expect.items():
        value = scrape.value(name, **dict([label] if label else []))
        check(value == wanted, f"{name}{label} is {value}, not {wanted}")
    check(scrape.value("switchboard_first_submission_seconds_count", channel="sms") == count + 1, "first submissions")
    for name, labels in [
        ("switchboard_sends_total", {"channel": "failing", "outcome": "retry"}), ("process_cpu_seconds_total", {}),
        ("switchboard_rate_limit_waits_total", {"channel": "slow"}), ("process_resident_memory_bytes", {}),
        ("switchboard_rate_limit_refused_permits_total", {"channel": "slow"}), ("switchboard_commits_total", {}),
        ("switchboard_report_seconds_count", {"channel": "sms"}), ("switchboard_webhooks_total", {"outcome": "parsed"}),
        ("switchboard_send_seconds_sum", {"channel": "sms"}), ("switchboard_accept_seconds_count", {}),
    ]:
        check(scrape.value(name, **labels) > 0, f"{name} {labels} is not above 0")
    check(abs(time.time() - scrape.value("process_start_time_seconds")) < 600, "the process began at another time")
    check_nothing_of_requests(host, scrape)
    host.kill()
    host.clean()
    good.stop()
    bad.stop()


def check_nothing_of_requests(host, before):
    """Whatever is asked, and whoever asks: the series stay the same, and no word of it is in the metrics."""
    client = Client(host.port)

    def word():
        return "zq" + "".join(chosen.choice("abcdefghij0123456789") for _ in range(12))

    words = []
    for number in range(200):
        words += [one := word(), two := word(), three := word()]
        if number % 2:
            client.send("POST", "/notifications", json.dumps({
                "channel": chosen.choice(["sms", one]), "to": "+15551230001", "body": two, "externalId": three,
                "tags": [one], "metadata": {two: three}, "options": {one: two}, "class": chosen.choice(["bulk", three]),
                "route": None}), JSON | {"X-" + one: two, "User-Agent": three})
        else:
            method = chosen.choice(["GET", "POST", "PUT", "DELETE", "PATCH", "ZQ" + one.upper()])
            path = chosen.choice([f"/{one}", f"/notifications/{one}", f"/webhooks/{one}", f"/opt-outs/{one}/{two}"])
            client.send(method, f"{path}?{two}={three}", "", {"Authorization": f"Bearer {one}"})
    scrape = Scrape(host)
    new = scrape.series() - before.series()
    check(not new, f"requests made new series: {list(new)[:5]}")
    said = scrape.text.lower()
    check(not any(word in said for word in words), "a word of a request is in the metrics")
    check(scrape.value("switchboard_http_requests_total", route="/notifications", status="4xx") > 0, "no 4xx counted")


def check_stopping():
    """A host that was told to stop says that it is not ready, and takes what comes for as long as it was told to."""
    sandbox = Sandbox()
    host = Host(sandbox)
    host.configuration.write_text(host.configuration.read_text().replace("server: {", "server: { drain: 3s,"))
    host.start()
    check(request(host.port, "GET", "/health/readiness")[0] == 200, "it is not ready")
    host.process.send_signal(signal.SIGTERM)
    wait_until("it to be not ready", lambda: request(host.port, "GET", "/health/readiness")[0] == 503, 5)
    check(request(host.port, "GET", "/health/liveness")[0] == 200, "it is not alive while it drains")
    status = send(host, "sms", "+15551230001", 1)
    check(status == 202, f"a request while it drains: {status}")
    code = host.process.wait(40)
    check(code == 0, f"it ended with {code}: {host.output()}")
    check(host.query("SELECT count(*) FROM deliveries")[0][0] == 1, "what came while it drained is not there")
    host.clean()
    sandbox.stop()


def check_shared_servers():
    """With Kafka, PostgreSQL and Redis: each one's time is told, and when one hangs or is gone, that is."""
    sandbox, broker, postgres, redis = Sandbox(), MockBroker(), Postgres(), Redis()
    import os
    os.environ["DATABASE_URL"] = postgres.url
    host = Host(sandbox, backends=f"""
kafka: {{ brokers: "{broker.servers}", partitions: 4 }}
postgres: {{ url: "${{DATABASE_URL}}" }}
redis: {{ host: 127.0.0.1, port: {redis.port} }}
""")
    host.start()

    def health():
        status, body = request(host.port, "GET", "/health")
        answer = json.loads(body)
        return status, answer["status"], answer["checks"]

    wait_until("all to be well", lambda: health()[0] == 200, 30)
    status, _, checks = health()
    check(set(checks) == {"store", "log", "cache", "rate_limiter", "stages"}, f"the checks are {set(checks)}")
    check(all(part["latencyMs"] >= 0 for part in checks.values()), f"a time is missing: {checks}")
    check(send(host, "sms", "+15551230001", 1) == 202, "a notification")
    wait_until("it to be delivered", lambda: Scrape(host).value(
        "switchboard_status_changes_total", status="delivered") == 1, 60)
    scrape = Scrape(host)
    check_reference(scrape, ELSEWHERE["commits"])
    check(scrape.value("switchboard_kafka_records_total") > 0, "no record was counted")
    postgres.freeze()
    wait_until("the store to be missed", lambda: health()[2]["store"]["status"] == "failing", 60)
    status, word, checks = health()
    check((status, word) == (503, "degraded"), f"a frozen store: {status} {word}")
    check("no answer within" in checks["store"]["detail"], f"a frozen store: {checks['store']}")
    check(checks["log"]["status"] == "ok", f"the log beside a frozen store: {checks['log']}")
    scrape = Scrape(host)
    check(scrape.value("switchboard_metrics_unmeasured") == 1, "the missing part is not told")
    check("switchboard_parked_reports" not in scrape.families, "the frozen store's counts are there")
    check("switchboard_notifications_accepted_total" in scrape.families, "the counters are missing")
    postgres.thaw()
    wait_until("the store to be back", lambda: health()[2]["store"]["status"] == "ok", 60)
    redis.kill()
    wait_until("Redis to be missed", lambda: {health()[2][part]["status"] for part in ("cache", "rate_limiter")}
               == {"failing"}, 60)
    redis.start()
    wait_until("all to be well again", lambda: health()[0] == 200, 60)
    host.kill()
    host.clean()
    broker.stop()
    sandbox.stop()


check_a_life()
check_stopping()
check_shared_servers()
findings.finish("metrics")
