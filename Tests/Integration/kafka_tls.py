"""Kafka behind TLS and SASL: the operator's properties reach librdkafka, everything settles, a wrong password and an
unknown authority are refused with a word about it, and the password is in no log."""

import json
import os

from harness import Client, Findings, Host, Sandbox, wait_until
from secure_broker import SecureBroker
from servers import MockBroker, Postgres

COUNT = 200
PASSWORD = "correct horse battery staple"
BACKENDS = """
kafka:
  brokers: "{servers}"
  partitions: 4
  properties:
    security.protocol: sasl_ssl
    sasl.mechanisms: PLAIN
    sasl.username: switchboard
    sasl.password: ${{KAFKA_PASSWORD}}
    ssl.ca.location: {authority}
postgres: {{ url: "${{DATABASE_URL}}" }}
"""

findings = Findings()
cluster, postgres, sandbox = MockBroker(), Postgres(), Sandbox("--latency", "1ms..5ms")
broker = SecureBroker(cluster, "switchboard", PASSWORD)
os.environ["DATABASE_URL"] = postgres.url
os.environ["KAFKA_PASSWORD"] = PASSWORD
host = Host(sandbox, settle_after="60s", timeout="10s",
            backends=BACKENDS.format(servers=broker.servers, authority=broker.authority))
host.start()
batch = [
    {"channel": "sms", "to": f"+1555{number:07d}", "body": "over TLS", "externalId": f"tls-{number}"}
    for number in range(COUNT)
]
status = Client(host.port).send(
    "POST", "/notifications/batch", json.dumps(batch), {"Content-Type": "application/json"})[0]
findings.check(status == 202, f"the batch was answered with {status}")
wait_until(
    "everything to settle",
    lambda: postgres.query("SELECT count(*) FROM deliveries WHERE settlement = 1")[0][0] == str(COUNT), 120)
findings.check(broker.counts["authenticated"] > 0, "nobody authenticated")
findings.check(broker.counts["refused"] == 0, f"{broker.counts['refused']} were refused")
host.stop()
settled = dict(broker.counts)


def refusal(authority, password, word):
    """What a host says that can't get in, and tries again."""
    os.environ["KAFKA_PASSWORD"] = password
    other = Host(sandbox, backends=BACKENDS.format(servers=broker.servers, authority=authority))
    other.launch()
    wait_until(f"a word about {word}", lambda: word in other.output().lower(), 60)
    findings.check(other.process.poll() is None, "it gave up instead of trying again")
    other.kill()
    return other.output()


wrong = refusal(broker.authority, "not the password", "authentication")
findings.check(broker.counts["refused"] > 0, "a wrong password came in")
unknown = refusal("/etc/ssl/certs/ca-certificates.crt", PASSWORD, "certificate")
for text in (host.output(), wrong, unknown):
    findings.check(PASSWORD not in text and "not the password" not in text, "a password is in the log")
print(f"{settled['authenticated']} connections authenticated over TLS, {COUNT} notifications settled")
findings.finish("Kafka over TLS and SASL")
