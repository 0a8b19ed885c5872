"""Three replicas on one Kafka log and one PostgreSQL store, under load, while something fails again and again: every 2xx
is accounted for, no known send is repeated, and a consumer of the events sees no gap and no step back."""

import argparse
import json
import os
import random
import signal
import threading
import time

from agreement import check_events, check_ledger, check_notifications, read_views
from harness import Client, EventStream, Findings, Host, Sandbox, request, wait_until
from servers import Fault, MockBroker, Postgres, Redis

FAULTS = [
    "none", "kill", "freeze-replica", "broker-down", "one-broker-down", "leaders-move", "latency", "postgres-restart",
    "postgres-freeze", "redis-flush", "redis-kill", "redis-dead",
]
TOPICS = ["notification.requested", "webhook.received", "delivery.report", "notification.status.change"]
PARTITIONS = 4
CONCURRENCY = 64

parser = argparse.ArgumentParser()
parser.add_argument("--fault", choices=FAULTS, default="none")
parser.add_argument("--count", type=int, default=10_000)
parser.add_argument("--rate", type=int, default=400, help="notifications a second, about")
parser.add_argument("--seed", type=int, default=7)
parser.add_argument("--times", type=int, default=0, help="how often it fails; 0: until everything is accepted")
parser.add_argument("--rough", action="store_true", help="the provider fails in every way it knows, too")
arguments = parser.parse_args()

print(f"fault {arguments.fault}, seed {arguments.seed}, {arguments.count} notifications")
chosen = random.Random(arguments.seed)
findings = Findings()
kafka, postgres, redis = MockBroker(), Postgres(), Redis()
ROUGH = ["--fail-before", 0.05, "--fail-after", 0.02, "--throttle", 0.05, "--hang", 0.01, "--drop", 0.02]
sandbox = Sandbox(
    "--seed", arguments.seed, "--latency", "1ms..50ms", "--answer-latency", "1ms..20ms", "--duplicate", 0.2,
    "--shuffle", 0.3, *(ROUGH if arguments.rough else []))
BACKENDS = f"""
kafka:
  brokers: "{kafka.servers}"
  partitions: {PARTITIONS}
  properties: {{ session.timeout.ms: 6000, heartbeat.interval.ms: 500 }}
postgres: {{ url: "${{DATABASE_URL}}" }}
redis: {{ host: 127.0.0.1, port: {redis.port}, replicas: 3 }}
"""
os.environ["DATABASE_URL"] = postgres.url
hosts = [
    Host(sandbox, concurrency=CONCURRENCY, settle_after="90s", timeout="10s", backends=BACKENDS,
         replica=f"replica-{number}", rate_limit="1000/s")
    for number in range(3)
]
for host in hosts:
    host.launch()
for host in hosts:
    host.wait_until_ready()
events = EventStream(
    *(host.port for host in hosts), beginning=",".join(f"{partition}:0" for partition in range(PARTITIONS)))
events.start()
lost_senders = [0]


# MARK: What fails


def kill_one():
    host = chosen.choice(hosts)
    host.kill()
    lost_senders[0] += 1
    host.launch()


def freeze_one():
    """Long enough to lose its partitions and its lease; then it wakes as a zombie."""
    host = chosen.choice(hosts)
    host.process.send_signal(signal.SIGSTOP)
    lost_senders[0] += 1
    time.sleep(65)
    host.process.send_signal(signal.SIGCONT)


def one_broker_down(seconds):
    """As a cluster with replicas of its partitions does it: others lead on."""
    down = chosen.randint(1, 3)
    others = [broker for broker in (1, 2, 3) if broker != down]
    for topic in TOPICS:
        for partition in range(PARTITIONS):
            kafka.tell(f"leader {topic} {partition} {chosen.choice(others)}")
    for group in ("projector", "correlator", "applier"):
        kafka.tell(f"coordinator switchboard.{group} {chosen.choice(others)}")
    brokers_down([down], seconds)


def brokers_down(brokers, seconds):
    for broker in brokers:
        kafka.tell(f"down {broker}")
    time.sleep(seconds)
    for broker in brokers:
        kafka.tell(f"up {broker}")


def move_leaders():
    for topic in TOPICS:
        for partition in range(PARTITIONS):
            kafka.tell(f"leader {topic} {partition} {chosen.randint(1, 3)}")


def slow_brokers():
    for broker in (1, 2, 3):
        kafka.tell(f"rtt {broker} 4000")
    time.sleep(15)
    for broker in (1, 2, 3):
        kafka.tell(f"rtt {broker} 0")


def freeze_postgres():
    postgres.freeze()
    time.sleep(30)
    postgres.thaw()


def kill_redis():
    redis.kill()
    time.sleep(1)
    redis.start()


if arguments.fault == "redis-dead":
    redis.kill()
fault = {
    "none": lambda: None,
    "redis-dead": lambda: None,
    "redis-flush": lambda: Fault(lambda: redis.tell("FLUSHALL"), 5),
    "redis-kill": lambda: Fault(kill_redis, 5),
    "kill": lambda: Fault(kill_one, 9),
    "freeze-replica": lambda: Fault(freeze_one, 5),
    "broker-down": lambda: Fault(lambda: brokers_down([1, 2, 3], 30), 20),
    "one-broker-down": lambda: Fault(lambda: one_broker_down(10), 5),
    "leaders-move": lambda: Fault(move_leaders, 3),
    "latency": lambda: Fault(slow_brokers, 5),
    "postgres-restart": lambda: Fault(postgres.restart_at_once, 12),
    "postgres-freeze": lambda: Fault(freeze_postgres, 10),
}[arguments.fault]()


# MARK: Load


class Load(threading.Thread):
    """Posts its share to whichever replica answers, and asks another one for what was accepted just now."""

    def __init__(self, share):
        super().__init__(daemon=True)
        self.share = share
        self.clients = [Client(host.port) for host in hosts]
        self.random = random.Random(arguments.seed * 1000 + share[0])
        self.ids, self.refused, self.unknown, self.unsure, self.strange = {}, 0, [], 0, []
        self.slowest = 0
        self.accepted_at = []

    def run(self):
        for number in self.share:
            began = time.monotonic()
            self.post(number)
            took = time.monotonic() - began
            self.slowest = max(self.slowest, took)
            time.sleep(max(0, 8 / arguments.rate - took))

    def post(self, number):
        body = json.dumps({
            "channel": "sms", "to": f"+1555{number:07d}", "body": f"message {number}",
            "externalId": f"order-{arguments.seed}-{number}",
        })
        while True:
            place = self.random.randrange(len(hosts))
            try:
                status, answer = self.clients[place].send(
                    "POST", "/notifications", body, {"Content-Type": "application/json"})
            except Exception:
                time.sleep(0.05)
                continue
            if status == 202:
                identity = json.loads(answer)["id"]
                self.ids[number] = identity
                self.accepted_at.append(time.monotonic())
                return self.look_up(identity, place)
            if status != 503:
                self.strange.append(f"POST says {status}: {answer[:200]}")
                return
            self.refused += 1
            time.sleep(0.1)

    def look_up(self, identity, place):
        other = (place + self.random.randrange(1, len(hosts))) % len(hosts)
        if self.random.random() > 0.2:
            return
        try:
            status, _ = self.clients[other].send("GET", f"/notifications/{identity}")
        except Exception:
            return
        if status == 404:
            self.unknown.append(identity)
        elif status == 503:
            self.unsure += 1


start = time.monotonic()
loads = [Load(range(first, arguments.count, 8)) for first in range(8)]
for load in loads:
    load.start()
if fault:
    fault.start()
for load in loads:
    while load.is_alive():
        load.join(1)
        if fault and arguments.times and fault.count >= arguments.times:
            fault.ending.set()
if fault and not arguments.times and fault.count == 0:
    wait_until("the first fault", lambda: fault.count > 0 or fault.error, 120)
if fault and arguments.times:
    wait_until(f"{arguments.times} faults", lambda: fault.count >= arguments.times or fault.error, 600)
if fault:
    fault.end()
for host in hosts:
    host.wait_until_ready()
accepted_in = time.monotonic() - start
ids = {number: identity for load in loads for number, identity in load.ids.items()}
findings.check(len(ids) == arguments.count, f"only {len(ids)} of {arguments.count} were accepted")
for load in loads:
    findings.check(not load.strange, f"{len(load.strange)} strange answers: {load.strange[:3]}")
    findings.check(not load.unknown, f"{len(load.unknown)} accepted ids were said to be unknown: {load.unknown[:3]}")

# MARK: Settling


def one(sql):
    return int(postgres.query(sql)[0][0])


recovered = time.monotonic()
wait_until(
    "every delivery to settle or close",
    lambda: one("SELECT count(*) FROM deliveries WHERE settlement = 0") == 0
    and one("SELECT count(*) FROM notifications") == arguments.count, 300)
settled_in = time.monotonic() - start
wait_until("the sandbox's reports", lambda: sandbox.summary()["reportsPending"] == 0, 120)


def is_applied():
    count = "SELECT count(*) FROM timeline"
    before = one(count)
    time.sleep(1)
    return one(count) == before


wait_until("the last reports to be applied", is_applied, 60)
total = one("SELECT sum(highest) FROM (SELECT max(sequence) AS highest FROM deliveries GROUP BY number) AS by_number")


def heard():
    return len({(event["notificationId"], event["sequence"]) for event in list(events.events)})


deadline = time.monotonic() + 60
while heard() < total and time.monotonic() < deadline:
    time.sleep(0.5)
views = read_views(hosts[0].port, ids.values())
check_notifications(findings, views)
check_events(findings, views, events.events)
check_ledger(findings, views, sandbox.ledger())
uncertain = one("SELECT count(DISTINCT (number, ordinal)) FROM timeline WHERE status = 'uncertain'")
summary = sandbox.summary()
bound = CONCURRENCY * lost_senders[0] + summary["answersLost"] + summary["hangs"]
findings.check(
    uncertain <= bound,
    f"{uncertain} uncertain, but at most {bound} sends were out when senders were lost, or never had an answer")
reasons = postgres.query("SELECT code, count(*) FROM timeline WHERE status = 'uncertain' GROUP BY 1")
states = postgres.query("SELECT status, settlement, count(*) FROM deliveries GROUP BY 1, 2 ORDER BY 3 DESC")
print(
    f"accepted in {accepted_in:.1f} s ({sum(load.refused for load in loads)} times 503, the longest wait "
    f"{max(load.slowest for load in loads):.1f} s), all settled or closed in {settled_in:.1f} s")
print(f"{fault.count if fault else 0} faults; GETs that could not tell yet: {sum(load.unsure for load in loads)}")
print(f"statuses (0 open, 1 settled, 2 closed): {states}; uncertain {uncertain} of at most {bound}: {reasons}")


def back_after(end):
    """Seconds from a fault's end until two seconds in which as many settle as are accepted, nearly; None: the load or
    the next fault came before."""
    for step in range(0, 600):
        at = end + step / 10
        accepted = sum(at <= moment < at + 2 for load in loads for moment in load.accepted_at)
        settled = sum(at <= moment < at + 2 for moment in events.settled.values())
        if accepted == 0 and at > max(moment for load in loads for moment in load.accepted_at):
            return None
        if accepted > 0 and settled >= 0.8 * accepted:
            return round(step / 10, 1)
    return None


if fault:
    print("seconds from each fault's end until the rate was back:", [back_after(end) for end in fault.ends])
print(f"{len(events.events)} events heard, {total} of them different")
events.ended = True
for host in hosts:
    host.stop()
sandbox.stop()
kafka.stop()
for host in hosts:
    host.clean()
findings.finish(f"replicas, {arguments.fault}")
