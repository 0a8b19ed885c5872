"""Sends the requests of the SMS module's Kannel provider to a real Kannel, and looks at what it reports back.

The requests are those of the table in KannelDeliveryTests, the reports and messages those that KannelWebhookTests reads.
Run it by scripts/with-kannel.
"""

import atexit
import http.server
import os
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from harness import Findings, wait_until

SECRET = "0123456789-abc.~"
WEBHOOKS = int(os.environ["KANNEL_WEBHOOK_PORT"])
findings = Findings()
check = findings.check
received = []


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


def send(delivery, text, coding, **changes):
    """(status, line), as for the module's request: the same items in the same order, the same escapes."""
    report = (
        f"http://127.0.0.1:{WEBHOOKS}/webhooks/kannel?delivery={delivery}&secret={SECRET}&status=%d&ts=%T&answer=%A")
    items = {
        "username": "tester", "password": "foobar", "from": "+15551230000", "to": "+15551230001", "text": text,
        "charset": "UTF-8", "coding": coding, "dlr-mask": 31, "dlr-url": report,
    } | changes
    query = urllib.parse.urlencode(items).replace("~", "%7E")
    try:
        with urllib.request.urlopen(f"{os.environ['KANNEL_URL']}/cgi-bin/sendsms?{query}", timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


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
    ]:
        code, line = send("0-0.1", "Hi", 0, **changes)
        check(code == status and line.startswith(start), f"{name}: {code} {line}")


def check_deliveries():
    """What waits for a carrier, and what is sent while there is one."""
    texts = {
        "00000000-0000-7000-8000-000000000001.1": ("waiting [€]", 0, "text waiting [€]"),
        "00000000-0000-7000-8000-000000000002.1": ("a&b=c+d %", 0, "text a&b=c+d %"),
        "00000000-0000-7000-8000-000000000003.1": ("ж🎉", 2, "ucs-2 %046%D8%3C%DF%89"),
        "00000000-0000-7000-8000-000000000004.1": ("a" * 307, 0, None),
    }
    smsc = None
    started = time.time()
    for delivery, (text, coding, _) in texts.items():
        code, line = send(delivery, text, coding)
        wanted = "3: Queued for later delivery" if smsc is None else "0: Accepted for delivery"
        check((code, line) == (202, wanted), f"{text[:20]}: {code} {line}")
        if smsc is None:
            smsc = SMSC()
            wait_until("the carrier to be there", lambda: smsc.taken, 60)
    for delivery in texts:
        wait_until(f"the reports on {delivery}", lambda: len(reports(delivery)) >= 2, 60)
    for delivery, (text, _, taken) in texts.items():
        said = reports(delivery)
        # One of each for all segments together.
        check(sorted(one["status"] for one in said) == ["1", "8"], f"{text[:20]}: {said}")
        for one in said:
            check(set(one) == {"delivery", "secret", "status", "ts", "answer"}, f"the report has {set(one)}")
            check(one["secret"] == SECRET, "the report has another secret")
            check(started - 2 <= int(one["ts"]) <= time.time() + 2, f"the report is of {one['ts']}")
            check(one["answer"] == ("ACK/" if one["status"] == "8" else ""), f"the SMSC says {one['answer']}")
        if taken:
            check(f"+15551230000 +15551230001 {taken}" in smsc.taken, f"{taken} is not among {smsc.taken}")
    parts = [one for one in smsc.taken if " udh " in one]
    check(len(parts) == 3, f"307 characters went as {len(parts)} segments")
    smsc.stop()


def check_messages_to_us():
    smsc = SMSC("+15551230002 13013 text Stop")
    wait_until("a message by post-url", lambda: any(path == "/post" for _, path, _, _ in received), 60)
    smsc.stop()
    smsc = SMSC("+15551230002 13013 text get++é+%26 x")
    wait_until("a message by get-url", lambda: any(path == "/get" for _, path, _, _ in received), 60)
    smsc.stop()
    (method, _, items, body), = [one for one in received if one[1] == "/post"]
    check((method, body) == ("POST", b"Stop"), f"post-url: {method} {body}")
    (method, _, more, _), = [one for one in received if one[1] == "/get"]
    check(method == "GET" and more.pop("text").encode("latin-1") == "get++é+%26 x".encode(), f"get-url: {method} {more}")
    for one in [items, more]:
        check(set(one) == {"secret", "id", "from", "to", "ts", "coding"}, f"the message has {set(one)}")
        check((one["from"], one["to"], one["coding"]) == ("+15551230002", "13013", "0"), f"the message is {one}")
        check(len(one["id"]) == 36 and one["ts"].isdigit(), f"the message is {one}")
    check(items["id"] != more["id"], "two messages have one id")


server = http.server.ThreadingHTTPServer(("127.0.0.1", WEBHOOKS), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
check_refusals()
check_deliveries()
check_messages_to_us()
findings.finish("kannel")
