"""A declared channel whose requests carry many messages, through the real host: each message ends as its own result says,
in whatever order the results are, and a message about which the answer is silent is neither lost nor sent again."""

import http.server
import json
import random
import threading
import time

from harness import ROOT, Client, Host, wait_until, wait_until_applied


class Gateway(http.server.BaseHTTPRequestHandler):
    """Takes lists; is sometimes too busy for one, refuses some numbers, forgets some results."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            status, answer = self.server.answer(self.path, self.headers, body)
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, key, chosen):
        super().__init__(("127.0.0.1", 0), Gateway)
        self.key, self.chosen = key, chosen
        # By reference: how often it was taken, and under which id.
        self.taken, self.ids, self.wrong, self.sizes = {}, {}, [], []
        self.busy = self.silent = 0

    def answer(self, path, headers, body):
        if path != "/v1/batches" or headers["Authorization"] != f"Bearer {self.key}" or body["from"] != "+15005550006":
            self.wrong.append(f"{path}: {body}")
            return 401, {"error": {"code": "no_key"}}
        self.sizes.append(len(body["messages"]))
        if self.chosen.random() < 0.1:
            self.busy += 1
            return 503, {"error": {"code": "overloaded"}}
        results = [result for result in map(self.take, body["messages"]) if result]
        self.chosen.shuffle(results)
        return 200, {"results": results}

    def take(self, message):
        if set(message) != {"to", "text", "reference", "report_url"} or message["text"] != f"to \"+{message['to']}\"":
            self.wrong.append(f"not as declared: {message}")
        reference, chance = message["reference"], self.chosen.random()
        if message["to"].endswith("13"):
            return {"reference": reference, "error": {"code": "stopped", "message": f"not with {self.key}"}}
        if chance < 0.05:
            return {"reference": reference, "error": {"code": "busy"}}
        self.taken[reference] = self.taken.get(reference, 0) + 1
        self.ids[reference] = f"b-{len(self.ids)}"
        if chance < 0.1:
            self.silent += 1
            return None
        return {"reference": reference, "id": self.ids[reference]}


def check(findings, count, seed, key, secret):
    chosen = random.Random(seed)
    server = Server(key, chosen)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    example = (ROOT / "Examples/declared/sms-batches.yaml").read_text()
    host = Host(None, channels=f"""\
  sms:
    module: sms-batches
    concurrency: 200
    retry: {{ attempts: 20, base: 50ms, max: 500ms }}
    breaker: {{ failure_ratio: 0.99 }}
    uncertain: await_callback
    settle_after: 60s
    settings:
      base_url: http://127.0.0.1:{server.server_port}/v1
      api_key: ${{GATEWAY_KEY}}
      webhook_secret: ${{GATEWAY_WEBHOOK_SECRET}}
      from: "+15005550006"
""")
    host.configuration.write_text(
        example[example.index("modules:\n"):example.index("channels:\n")] + "\n" + host.configuration.read_text())
    host.start()
    begun, client = time.monotonic(), Client(host.port)
    numbers = [f"+1555{number:07d}" for number in range(count)]
    wanted = [{"channel": "sms", "to": to, "body": f"to \"{to}\"", "externalId": f"b{to}"} for to in numbers]
    status, body = client.send("POST", "/notifications/batch", json.dumps(wanted), {"Content-Type": "application/json"})
    ids = [result["id"] for result in json.loads(body)["results"]]
    stopped = {f"{identity}.1" for identity, to in zip(ids, numbers) if to.endswith("13")}
    findings.check(status == 202 and stopped, f"a batch of {count} was answered {status}: {body[:200]}")
    wait_until("every message to be taken", lambda: len(server.taken) == count - len(stopped), 60)
    wait_until_applied(host)
    silent = host.query("SELECT count(*) FROM deliveries WHERE status = 'uncertain'")[0][0]
    findings.check(
        silent == server.silent > 0, f"{silent} are uncertain, and the gateway was silent about {server.silent}")

    # Some reports name the gateway's id alone; about a message of which the answer was silent that is no help.
    truth, events = {}, []
    named = {row[0] for row in host.query("SELECT provider_message_id FROM deliveries") if row[0]}
    for reference, identity in server.ids.items():
        word = chosen.choice(["DELIVERED", "FAILED"])
        truth[reference] = {"DELIVERED": "delivered", "FAILED": "undelivered"}[word]
        alone = identity in named and chosen.random() < 0.3
        events += [{"reference": None if alone else reference, "id": identity, "status": one} for one in ["SENT", word]]
    chosen.shuffle(events)
    for index in range(0, len(events), 25):
        status, body = client.send(
            "POST", "/webhooks/sms", json.dumps({"events": events[index:index + 25]}),
            {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"})
        findings.check(status == 200, f"a report was answered {status}: {body[:200]}")
    wait_until(
        "every delivery to settle",
        lambda: host.query("SELECT count(*) FROM deliveries WHERE settlement = 0")[0][0] == 0, 60)
    wait_until_applied(host)
    for identity in ids:
        status, body = client.send("GET", f"/notifications/{identity}")
        expected = "rejected" if f"{identity}.1" in stopped else truth.get(f"{identity}.1")
        said = json.loads(body).get("status")
        findings.check(status == 200 and said == expected, f"{identity} is {said}, not {expected}")
        findings.check(b"CANARY" not in body, f"{identity} shows a secret")
    twice = [reference for reference, times in server.taken.items() if times != 1]
    findings.check(not twice, f"taken more than once: {twice[:5]}")
    findings.check(not server.wrong, f"requests that are not as declared: {server.wrong[:3]}")
    findings.check(server.busy > 0, "the gateway was never busy: nothing was tried again as a whole")
    largest = max(server.sizes)
    findings.check(1 < largest <= 50, f"the largest request had {largest} messages")
    findings.check(sum(server.sizes) / len(server.sizes) > 5, f"requests were too small: {server.sizes}")
    print(
        f"batches: {count} messages in {len(server.sizes)} requests, the largest of {largest}; busy {server.busy} times, "
        f"silent about {server.silent}; {time.monotonic() - begun:.1f} s")
    findings.check("CANARY" not in host.output(), "the log shows a secret")
    host.stop()
    host.clean()
    server.shutdown()
