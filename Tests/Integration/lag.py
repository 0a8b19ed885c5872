"""PostgreSQL is gone: accepting goes on until as many wait in the log as the configuration allows, then says 503 with
Retry-After; nothing that was accepted is lost when PostgreSQL is back."""

import argparse
import http.client
import json
import os
import time

from agreement import check_ledger, check_notifications, read_views
from harness import Client, Findings, Host, Sandbox, wait_until
from servers import MockBroker, Postgres

parser = argparse.ArgumentParser()
parser.add_argument("--lag", type=int, default=3000, help="what limits.projection_lag says")
arguments = parser.parse_args()
SIZE = 100

findings = Findings()
kafka, postgres = MockBroker(), Postgres()
os.environ["DATABASE_URL"] = postgres.url
sandbox = Sandbox("--latency", "1ms..20ms")
host = Host(sandbox, settle_after="60s", timeout="10s", backends=f"""
kafka: {{ brokers: "{kafka.servers}", partitions: 4 }}
postgres: {{ url: "${{DATABASE_URL}}" }}
limits: {{ projection_lag: {arguments.lag} }}
""")
host.start()
client = Client(host.port)
accepted, number = [], 0


def post_batch():
    """The status and Retry-After of the answer."""
    global number
    wanted = [
        {"channel": "sms", "to": f"+1555{index:07d}", "body": "lag", "externalId": f"lag-{index}"}
        for index in range(number, number + SIZE)
    ]
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=30)
    connection.request("POST", "/notifications/batch", json.dumps(wanted), {"Content-Type": "application/json"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status == 202:
        accepted.extend(result["id"] for result in json.loads(body)["results"])
        number += SIZE
    return response.status, response.getheader("Retry-After")


findings.check(post_batch()[0] == 202, "the first batch is refused")
wait_until("the first batch to be known", lambda: client.send("GET", f"/notifications/{accepted[-1]}")[0] == 200, 60)
postgres.stop("immediate")
before, slowest, refusal = len(accepted), 0, None
deadline = time.monotonic() + 120
while refusal is None and time.monotonic() < deadline:
    began = time.monotonic()
    status, retry_after = post_batch()
    slowest = max(slowest, time.monotonic() - began)
    if status != 202:
        refusal = (status, retry_after)
    # The lag is looked at ten times a second.
    time.sleep(0.05)
without = len(accepted) - before
print(f"accepted {without} without PostgreSQL (the limit is {arguments.lag}), each batch within {slowest:.2f} s")
findings.check(refusal is not None and refusal[0] == 503 and refusal[1], f"at the limit the API says {refusal}")
findings.check(without >= arguments.lag, f"refused after {without} already")
findings.check(without <= 2 * arguments.lag, f"{without} were accepted, the limit is {arguments.lag}")
postgres.start()
wait_until(
    "everything to settle",
    lambda: postgres.query("SELECT count(*) FROM deliveries WHERE settlement = 1")[0][0] == str(len(accepted)), 180)
findings.check(post_batch()[0] == 202, "it does not accept again")
wait_until(
    "the last batch to settle",
    lambda: postgres.query("SELECT count(*) FROM deliveries WHERE settlement = 1")[0][0] == str(len(accepted)), 60)
views = read_views(host.port, accepted)
check_notifications(findings, views)
check_ledger(findings, views, sandbox.ledger())
host.stop()
sandbox.stop()
kafka.stop()
host.clean()
findings.finish("lag")
