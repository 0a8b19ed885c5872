"""Calls applications back while they fail, are killed and come back, and the host is killed too: every change arrives at
least once, under the same id each time, signed, and in a sequence without gaps."""

import argparse
import atexit
import base64
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict

from agreement import read_views
from harness import ROOT, SMS, Client, EventStream, Findings, Host, Sandbox, free_port, request, wait_until

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=240)
parser.add_argument("--rate", type=int, default=60, help="notifications a second, about")
parser.add_argument("--seed", type=int, default=7)
parser.add_argument("--shared", action="store_true", help="over Kafka and PostgreSQL, two replicas")
arguments = parser.parse_args()
print(f"seed {arguments.seed}, {arguments.count} notifications" + (", shared" if arguments.shared else ""))
chosen = random.Random(arguments.seed)
findings = Findings()
folder = tempfile.TemporaryDirectory(prefix="switchboard-callbacks-")


def secret(name):
    return "whsec_" + base64.b64encode(f"{name}-{arguments.seed}-".ljust(32, "x").encode()).decode()


class Receiver:
    """A process of its own, that can be killed."""

    def __init__(self, name, faults):
        self.name, self.faults, self.port = name, faults, free_port()
        self.path = pathlib.Path(folder.name) / f"{name}.jsonl"
        self.path.touch()
        self.starts = 0

    def start(self):
        self.starts += 1
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "Tests/Integration/callback_receiver.py", str(self.port), self.path,
             str(arguments.seed + self.starts), str(self.faults)], stdout=subprocess.DEVNULL,
            env=os.environ | {"CALLBACK_SECRET": secret(self.name)})
        atexit.register(self.process.kill)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def lines(self):
        # The last line may be cut short by a kill: what is not whole was not taken.
        found = []
        for line in self.path.read_text().splitlines():
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                pass
        return found

    def calls(self):
        return [line for line in self.lines() if "id" in line]

    def forged(self):
        return [line for line in self.lines() if "forged" in line]

    def ids(self):
        return {call["event"]["id"] for call in self.calls()}


class Documented(Receiver):
    """The receiver that docs/callbacks.md shows, as it stands there."""

    def start(self):
        text = (ROOT / "docs/callbacks.md").read_text()
        code = re.search(r"```python\n(.*?)```", text, re.S)[1].replace("8080", str(self.port))
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", code], stdout=open(self.path, "w"), stderr=subprocess.DEVNULL,
            env=os.environ | {"CALLBACK_SECRET": secret(self.name)})
        atexit.register(self.process.kill)

    def told(self):
        """External id, sequence and status of each event that it took."""
        return [tuple(line.split()) for line in self.path.read_text().splitlines() if line.count(" ") == 2]


FAST = "retry: { base: 100ms, max: 1s }, breaker: { open_for: 300ms, minimum: 50 }"
CALLBACKS = """
callbacks:
  orders: {{ url: "http://127.0.0.1:{orders}/hooks?key=1", secret: ["${{NEXT_SECRET}}", "${{ORDERS_SECRET}}"],
    allow_networks: 127.0.0.0/8, concurrency: 8, {fast} }}
  audit: {{ url: "http://127.0.0.1:{audit}/", secret: "${{AUDIT_SECRET}}", allow_networks: 127.0.0.1, settled_only: true,
    {fast} }}
  forbidden: {{ url: "https://localhost:{forbidden}/", secret: "${{AUDIT_SECRET}}", statuses: delivered, {fast} }}
  shown: {{ url: "http://127.0.0.1:{shown}/hooks", secret: "${{SHOWN_SECRET}}", allow_networks: 127.0.0.1,
    statuses: [delivered], {fast} }}
  dead: {{ url: "http://127.0.0.1:{dead}/", secret: "${{AUDIT_SECRET}}", allow_networks: 127.0.0.1, {fast} }}
"""

orders, audit, forbidden = Receiver("orders", 0.15), Receiver("audit", 0.05), Receiver("forbidden", 0)
shown = Documented("shown", 0)
receivers = [orders, audit, forbidden, shown]
for receiver in receivers:
    receiver.start()
os.environ |= {
    "ORDERS_SECRET": secret("orders"), "NEXT_SECRET": secret("next"), "AUDIT_SECRET": secret("audit"),
    "SHOWN_SECRET": secret("shown"),
}
sandbox = Sandbox("--seed", arguments.seed, "--latency", "1ms..30ms", "--answer-latency", "1ms..10ms")
channels = SMS.format(sandbox=sandbox.port, concurrency=32, settle_after="6s", timeout="2s", limits="")
channels += CALLBACKS.format(
    orders=orders.port, audit=audit.port, forbidden=forbidden.port, shown=shown.port, dead=free_port(), fast=FAST)
services = []
if arguments.shared:
    from servers import MockBroker, Postgres

    kafka, postgres = MockBroker(), Postgres()
    services = [kafka, postgres]
    os.environ["DATABASE_URL"] = postgres.url
    backends = f"""
kafka:
  brokers: "{kafka.servers}"
  partitions: 4
  properties: {{ session.timeout.ms: 6000, heartbeat.interval.ms: 500 }}
postgres: {{ url: "${{DATABASE_URL}}" }}
"""
    hosts = [Host(sandbox, backends=backends, channels=channels, replica=f"replica-{n}") for n in range(2)]
else:
    hosts = [Host(sandbox, channels=channels)]
for host in hosts:
    host.launch()
for host in hosts:
    host.wait_until_ready()
beginning = ",".join(f"{partition}:0" for partition in range(4)) if arguments.shared else "0"
events = EventStream(*(host.port for host in hosts), beginning=beginning)
events.start()

accepted, lock = [], threading.Lock()


def load():
    clients = [Client(host.port) for host in hosts]
    number = 0
    while len(accepted) < arguments.count:
        number += 1
        body = {"channel": "sms", "to": f"+1555{chosen.randrange(10**7):07d}", "body": "call me back",
                "externalId": f"order-{number}"}
        for client in clients:
            try:
                status, answer = client.send(
                    "POST", "/notifications", json.dumps(body), {"Content-Type": "application/json"})
            except Exception:
                continue
            if status == 202:
                with lock:
                    accepted.append(json.loads(answer)["id"])
                break
        time.sleep(1 / arguments.rate)


loader = threading.Thread(target=load, daemon=True)
loader.start()


def wait_for_load(share):
    wait_until("the load", lambda: len(accepted) >= arguments.count * share, 60)


wait_for_load(0.2)
orders.kill()
wait_for_load(0.35)
hosts[0].kill()
time.sleep(0.5)
hosts[0].start()
orders.start()
wait_for_load(0.7)
orders.kill()
hosts[0].kill()
hosts[0].start()
orders.start()
wait_for_load(1)
loader.join()


def is_settled():
    views = read_views(hosts[0].port, accepted)
    return all(
        view and all(delivery["settlement"] != "open" for delivery in view["deliveries"]) for view in views.values())


wait_until("every delivery to settle", is_settled, 60)
views = read_views(hosts[0].port, accepted)


def heard():
    return {(event["notificationId"], event["sequence"]): event for event in list(events.events)}


total = sum(view["sequence"] for view in views.values())
wait_until("the events", lambda: len(heard()) >= total, 60)
names = {f"{event['deliveryId']}/{event['status']}" for event in heard().values()
         if not (event["settlement"] == "closed" and event.get("previousStatus") == event["status"])}
settled = {f"{event['deliveryId']}/{event['status']}" for event in heard().values() if event["settlement"] == "settled"}
wait_until("every change at orders", lambda: names <= orders.ids(), 60)
wait_until("every settled change at audit", lambda: settled <= audit.ids(), 60)
delivered = {(event["externalId"], str(event["sequence"]), "delivered") for event in heard().values()
             if event["status"] == "delivered"}
wait_until("every delivery at the receiver of the documentation", lambda: delivered <= set(shown.told()), 60)
findings.check(len(shown.told()) == len(delivered), f"it took {len(shown.told())} of {len(delivered)}")

for receiver in (orders, audit):
    findings.check(not receiver.forged(), f"{receiver.name} could not verify {receiver.forged()[:1]}")
findings.check(names <= orders.ids(), f"orders missed {sorted(names - orders.ids())[:3]}")
findings.check(settled <= audit.ids(), f"audit missed {sorted(settled - audit.ids())[:3]}")
sequences, bodies = defaultdict(set), defaultdict(set)
for call in orders.calls():
    event = call["event"]
    sequences[event["data"]["notificationId"]].add(event["data"]["sequence"])
    bodies[call["id"]].add(json.dumps(event, sort_keys=True))
    findings.check(call["id"] == event["id"].replace(".", "_"), f"{call['id']} is not of {event['id']}")
    findings.check(event["type"] == "notification.status.change" and event["specversion"] == "1.0", f"{event}")
    told = heard().get((event["data"]["notificationId"], event["data"]["sequence"]))
    findings.check(told == event["data"], f"{event['data']} was published as {told}")
for identity, view in views.items():
    whole = set(range(1, view["sequence"] + 1))
    findings.check(sequences[identity] == whole, f"{identity}: {sorted(sequences[identity])} of {sorted(whole)}")
# What the host accepted and died before it said so counts as well.
findings.check(set(sequences) == {event["notificationId"] for event in heard().values()}, "called back about others")
findings.check(set(accepted) <= set(sequences), "some were accepted and nobody was called back")
for identity, contents in bodies.items():
    findings.check(len(contents) == 1, f"{identity} came with {len(contents)} contents")
for call in audit.calls():
    findings.check(call["event"]["data"]["settlement"] != "open", f"audit heard of {call['event']['data']}")
repeats = len(orders.calls()) - len(bodies)

# What must not be reached is not, and says why; how callbacks fare is nobody's event.
findings.check(not forbidden.lines(), "the forbidden receiver was reached")


def listed(query):
    status, answer = request(hosts[0].port, "GET", f"/notifications?limit=500{query}")
    findings.check(status == 200, f"the list{query}: {status} {answer}")
    return json.loads(answer)["notifications"]


wait_until("the refusals", lambda: all(one["status"] == "rejected" for one in listed("&channel=callback:forbidden")), 30)
refused = listed("&channel=callback:forbidden")
findings.check(len(refused) > 0, "no callback was refused")
_, answer = request(hosts[0].port, "GET", f"/notifications/{refused[0]['id']}")
findings.check(b"forbidden_address" in answer, f"the refusal does not say why: {answer}")
plain = listed("")
findings.check(set(accepted) <= {one["id"] for one in plain}, f"the list has {len(plain)} of {len(accepted)}")
findings.check(all(one["channels"] == ["sms"] for one in plain), "the list shows callbacks")
findings.check(all(event["channel"] == "sms" for event in list(events.events)), "callbacks have events of their own")
findings.check(b"callback:dead" in request(hosts[0].port, "GET", "/metrics")[1], "the metrics lack the callbacks")
body = json.dumps({"channel": "callback:orders", "to": "orders", "body": "{}"})
status, answer = request(hosts[0].port, "POST", "/notifications", body, {"Content-Type": "application/json"})
findings.check(status == 422 or status == 400, f"a request could name a callback: {status} {answer}")
status, answer = request(hosts[0].port, "POST", "/webhooks/callback:orders", "{}")
findings.check(status == 404, f"a callback takes webhooks: {status} {answer}")

print(f"{total} changes of {len(accepted)} notifications; {len(orders.calls())} calls to orders, {repeats} repeats, "
      f"{len(audit.calls())} to audit; {len(refused)} refused")
events.ended = True
for host in hosts:
    host.stop()
for receiver in receivers:
    receiver.kill()
for host in hosts:
    host.clean()
sandbox.stop()
findings.finish("callbacks")
