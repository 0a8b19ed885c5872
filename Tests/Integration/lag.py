"""PostgreSQL is gone, then silent: accepting goes on for those whom the host knew, until as many wait in the log as the
configuration allows, then says 503 with Retry-After; nothing that was accepted is lost when PostgreSQL is back."""

import argparse
import http.client
import json
import os
import subprocess
import time

from agreement import check_ledger, check_notifications
from harness import BIN, Client, Findings, Host, Sandbox, wait_until
from servers import MockBroker, Postgres

parser = argparse.ArgumentParser()
parser.add_argument("--lag", type=int, default=3000, help="what limits.projection_lag says")
arguments = parser.parse_args()
SIZE = 100
EMAIL, PASSWORD = "shop@example.com", "correct horse battery"
# Longer than a host goes by what it knows of a key without asking.
MEMORY = 6

findings = Findings()
kafka, postgres = MockBroker(), Postgres()
os.environ["DATABASE_URL"] = postgres.url
os.environ["JWT_SECRET"] = "a secret for tests only, of 42 characters"
sandbox = Sandbox("--latency", "1ms..20ms")
host = Host(sandbox, settle_after="60s", timeout="10s", backends=f"""
kafka: {{ brokers: "{kafka.servers}", partitions: 4 }}
postgres: {{ url: "${{DATABASE_URL}}" }}
limits: {{ projection_lag: {arguments.lag} }}
auth: {{ secret: "${{JWT_SECRET}}" }}
api_limits: {{ anonymous: none, users: none }}
""")
accepted = []


def command(*words, input=None):
    done = subprocess.run(
        [BIN / "switchboard", *words[:2], host.configuration, "--email", EMAIL, *words[2:]], input=input,
        capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f"switchboard {' '.join(words)}: {done.stderr}")
    return done.stdout.strip()


def make_key(name):
    return command(
        "keys", "create", "--name", name, "--scope", "notifications:send", "--scope", "notifications:read")


def post_batch(key):
    """The status and Retry-After of the answer."""
    first = len(accepted)
    wanted = [
        {"channel": "sms", "to": f"+1555{index:07d}", "body": "lag", "externalId": f"lag-{index}"}
        for index in range(first, first + SIZE)
    ]
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=60)
    connection.request(
        "POST", "/notifications/batch", json.dumps(wanted),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status == 202:
        accepted.extend(result["id"] for result in json.loads(body)["results"])
    return response.status, response.getheader("Retry-After")


def view(client, identity):
    status, body = client.send("GET", f"/notifications/{identity}", headers={"Authorization": f"Bearer {key}"})
    return json.loads(body) if status == 200 else None


def is_known(identity):
    """Whether a GET finds it; says what became of the host when it does not answer at all."""
    try:
        return view(client, identity) is not None
    except (OSError, http.client.HTTPException) as error:
        raise SystemExit(
            f"a GET had no answer: {error!r}; the host's exit code: {host.process.poll()}\n{host.output()}")


def have_settled():
    return postgres.query("SELECT count(*) FROM deliveries WHERE settlement = 1")[0][0] == str(len(accepted))


def look(what, take, give_back):
    """Takes PostgreSQL away, and back when the limit is reached."""
    unused = make_key(f"not used before it is {what}")
    findings.check(post_batch(key)[0] == 202, f"the first batch is refused before it is {what}")
    wait_until("the first batch to be known", lambda: is_known(accepted[-1]), 60)
    take()
    taken = time.monotonic()
    before, slowest, refusal, stranger = len(accepted), 0, None, None
    deadline = taken + 180
    while refusal is None and time.monotonic() < deadline:
        began = time.monotonic()
        status, retry_after = post_batch(key)
        slowest = max(slowest, time.monotonic() - began)
        if status != 202:
            refusal = (status, retry_after)
        if stranger is None and len(accepted) - before >= arguments.lag / 2:
            # What is accepted from here on is accepted for what the host knew before.
            time.sleep(max(0, taken + MEMORY - time.monotonic()))
            stranger = post_batch(unused)
        # The lag is looked at ten times a second.
        time.sleep(0.05)
    without = len(accepted) - before
    print(
        f"PostgreSQL {what}: accepted {without} without it (the limit is {arguments.lag}), each batch within "
        f"{slowest:.2f} s; a key that was not known had {stranger}")
    findings.check(stranger is not None and stranger[0] == 503, f"{what}: a key that was not known had {stranger}")
    findings.check(
        refusal is not None and refusal[0] == 503 and refusal[1], f"{what}: at the limit the API says {refusal}")
    findings.check(without >= arguments.lag, f"{what}: refused after {without} already")
    findings.check(without <= 2 * arguments.lag, f"{what}: {without} were accepted, the limit is {arguments.lag}")
    give_back()
    wait_until(f"everything to settle that was accepted while it was {what}", have_settled, 180)
    wait_until("a batch to be accepted again", lambda: post_batch(key)[0] == 202, 30)
    wait_until("the last batch to settle", have_settled, 60)


host.start()
command("users", "create", "--sender", "--name", "shop", "--password-stdin", input=PASSWORD + "\n")
key = make_key("shop")
client = Client(host.port)
look("stopped", postgres.stop, postgres.start)
look("frozen", postgres.freeze, postgres.thaw)
# The old one's connection may have been idle for longer than the host keeps it.
client = Client(host.port)
views = {identity: view(client, identity) for identity in accepted}
check_notifications(findings, views)
check_ledger(findings, views, sandbox.ledger())
host.stop()
sandbox.stop()
kafka.stop()
host.clean()
findings.finish("lag")
