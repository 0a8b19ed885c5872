"""A host under load whose file changes all the time: concurrency, limits, retries, routes and settings change, channels
are drained, held, removed and come back, and every few times the file is broken. Nothing is lost, nothing is sent twice,
what can't be applied is refused with its line, and the host's memory does not grow with the reloads: beside it a second host
has the same load at the same time, and its file never changes. What both keep of their work (caches of the log and of the
store, which fill by design) grows in both; what reloads leave behind would grow in one."""

import argparse
import json
import os
import random
import signal
import subprocess
import threading
import time

import hang_ups
from agreement import check_events, check_ledger, check_notifications, read_views
from harness import BIN, Client, EventStream, Findings, Host, Sandbox, request, wait_until, wait_until_applied

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=1000, help="reloads")
parser.add_argument("--rate", type=int, default=60, help="notifications a second")
parser.add_argument("--pause", type=float, default=0.05, help="seconds between reloads")
parser.add_argument("--seed", type=int, default=7)
arguments = parser.parse_args()

print(f"seed {arguments.seed}, {arguments.count} reloads")
chosen = random.Random(arguments.seed)
findings = Findings()
FAULTS = [
    "--seed", arguments.seed, "--duplicate", 0.2, "--shuffle", 0.3, "--fail-before", 0.05, "--throttle", 0.03,
    "--latency", "2ms..60ms"]
sandbox, still_sandbox = Sandbox(*FAULTS), Sandbox(*FAULTS)
# MiB that a host with reloads may be larger than one without.
MOST = 10
OPTIONAL = ["second", "third"]
NAMES = ["sms", *OPTIONAL]

CHANNEL = """\
  {name}:
    module: sms
    provider: twilio
    concurrency: {concurrency}
    {extra}
    timeout: {timeout}
    retry: {{ attempts: 12, base: {base}, max: 1s }}
    breaker: {{ failure_ratio: 0.9 }}
    uncertain: await_callback
    settle_after: 20s
    settings:
      account_sid: AC00000000000000000000000000005a4d
      auth_token: ${{TOKEN:-sandbox-auth-token}}
      from: "{sender}"
      base_url: http://127.0.0.1:{port}
"""


def channel(name, removal=None):
    limit = chosen.choice(["", "", "rate_limit: [300/s]", "rate_limit: [100/s, 20000/m]"])
    return CHANNEL.format(
        name=name, concurrency=chosen.choice([2, 8, 32, 64]), timeout=chosen.choice(["2s", "3s"]),
        extra=f"removal: {removal}" if removal else limit, base=chosen.choice(["50ms", "100ms"]),
        sender=chosen.choice(["+15005550006", "+15005550016"]), port=sandbox.port)


def routes(names):
    order = chosen.sample(names, len(names))
    return "routes:\n  any:\n    - channels: [" + ", ".join(order) + "]\n"


host = Host(sandbox, channels="".join(channel(name) for name in NAMES) + routes(NAMES))
head, tail = host.configuration.read_text().split("channels:\n")
host.start()
# The one whose file never changes.
still = Host(still_sandbox, channels=tail.replace(f":{sandbox.port}", f":{still_sandbox.port}"))
still.start()
events = EventStream(host.port)
events.start()


class Load(threading.Thread):
    """Accepts as fast as asked for. What a channel is told that takes nothing new is the sender's to send elsewhere."""

    def __init__(self, host, rate):
        super().__init__(daemon=True)
        self.host, self.rate, self.ids, self.refused, self.wrong, self.ended = host, rate, [], 0, [], False
        self.chosen = random.Random(arguments.seed + 1)

    def run(self):
        client, number, begun = Client(self.host.port), 0, time.monotonic()
        while not self.ended:
            time.sleep(max(0, begun + number / self.rate - time.monotonic()))
            wanted = {
                "to": f"+1555{number:07d}", "body": f"message {number}",
                "externalId": f"reload-{arguments.seed}-{number}",
            } | self.chosen.choice([{"channel": name} for name in NAMES] + [{"route": "any"}])
            number += 1
            status, body = client.send(
                "POST", "/notifications", json.dumps(wanted), {"Content-Type": "application/json"})
            if status == 202:
                self.ids.append(json.loads(body)["id"])
            elif status == 422 and wanted.get("channel") in OPTIONAL:
                self.refused += 1
            else:
                self.wrong.append(f"{wanted} was answered {status}: {body[:200]}")


def resident(host):
    """MiB of a host in memory."""
    with open(f"/proc/{host.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def write(text):
    fresh = host.configuration.with_suffix(".new")
    fresh.write_text(text)
    os.replace(fresh, host.configuration)


def reload():
    status, body = request(host.port, "POST", "/admin/reload", timeout=60)
    return status, json.loads(body)


def is_quiet(name):
    """Nothing that a provider took is open, so that no report is missed when the channel goes."""
    return host.query(
        "SELECT count(*) FROM deliveries WHERE channel = '" + name + "' AND settlement = 0 "
        "AND (status <> 'accepted' OR attempts > 0)")[0][0] == 0 and host.query(
        "SELECT count(*) FROM claims JOIN deliveries USING (row, ordinal) WHERE channel = '" + name + "'")[0][0] == 0


# By name: in service (None), drain, hold or gone; and for how many reloads more.
states = {name: [None, 5] for name in OPTIONAL}
quiet_since = {}


def move():
    for name, state in states.items():
        state[1] -= 1
        if state[0] == "hold" and not is_quiet(name):
            quiet_since.pop(name, None)
        elif state[0] == "hold":
            quiet_since.setdefault(name, time.monotonic())
        if state[1] > 0:
            continue
        following = {
            None: ["drain", "hold"], "drain": [None, None, "hold"], "hold": [None, "drain", "gone", "gone"],
            "gone": [None]}
        now = chosen.choice(following[state[0]])
        # Longer than the provider takes to say all that it has to say.
        if now == "gone" and time.monotonic() - quiet_since.get(name, time.monotonic()) < 1:
            continue
        quiet_since.pop(name, None)
        states[name] = [now, chosen.randrange(2, 8 if now else 20)]


def text():
    there = [name for name in NAMES if name == "sms" or states[name][0] != "gone"]
    body = "".join(channel(name, None if name == "sms" else states[name][0]) for name in there)
    return head + "channels:\n" + body + routes([name for name in there if name == "sms" or not states[name][0]])


BROKEN = [
    (lambda file: file.replace("concurrency:", "concurency:", 1), "unknown key 'concurency'"),
    (lambda file: file.replace("timeout: ", "timeout: soon #", 1), "timeout must be"),
    (lambda file: file + "  none:\n    - channels: [nobody]\n", "unknown channel 'nobody'"),
    (lambda file: file.replace("provider: twilio", "provider: twilo", 1), "unknown provider 'twilo'"),
    (lambda file: file[: len(file) // 2] + "\n\t}", ""),
    (lambda file: file.replace(f"port: {host.port}", "port: 1", 1), "needs a restart"),
    (lambda file: file.replace("path: ", "path: /nowhere", 1), "needs a restart"),
    (lambda file: file.replace("from: ", "frm: ", 1), "frm"),
]


def check_broken(good):
    breaks, words = chosen.choice(BROKEN)
    write(breaks(good))
    status, answer = reload()
    said = [f"{error['field']}: {error['message']}" for error in answer.get("errors", [])]
    findings.check(status == 422 and said, f"a broken file ({words}) was answered {status}: {answer}")
    findings.check(any(words in one for one in said), f"{words!r} is not among {said}")
    findings.check(
        all("channels.yaml:" in error["field"] for error in answer.get("errors", [])), f"no line in {said}")


def check_command(good, works):
    write(good if works else BROKEN[0][0](good))
    done = subprocess.run(
        [BIN / "switchboard", "reload", "--server", f"http://127.0.0.1:{host.port}"], capture_output=True, text=True,
        timeout=120)
    findings.check(done.returncode == (0 if works else 1), f"the command ended with {done.returncode}: {done}")
    findings.check(bool(done.stdout) == works and bool(done.stderr) != works, f"the command says {done}")
    findings.check("sandbox-auth-token" not in done.stdout + done.stderr, "the command shows a secret")


load, still_load = Load(host, arguments.rate), Load(still, arguments.rate)
load.start()
still_load.start()
time.sleep(2)
sizes, applied, begun, slowest = [], 0, time.monotonic(), 0
for number in range(arguments.count):
    move()
    good = text()
    if number % 7 == 3:
        check_broken(good)
    if number % 50 == 20:
        check_command(good, works=False)
    write(good)
    if number % 50 == 10:
        check_command(good, works=True)
    elif number % 10 == 5:
        # Whichever of the two comes first, the other finds nothing new.
        host.process.send_signal(signal.SIGHUP)
        status, answer = reload()
        findings.check(status == 200, f"a reload beside a SIGHUP was answered {status}: {answer}")
    else:
        before = time.monotonic()
        status, answer = reload()
        slowest = max(slowest, time.monotonic() - before)
        findings.check(status == 200, f"a good file was answered {status}: {answer}\n{good}")
        findings.check("sandbox-auth-token" not in json.dumps(answer), "a difference shows a secret")
    applied += 1
    if number % max(1, arguments.count // 20) == 0:
        sizes.append((resident(host), resident(still)))
    time.sleep(arguments.pause)
took = time.monotonic() - begun
sizes.append((resident(host), resident(still)))

# A SIGHUP alone: what follows shows that the file is applied.
states = {name: [None, 0] for name in OPTIONAL}
write(text())
host.process.send_signal(signal.SIGHUP)


def takes(name):
    status, body = request(
        host.port, "POST", "/notifications",
        json.dumps({"channel": name, "to": "+15550000000", "body": "x", "externalId": f"after-{name}"}),
        {"Content-Type": "application/json"})
    if status == 202 and json.loads(body)["id"] not in load.ids:
        load.ids.append(json.loads(body)["id"])
    return status == 202


load.ended = still_load.ended = True
load.join()
still_load.join()
wait_until("the SIGHUP to bring all channels back", lambda: all([takes(name) for name in NAMES]), 30)
for message in load.wrong + still_load.wrong:
    findings.check(False, message)
findings.check(len(load.ids) > 2 * arguments.count, f"only {len(load.ids)} were accepted: there was no load")
findings.check(arguments.count < 60 or load.refused > 0, "no channel ever refused anything: nothing was shown")

wait_until(
    "every delivery to settle or close",
    lambda: host.query("SELECT count(*) FROM deliveries WHERE settlement = 0")[0][0] == 0
    and host.query("SELECT count(*) FROM notifications")[0][0] == len(load.ids), 240)
wait_until("the sandbox's reports", lambda: sandbox.summary()["reportsPending"] == 0, 120)
wait_until_applied(host)
wait_until(
    "the other host's deliveries", lambda: still.query("SELECT count(*) FROM deliveries WHERE settlement = 0")[0][0] == 0, 60)
total = host.query("SELECT sum(highest) FROM (SELECT max(sequence) AS highest FROM deliveries GROUP BY row)")[0][0]
wait_until("the events", lambda: len(events.events) >= total, 30)
last = (resident(host), resident(still))

views = read_views(host.port, load.ids)
check_notifications(findings, views)
check_events(findings, views, events.events)
check_ledger(findings, views, sandbox.ledger())
closed = host.query("SELECT count(*) FROM deliveries WHERE settlement = 2")[0][0]
findings.check(closed == 0, f"{closed} deliveries were closed without a report: their webhooks were lost")

# With no load, so that nothing grows but what reloads leave behind.
quiet = [resident(host)]
for number in range(max(30, arguments.count // 5)):
    write(text())
    findings.check(reload()[0] == 200, "a reload without load was refused")
quiet.append(resident(host))
findings.check(
    quiet[1] <= quiet[0] * 1.05 + 8, f"{max(30, arguments.count // 5)} reloads without load: {quiet[0]:.0f} to {quiet[1]:.0f} MiB")

counts = host.query("SELECT channel, status, count(*) FROM deliveries GROUP BY 1, 2 ORDER BY 1, 3 DESC")
print(f"{applied} reloads in {took:.0f} s, the slowest {slowest * 1000:.0f} ms; {len(load.ids)} accepted, {load.refused} refused")
print("statuses:", counts)
for index, what in enumerate(["with reloads", "without"]):
    print(f"memory under load {what}, MiB:", " ".join(f"{size[index]:.0f}" for size in sizes), f"; at rest {last[index]:.0f}")
# The last quarter of the run, so that one moment decides nothing.
late = sizes[-max(1, len(sizes) // 4):]
differences = {
    "under load": sum(size[0] - size[1] for size in late) / len(late), "at rest": last[0] - last[1]}
for when, difference in differences.items():
    print(f"{applied} reloads cost {difference:+.1f} MiB {when}")
    findings.check(difference <= MOST, f"{applied} reloads cost {difference:.1f} MiB {when}: more than {MOST} MiB")
print(f"memory over {max(30, arguments.count // 5)} more reloads without load, MiB: {quiet[0]:.0f} to {quiet[1]:.0f}")
events.ended = True
host.stop()
still.stop()
hang_ups.check(findings, sandbox)
sandbox.stop()
still_sandbox.stop()
host.clean()
still.clean()
findings.finish("reload")
