"""Three replicas on one Kafka log and one PostgreSQL store, under load, while something fails again and again: every
2xx is accounted for, no known send is repeated, a consumer of the events sees no gap and no step back, and the rate is back
soon after each fault. Prints the run's row for the table in docs/scaling.md."""

import argparse
import os
import pathlib
import random
import statistics
import threading
import time

from agreement import check_events, check_ledger, check_notifications, read_views
from faults import KINDS, World
from harness import EventStream, Findings, Host, Sandbox, free_port, wait_until
from load import SHARES, Load, Rates
from servers import MockBroker, Postgres, Redis

PARTITIONS = 4
CONCURRENCY = 64
# Seconds within which the rate is to be back, and for which the load goes on after the last fault.
BACK, AFTERWARDS = 10, 15
ROUGH = ["--fail-before", 0.05, "--fail-after", 0.02, "--throttle", 0.05, "--hang", 0.01, "--drop", 0.02]

parser = argparse.ArgumentParser()
parser.add_argument("--fault", choices=KINDS, default="none")
parser.add_argument("--count", type=int, default=10_000, help="how many notifications at least")
# Well below what two cores take when everything runs on them: the cluster in memory looks for an offset from the oldest
# record that it keeps, so that the most that they take falls to half within a minute or two.
parser.add_argument("--rate", type=int, default=100, help="notifications a second, about")
parser.add_argument("--seed", type=int, default=7)
parser.add_argument("--times", type=int, help="how often it fails at least; the default is the fault's own")
parser.add_argument("--timeout", default="10s", help="of a send")
parser.add_argument("--rough", action="store_true", help="the provider fails in every way it knows, too")
parser.add_argument("--split", action="store_true", help="each replica has one role only")
parser.add_argument("--loaded", action="store_true", help="the machine has other work: rates are figures, not checks")
parser.add_argument("--rows", type=pathlib.Path, help="a file that the run's row is added to")
arguments = parser.parse_args()
kind = KINDS[arguments.fault]
times = kind.times if arguments.times is None else arguments.times

print(f"fault {arguments.fault}, seed {arguments.seed}, at least {arguments.count} notifications")
findings = Findings()
kafka, postgres, redis = MockBroker(), Postgres(), Redis()
sandbox = Sandbox(
    "--seed", arguments.seed, "--latency", "1ms..50ms", "--answer-latency", "1ms..20ms", "--duplicate", 0.2,
    "--shuffle", 0.3, *(ROUGH if arguments.rough else []))
properties = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500, **kind.properties}
BACKENDS = f"""
kafka:
  brokers: "{kafka.servers}"
  partitions: {PARTITIONS}
  properties: {{ {", ".join(f"{name}: {value}" for name, value in properties.items())} }}
postgres: {{ url: "${{DATABASE_URL}}" }}
redis: {{ host: 127.0.0.1, port: {redis.port}, replicas: 3 }}
"""
os.environ["DATABASE_URL"] = postgres.url
roles = ["api", "dispatch", "status"] if arguments.split else [None] * 3
ports = [free_port() for _ in roles]
hosts = [
    Host(sandbox, concurrency=CONCURRENCY, settle_after="90s", timeout=arguments.timeout, backends=BACKENDS,
         replica=f"replica-{number}", rate_limit="1000/s", roles=role,
         port=port, public_port=ports[0] if arguments.split else port)
    for number, (role, port) in enumerate(zip(roles, ports))
]
doors = hosts[:1] if arguments.split else hosts
for host in hosts:
    host.launch()
for host in hosts:
    host.wait_until_ready()
events = EventStream(
    *(host.port for host in doors), beginning=",".join(f"{partition}:0" for partition in range(PARTITIONS)))
events.start()
if arguments.fault == "redis-dead":
    redis.kill()
world = World(kafka, postgres, redis, hosts, PARTITIONS, random.Random(arguments.seed))
fault = world.begin(kind)

# MARK: Load

start = time.monotonic()
stopping = threading.Event()
loads = [Load(doors, share, arguments.rate, arguments.seed, stopping) for share in range(SHARES)]
rates = Rates(loads, events)
for load in loads:
    load.start()


def accepted():
    return sum(len(load.ids) for load in loads)


if fault:
    wait_until(
        "notifications to settle as they come",
        lambda: len(events.settled) >= max(arguments.rate, accepted() - arguments.rate), 120)
    rates.measure()
    fault.start()
    wait_until(f"{times} faults", lambda: fault.count >= times or fault.error, 1800)
wait_until(f"{arguments.count} to be accepted", lambda: accepted() >= arguments.count, 1800)
if fault:
    fault.end()
    time.sleep(AFTERWARDS)
stopping.set()
for load in loads:
    load.join()
for host in hosts:
    host.wait_until_ready()
accepted_in = time.monotonic() - start
ids = {number: identity for load in loads for number, identity in load.ids.items()}
refused = sum(load.refused for load in loads)
for load in loads:
    findings.check(not load.strange, f"{len(load.strange)} strange answers: {load.strange[:3]}")
    findings.check(not load.unknown, f"{len(load.unknown)} accepted ids were said to be unknown: {load.unknown[:3]}")

# MARK: Settling


def one(sql):
    return int(postgres.query(sql)[0][0])


wait_until(
    "every delivery to settle or close",
    lambda: one("SELECT count(*) FROM deliveries WHERE settlement = 0") == 0
    and one("SELECT count(*) FROM notifications") == len(ids), 300)
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
events.ended = True

# MARK: What is true then

views = read_views(doors[0].port, ids.values())
check_notifications(findings, views)
check_events(findings, views, list(events.events))
check_ledger(findings, views, sandbox.ledger())
uncertain = one("SELECT count(DISTINCT (number, ordinal)) FROM timeline WHERE status = 'uncertain'")
summary = sandbox.summary()
bound = CONCURRENCY * world.lost_senders + summary["answersLost"] + summary["hangs"]
reasons = postgres.query("SELECT code, count(*) FROM timeline WHERE status = 'uncertain' GROUP BY 1")
findings.check(
    uncertain <= bound,
    f"{uncertain} uncertain ({reasons}), but at most {bound} sends were out when senders were lost, or had no answer")
records = one("SELECT sum(next_offset) FROM stage_progress WHERE stage = 'projector'")
if arguments.fault == "latency":
    # Else nothing was sent twice, and nothing is shown. Who was refused asked again himself.
    findings.check(
        records > len(ids) + refused or len(events.events) > total,
        f"{records} requests in the log for {len(ids)} notifications and {refused} refusals, "
        f"{len(events.events)} events for {total} changes: the brokers stored nothing twice")
ends = fault.ends if fault else []
backs = []
for end, following in zip(ends, [*fault.begins[1:], None] if fault else []):
    # What comes later would be the next fault's; but that must be far off, or the rate back by then.
    before = end + BACK if not kind.loses_senders else min(end + 60, following or end + AFTERWARDS)
    backs.append(rates.back_after(end, before))
if fault and not kind.loses_senders and not arguments.loaded:
    findings.check(
        None not in backs,
        f"the rate was not back within {BACK} s of {backs.count(None)} of {len(backs)} faults: {backs}; usual in "
        f"{Rates.WINDOW} s: {rates.baseline}")
states = postgres.query("SELECT status, settlement, count(*) FROM deliveries GROUP BY 1, 2 ORDER BY 3 DESC")
print(
    f"accepted {len(ids)} in {accepted_in:.1f} s ({refused} times 503, the longest wait "
    f"{max(load.slowest for load in loads):.1f} s), all settled or closed in {settled_in:.1f} s")
print(f"{len(ends)} faults; GETs that could not tell yet: {sum(load.unsure for load in loads)}")
print(f"statuses (0 open, 1 settled, 2 closed): {states}; uncertain {uncertain} of at most {bound}: {reasons}")
print(f"{records} requests in the log, {len(events.events)} events heard, {total} of them different")
if fault:
    print(f"usual in {Rates.WINDOW} s: {rates.baseline} accepted, settled; seconds until that was back: {backs}")


def row():
    """| what | how often | notifications, a second | checks, failed | uncertain, at most | 503 | twice | rate back |"""
    words = [arguments.fault, *(name for name in ("split", "rough") if getattr(arguments, name))]
    if arguments.timeout != "10s":
        words.append(f"sends have {arguments.timeout}")
    known = [back for back in backs if back is not None]
    back = f"{statistics.median(known):.1f}, {max(known):.1f}" if known else "–"
    if len(known) < len(backs):
        back += f"; {len(backs) - len(known)} not before the next"
    cells = [
        ", ".join(words), len(ends) or "–", f"{len(ids):,}, {arguments.rate}",
        f"{findings.checked:,}, {len(findings.wrong)}", f"{uncertain}, {bound:,}", refused,
        f"{max(0, records - len(ids)):,}, {len(events.events) - total:,}", back]
    return "| " + " | ".join(map(str, cells)) + " |"


print(row())
if arguments.rows:
    with open(arguments.rows, "a") as file:
        file.write(row() + "\n")
for host in hosts:
    host.stop()
sandbox.stop()
kafka.stop()
for host in hosts:
    host.clean()
findings.finish(f"replicas, {arguments.fault}")
