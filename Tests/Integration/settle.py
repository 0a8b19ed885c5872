"""Many notifications through the real host and a sandbox that fails in every way it knows: all of them settle or
close, and store, events and ledger agree id by id."""

import argparse
import json
import random
import time

from agreement import check_cancels, check_events, check_ledger, check_notifications, count_uncertain, read_views
from harness import Client, EventStream, Findings, Host, Sandbox, wait_until, wait_until_applied

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=10_000)
parser.add_argument("--seed", type=int, default=7)
arguments = parser.parse_args()

print(f"seed {arguments.seed}, {arguments.count} notifications")
findings = Findings()
sandbox = Sandbox(
    "--seed", arguments.seed, "--duplicate", 0.3, "--shuffle", 0.5, "--fail-before", 0.05, "--fail-after", 0.02,
    "--throttle", 0.05, "--hang", 0.01, "--drop", 0.02, "--latency", "5ms..200ms")
host = Host(sandbox)
host.start()
events = EventStream(host.port)
events.start()

chosen = random.Random(arguments.seed)
client = Client(host.port)
json_type = {"Content-Type": "application/json"}
ids = []
cancels = {200: set(), 202: set(), 409: set()}


def notification(number):
    return {
        "channel": "sms", "to": f"+1555{number:07d}", "body": f"message {number}",
        "externalId": f"order-{arguments.seed}-{number}",
    }


start = time.monotonic()
number = 0
while number < arguments.count:
    size = min(chosen.choice([1, 1, 1, 50, 400]), arguments.count - number)
    wanted = [notification(number + index) for index in range(size)]
    number += size
    if size == 1:
        status, body = client.send("POST", "/notifications", json.dumps(wanted[0]), json_type)
        answer = json.loads(body)
        findings.check(status == 202, f"single: {status} {body[:200]}")
        new = [answer["id"]]
    else:
        status, body = client.send("POST", "/notifications/batch", json.dumps(wanted), json_type)
        findings.check(status == 202, f"batch: {status} {body[:200]}")
        new = [result["id"] for result in json.loads(body)["results"]]
    ids += new
    # What was accepted is known at once.
    status, _ = client.send("GET", f"/notifications/{chosen.choice(new)}")
    findings.check(status == 200, f"a GET right after the 2xx says {status}")
    # Some are taken back: just accepted, under way, waiting for another attempt, or long sent.
    for identity in chosen.sample(ids[-2000:], min(3, len(ids))):
        status, body = client.send("DELETE", f"/notifications/{identity}")
        findings.check(status in (200, 202, 409), f"cancel: {status} {body[:200]}")
        cancels[status].add(identity)
        if status == 200:
            findings.check(json.loads(body)["status"] == "canceled", f"canceled: {body[:200]}")
accepted_in = time.monotonic() - start

# The same requests again are the same notifications; another payload is a conflict once the first is projected.
for index in chosen.sample(range(arguments.count), min(50, arguments.count)):
    status, body = client.send("POST", "/notifications", json.dumps(notification(index)), json_type)
    findings.check(status == 202 and json.loads(body)["id"] == ids[index], f"repeat of {index}: {status}")
    changed = notification(index) | {"body": "something else"}
    status, _ = client.send("POST", "/notifications", json.dumps(changed), json_type)
    findings.check(status == 409, f"conflict of {index}: {status}")

wait_until(
    "every delivery to settle or close",
    lambda: host.query("SELECT count(*) FROM deliveries WHERE settlement = 0")[0][0] == 0
    and host.query("SELECT count(*) FROM notifications")[0][0] == arguments.count, 240)
settled_in = time.monotonic() - start
wait_until("the sandbox's reports", lambda: sandbox.summary()["reportsPending"] == 0, 120)
wait_until_applied(host)
total = host.query("SELECT sum(highest) FROM (SELECT max(sequence) AS highest FROM deliveries GROUP BY row)")[0][0]
wait_until("the events", lambda: len(events.events) >= total, 30)

views = read_views(host.port, ids)
summary = sandbox.summary()
check_notifications(findings, views)
check_events(findings, views, events.events)
check_ledger(findings, views, sandbox.ledger())
check_cancels(findings, views, sandbox.ledger(), cancels[200], cancels[202])
findings.check(len(cancels[200]) > 0, "no cancel came in time: nothing was shown")
uncertain = count_uncertain(host)
bound = summary["answersLost"] + summary["hangs"]
findings.check(uncertain <= bound, f"{uncertain} uncertain, but only {bound} answers were lost or never came")
findings.check(summary["accepted"] > 0.9 * arguments.count, f"the provider took only {summary['accepted']}")

states = host.query("SELECT status, settlement, count(*) FROM deliveries GROUP BY 1, 2 ORDER BY 3 DESC")
print("cancels:", {status: len(identities) for status, identities in cancels.items()})
print("accepted in %.1f s, all settled or closed in %.1f s" % (accepted_in, settled_in))
print("statuses (0 open, 1 settled, 2 closed):", states)
print(f"uncertain {uncertain} of at most {bound}; provider:", json.dumps(summary))
events.ended = True
host.stop()
sandbox.stop()
host.clean()
findings.finish("settle")
