"""kill -9 under load, again and again: every 2xx is accounted for, nothing is lost, and no more is uncertain than was
claimed when the host died."""

import argparse
import json
import random
import threading
import time

from agreement import check_events, check_ledger, check_notifications, count_uncertain, read_views
from harness import Client, EventStream, Findings, Host, Sandbox, wait_until, wait_until_applied

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=20)
parser.add_argument("--rate", type=int, default=1000, help="requests a second, about")
parser.add_argument("--seed", type=int, default=7)
arguments = parser.parse_args()

print(f"seed {arguments.seed}, {arguments.rounds} rounds")
chosen = random.Random(arguments.seed)
findings = Findings()
sandbox = Sandbox("--seed", arguments.seed, "--latency", "1ms..50ms", "--answer-latency", "1ms..20ms")
CONCURRENCY = 64
host = Host(sandbox, concurrency=CONCURRENCY, settle_after="6s")
accepted, lock = set(), threading.Lock()


class Load(threading.Thread):
    """Posts until the host is gone; remembers every 2xx."""

    def __init__(self, name):
        super().__init__()
        self.label = name
        self.ended = False

    def run(self):
        client, number = Client(host.port), 0
        while not self.ended:
            number += 1
            body = {
                "channel": "sms", "to": f"+1555{chosen.randrange(10**7):07d}", "body": "crash",
                "externalId": f"{self.label}-{number}",
            }
            try:
                status, answer = client.send(
                    "POST", "/notifications", json.dumps(body), {"Content-Type": "application/json"})
            except Exception:
                if self.ended:
                    return
                continue
            if status == 202:
                with lock:
                    accepted.add(json.loads(answer)["id"])
            time.sleep(8 / arguments.rate)


events = EventStream(host.port)
for round_number in range(arguments.rounds):
    host.start()
    if round_number == 0:
        events.start()
    threads = [Load(f"{round_number}-{index}") for index in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(chosen.uniform(0.3, 1.5))
    for thread in threads:
        thread.ended = True
    host.kill()
    for thread in threads:
        thread.join()

host.start()
wait_until(
    "every delivery to settle or close",
    lambda: host.query("SELECT count(*) FROM deliveries WHERE settlement = 0")[0][0] == 0, 180)
wait_until("the sandbox's reports", lambda: sandbox.summary()["reportsPending"] == 0, 120)
wait_until_applied(host)
ids = sorted(accepted)
views = read_views(host.port, ids)
total = host.query("SELECT sum(highest) FROM (SELECT max(sequence) AS highest FROM deliveries GROUP BY row)")[0][0]
wait_until("the events", lambda: len({(e["notificationId"], e["sequence"]) for e in list(events.events)}) >= total, 30)
check_notifications(findings, views)
check_events(findings, views, events.events)
check_ledger(findings, views, sandbox.ledger())
uncertain = count_uncertain(host)
# A place is taken from the claim until the end is durable: no more than that many can be out at a kill.
bound = CONCURRENCY * arguments.rounds
findings.check(uncertain <= bound, f"{uncertain} uncertain, but at most {bound} sends were out at the kills")
states = host.query("SELECT status, settlement, count(*) FROM deliveries GROUP BY 1, 2 ORDER BY 3 DESC")
print(f"{len(ids)} answered 2xx; statuses (0 open, 1 settled, 2 closed): {states}")
print(f"uncertain {uncertain}; at most {bound} sends can have been out at the kills")
events.ended = True
host.stop()
sandbox.stop()
host.clean()
findings.finish("crash")
