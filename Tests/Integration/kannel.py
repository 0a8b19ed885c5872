"""A real Kannel, and a carrier behind it, at both ends of a channel.

First by hand: the requests of the SMS module's Kannel provider are those in Tests/Fixtures, to which KannelDeliveryTests
holds the module, and Kannel's reports and messages must be as KannelWebhookTests reads them. Then the host itself sends
through it, hears what became of its messages, and what people answer. Run it by scripts/with-kannel.
"""

import atexit
import http.server
import json
import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from embedded_log import records
from harness import ROOT, Findings, Host, request, wait_until

FIXTURE = json.loads((ROOT / "Tests/Fixtures/kannel-requests.json").read_text())
SECRET = os.environ["KANNEL_SECRET"]
WEBHOOKS, HOST = int(os.environ["KANNEL_WEBHOOK_PORT"]), int(os.environ["KANNEL_HOST"])
findings = Findings()
check = findings.check
received = []

CHANNELS = f"""\
  kannel:
    module: sms
    provider: kannel
    retry: {{ attempts: 3, base: 100ms, max: 1s }}
    uncertain: await_callback
    settle_after: 60s
    settings:
      base_url: {os.environ["KANNEL_URL"]}
      username: tester
      password: ${{KANNEL_PASSWORD:-foobar}}
      from: "+15551230000"
      webhook_secret: ${{KANNEL_SECRET}}
      allowed_addresses: [127.0.0.1]
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urllib.parse.urlsplit(self.path)
        # As Latin-1, so that every byte stays what it is.
        items = urllib.parse.parse_qs(address.query, keep_blank_values=True, encoding="latin-1")
        received.append((self.command, address.path, {name: values[0] for name, values in items.items()}, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_):
        pass


def send(delivery, query, **changes):
    """(status, line) for the module's request, with our address and `delivery` in it."""
    query = query.replace(quoted(FIXTURE["address"]), quoted(f"http://127.0.0.1:{WEBHOOKS}/webhooks/kannel"))
    query = query.replace(FIXTURE["delivery"], delivery)
    for name, value in changes.items():
        query = re.sub(rf"(^|&){name}=[^&]*", rf"\g<1>{name}={value}", query)
    try:
        with urllib.request.urlopen(f"{os.environ['KANNEL_URL']}/cgi-bin/sendsms?{query}", timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def quoted(text):
    return urllib.parse.quote(text, safe="")


class SMSC:
    """A carrier: it sends one message to us, or none, takes ours, and confirms each."""

    def __init__(self, message=None):
        self.process = subprocess.Popen(
            ["/usr/lib/kannel/test/fakesmsc", "-H", "127.0.0.1", "-r", os.environ["KANNEL_SMSC_PORT"], "-i", "1",
             "-m", "1" if message else "0", message or "none"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        self.taken = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stderr:
            if "Got message" in line:
                self.taken.append(line.split("<", 1)[1].rsplit(">", 1)[0])

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def reports(delivery):
    return [items for _, path, items, _ in list(received)
            if path == "/webhooks/kannel" and items.get("delivery") == delivery]


def check_refusals():
    for name, changes, status, start in [
        ("a wrong password", {"password": "x"}, 403, "Authorization failed"),
        ("a recipient that is none", {"to": "abc"}, 400, "Number(s) has/have been denied"),
        ("no recipient", {"to": ""}, 400, ""),
        ("no address", {"dlr-url": "x"}, 400, "DLR-URL field misformed"),
    ]:
        code, line = send("none", FIXTURE["requests"][0]["query"], **changes)
        check(code == status and line.startswith(start), f"{name}: {code} {line}")


def check_deliveries():
    """What waits for a carrier, and what is sent while there is one."""
    deliveries = {
        f"00000000-0000-7000-8000-00000000000{number}.1": one for number, one in enumerate(FIXTURE["requests"])}
    smsc = None
    started = time.time()
    for delivery, one in deliveries.items():
        said = send(delivery, one["query"])
        wanted = "3: Queued for later delivery" if smsc is None else "0: Accepted for delivery"
        check(said == (202, wanted), f"{one['text'][:20]}: {said}")
        if smsc is None:
            smsc = SMSC()
            wait_until("the carrier to be there", lambda: smsc.taken, 60)
    for delivery, one in deliveries.items():
        wait_until(f"the reports on {delivery}", lambda: len(reports(delivery)) >= 2, 60)
        check_reports(one["text"][:20], reports(delivery), started)
        if one["taken"]:
            wanted = f"+15551230000 +15551230001 {one['taken']}"
            check(wanted in smsc.taken, f"{wanted} is not among {smsc.taken}")
    segments = [text for text in smsc.taken if " udh " in text]
    wanted = sum(one["segments"] for one in deliveries.values() if one["segments"] > 1)
    check(len(segments) == wanted, f"{len(segments)} segments, not {wanted}")
    smsc.stop()


def check_reports(text, said, started):
    """One of each kind, for all segments together."""
    check(sorted(one["status"] for one in said) == ["1", "8"], f"{text}: {said}")
    for one in said:
        check(set(one) == {"delivery", "secret", "status", "ts", "answer"}, f"the report has {set(one)}")
        check(one["secret"] == SECRET, "the report has another secret")
        check(started - 2 <= int(one["ts"]) <= time.time() + 2, f"the report is of {one['ts']}")
        check(one["answer"] == ("ACK/" if one["status"] == "8" else ""), f"the SMSC says {one['answer']}")


def check_messages_to_us():
    smsc = SMSC("+15551230002 13013 text post it")
    wait_until("a message by post-url", lambda: any(path == "/post" for _, path, _, _ in received), 60)
    smsc.stop()
    smsc = SMSC("+15551230002 13013 text get++é+%26 x")
    wait_until("a message by get-url", lambda: any(path == "/get" for _, path, _, _ in received), 60)
    smsc.stop()
    (method, _, items, body), = [one for one in received if one[1] == "/post"]
    check((method, body) == ("POST", b"post it"), f"post-url: {method} {body}")
    (method, _, more, _), = [one for one in received if one[1] == "/get"]
    text = more.pop("text").encode("latin-1")
    check((method, text) == ("GET", "get++é+%26 x".encode()), f"get-url: {method} {text}")
    for one in [items, more]:
        check(set(one) == {"secret", "id", "from", "to", "ts", "coding"}, f"the message has {set(one)}")
        check((one["from"], one["to"], one["coding"]) == ("+15551230002", "13013", "0"), f"the message is {one}")
        check(len(one["id"]) == 36 and one["ts"].isdigit(), f"the message is {one}")
    check(items["id"] != more["id"], "two messages have one id")


def say(host, to, body):
    """The notification's id."""
    wanted = {"channel": "kannel", "to": to, "body": body}
    status, answer = request(
        host.port, "POST", "/notifications", json.dumps(wanted), {"Content-Type": "application/json"})
    check(status == 202, f"{status} {answer}")
    return json.loads(answer)["id"]


def check_the_host():
    """What it sends arrives, in segments or not, and is reported on; who answers `Stop` is sent nothing more."""
    host = Host(None, channels=CHANNELS, port=HOST)
    host.start()
    smsc = SMSC()
    long = "é" * 200
    sent = {number: say(host, number, text) for number, text in [
        ("+15551230011", "Your parcel is here"), ("+15551230012", long), ("+15551230013", "Привет")]}
    for number, identity in sent.items():
        host.wait_for(identity, "delivered")
        found = host.delivery(identity)
        check(found["settlement"] == "settled", f"{number}: {found}")
    wait_until("the carrier to have all", lambda: len(smsc.taken) >= 4, 30)
    for number, count in [("+15551230011", 1), ("+15551230012", 2), ("+15551230013", 1)]:
        taken = [text for text in smsc.taken if text.startswith(f"+15551230000 {number} ")]
        check(len(taken) == count, f"{number} gets {taken}")
    smsc.stop()
    check_answers(host, "+15551230011")
    host.stop()
    host.clean()


def check_answers(host, number):
    path = "/opt-outs/sms/" + quoted(number)
    check(request(host.port, "GET", path)[0] == 404, f"{number} has opted out already")
    smsc = SMSC(f"{number} 13013 text Stop")
    wait_until(f"{number} to have opted out", lambda: request(host.port, "GET", path)[0] == 200, 60)
    check(json.loads(request(host.port, "GET", path)[1])["source"] == "keyword", "Stop is no keyword")
    wait_until("the message to us", lambda: list(records(host, "message.inbound")), 30)
    (event,) = [json.loads(value) for _, value in records(host, "message.inbound")]
    check((event["from"], event["to"], event["body"]) == (number, "13013", "Stop"), f"the message is {event}")
    identity = say(host, number, "Your parcel is back")
    host.wait_for(identity, "rejected")
    check("opted" in json.dumps(host.delivery(identity)), f"{host.delivery(identity)}")
    smsc.stop()
    check(not any("is back" in text for text in smsc.taken), "who has opted out is sent something")


server = http.server.ThreadingHTTPServer(("127.0.0.1", WEBHOOKS), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
check_refusals()
check_deliveries()
check_messages_to_us()
check_the_host()
findings.finish("kannel")
