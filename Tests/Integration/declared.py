"""A channel that is only declared, through the real host: a provider that no Swift code knows takes messages, reports on
them with signed webhooks, twice and in any order, and all of them come to their true status. Bad signatures are
refused, and so is what they do not cover."""

import argparse
import hashlib
import hmac
import http.server
import json
import os
import random
import subprocess
import threading
import time

import declared_batches
from harness import BIN, ROOT, Client, Findings, Host, request, wait_until, wait_until_applied

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=300)
parser.add_argument("--seed", type=int, default=11)
arguments = parser.parse_args()
print(f"seed {arguments.seed}, {arguments.count} notifications")

KEY, SECRET = "key-CANARY-of-the-gateway", "CANARY-signs-the-reports"
os.environ.update({"GATEWAY_KEY": KEY, "GATEWAY_WEBHOOK_SECRET": SECRET})
findings = Findings()
chosen = random.Random(arguments.seed)


class Gateway(http.server.BaseHTTPRequestHandler):
    """Takes messages as the declaration writes them, is sometimes too busy, and refuses some numbers."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    # By the idempotency key: the message's id and what it was.
    taken = {}
    wrong = []
    busy = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.lock:
            status, answer, headers = self.answer(json.loads(body))
        text = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def answer(self, message):
        key = self.headers["Idempotency-Key"]
        if self.headers["Authorization"] != f"Bearer {KEY}" or self.path != "/v1/messages":
            Gateway.wrong.append(f"{self.path}: not authorized")
            return 401, {"error": {"code": "no_key"}}, {}
        if set(message) != {"from", "to", "text", "reference", "report_url", "ttl", "tags"} or message["reference"] != key:
            Gateway.wrong.append(f"not as declared: {message}")
        if message["to"].endswith("13"):
            return 200, {"error": {"code": "stopped", "message": f"{message['to']} has opted out of {KEY}"}}, {}
        if chosen.random() < 0.05:
            Gateway.busy += 1
            return 503, {"error": {"code": "busy"}}, {"Retry-After": "0.1"}
        known = Gateway.taken.setdefault(key, {"id": f"m-{len(Gateway.taken)}", "message": message})
        return 202, {"message": {"id": known["id"]}}, {}

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # A connection for each send in flight, all at once.
    request_queue_size = 256

    def handle_error(self, *_):
        """The host did not wait for the answer: it asks again, with the same key."""


def serve():
    server = Server(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def configuration(server):
    """The example's declaration as it is, and a channel that uses it."""
    example = (ROOT / "Examples/declared/sms-gateway.yaml").read_text()
    module = example[example.index("modules:\n"):example.index("channels:\n")]
    channels = f"""\
  sms:
    module: sms-gateway
    concurrency: 32
    retry: {{ attempts: 12, base: 50ms, max: 500ms }}
    rate_limit: 5000/s
    settle_after: 30s
    settings:
      base_url: http://127.0.0.1:{server.server_port}/v1
      api_key: ${{GATEWAY_KEY}}
      webhook_secret: ${{GATEWAY_WEBHOOK_SECRET}}
      from: "+15005550006"
"""
    return module, channels


def signed(body, key=SECRET, seconds=None):
    seconds = str(int(time.time()) if seconds is None else seconds)
    code = hmac.new(key.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Gateway-Time": seconds, "X-Gateway-Signature": f"v1={code}"}


def event(reference, identity, status, at="2026-03-01T09:30:00Z"):
    return {"reference": reference, "message_id": identity, "status": status, "at": at}


server = serve()
module, channels = configuration(server)
host = Host(None, channels=channels)
host.configuration.write_text(module + "\n" + host.configuration.read_text())
shown = subprocess.run([BIN / "switchboard", "channels", "--config", host.configuration], capture_output=True, text=True)
findings.check(
    shown.returncode == 0 and "sms-gateway declared: Text messages" in shown.stdout
    and "undelivered --> delivered" in shown.stdout and "CANARY" not in shown.stdout, f"channels: {shown.stdout[-400:]}")
host.start()
started = time.monotonic()
client = Client(host.port)

# Bad requests are refused with the field that is wrong.
status, body = client.send(
    "POST", "/notifications", json.dumps({"channel": "sms", "to": "Ada", "body": ""}),
    {"Content-Type": "application/json"})
findings.check(status in (400, 422) and b'"to"' in body and b'"body"' in body, f"a bad request: {status} {body[:300]}")

wanted = [
    {"channel": "sms", "to": f"+1555{number:07d}", "body": f"message \"{number}\"\n", "externalId": f"d-{number}"}
    for number in range(arguments.count)
]
status, body = client.send("POST", "/notifications/batch", json.dumps(wanted), {"Content-Type": "application/json"})
ids = [result["id"] for result in json.loads(body)["results"]]
findings.check(status == 202 and len(ids) == arguments.count, f"batch: {status} {body[:200]}")
stopped = {index for index in range(arguments.count) if f"{index:07d}".endswith("13")}
wait_until(
    "every message to be taken or refused",
    lambda: len(Gateway.taken) == arguments.count - len(stopped)
    and host.query("SELECT count(*) FROM deliveries WHERE status = 'rejected'")[0][0] == len(stopped), 60)
findings.check(not Gateway.wrong, f"requests that are not as declared: {Gateway.wrong[:3]}")
findings.check(Gateway.busy > 0, "the gateway was never busy: nothing was tried again")
texts = {entry["message"]["text"] for entry in Gateway.taken.values()}
findings.check(len(texts) == len(Gateway.taken), "texts are not what was sent")

# What each message is told of, in all: the highest of it is the truth. Some reports know only the gateway's id.
truth, events = {}, []
lives = [["QUEUED", "SENT", "DELIVERED"], ["SENT", "FAILED", "DELIVERED"], ["SENT", "FAILED"], ["QUEUED", "EXPIRED"]]
names = {"DELIVERED": "delivered", "FAILED": "undelivered", "EXPIRED": "expired_at_carrier"}
for reference, entry in Gateway.taken.items():
    life = chosen.choice(lives)
    truth[reference] = names[life[-1]]
    for word in life + ["A_NEW_WORD", chosen.choice(life)]:
        events.append(event(reference if chosen.random() < 0.7 else None, entry["id"], word))
events += chosen.sample(events, len(events) // 3)
chosen.shuffle(events)

# Before any report: whoever does not know the key is refused, and changes nothing.
reference, entry = next(iter(Gateway.taken.items()))
forged = json.dumps({"events": [event(reference, entry["id"], "DELIVERED")]}).encode()
good = signed(forged)
attempts = {
    "no signature": {"Content-Type": "application/json"},
    "another key": signed(forged, key="somebody else's"),
    "an empty key": signed(forged, key=""),
    "an old time": signed(forged, seconds=int(time.time()) - 3600),
    "a time to come": signed(forged, seconds=int(time.time()) + 3600),
    "a time that was changed": good | {"X-Gateway-Time": str(int(time.time()) + 1)},
    "no prefix": good | {"X-Gateway-Signature": good["X-Gateway-Signature"][3:]},
    "another body": signed(forged + b" "),
}
wait_until_applied(host)
before = host.query("SELECT count(*) FROM timeline")
for name, headers in attempts.items():
    status, body = request(host.port, "POST", "/webhooks/sms", forged, headers)
    findings.check(status == 403 and b"CANARY" not in body, f"{name}: {status} {body[:200]}")
findings.check(host.query("SELECT count(*) FROM timeline") == before, "a refused webhook changed something")

# The address is not signed: a genuine report stays with the delivery that it names, whatever the address says.
other = list(Gateway.taken)[1]
index = 0
while index < len(events):
    size = chosen.choice([1, 1, 2, 5, 20])
    body = json.dumps({"events": events[index:index + size]}).encode()
    index += size
    query = chosen.choice(["", f"?delivery={other}"])
    for _ in range(chosen.choice([1, 1, 1, 2])):
        status, answer = client.send("POST", f"/webhooks/sms{query}", body, signed(body))
        findings.check(status == 200, f"a report: {status} {answer[:200]}")
inbound = json.dumps({"events": [{"message_id": "i-1", "from": "+15551230001", "to": "+15005550006", "text": "Hello"}]}).encode()
findings.check(client.send("POST", "/webhooks/sms", inbound, signed(inbound))[0] == 200, "an inbound message is refused")

wait_until(
    "every delivery to settle",
    lambda: host.query("SELECT count(*) FROM deliveries WHERE settlement = 0")[0][0] == 0, 60)
wait_until_applied(host)

right = 0
for identity, number in zip(ids, range(arguments.count)):
    status, body = client.send("GET", f"/notifications/{identity}")
    view = json.loads(body)
    reference = f"{identity}.1"
    expected = "rejected" if number in stopped else truth.get(reference)
    findings.check(status == 200 and view["status"] == expected, f"{reference}: {view.get('status')}, not {expected}")
    findings.check(b"CANARY" not in body, f"{reference} shows a secret")
    right += view.get("status") == expected

statuses = host.query("SELECT status, settlement, count(*) FROM deliveries GROUP BY 1, 2 ORDER BY 3 DESC")
versions = host.query("SELECT DISTINCT graph_version FROM deliveries")
findings.check(len(versions) == 1 and versions[0][0] > 1, f"graph versions: {versions}")
print("statuses:", statuses, "graph version:", versions)
print(f"busy {Gateway.busy} times, {len(events)} events; {right} of {arguments.count} right in "
      f"{time.monotonic() - started:.1f} s")
findings.check("CANARY" not in host.output(), "the log shows a secret")
host.stop()
host.clean()
server.shutdown()
declared_batches.check(findings, arguments.count, arguments.seed, KEY, SECRET)
findings.finish("declared")
