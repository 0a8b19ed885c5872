"""Bad webhooks, for every provider: what the sandbox signed, with each bit of its signature and of its body flipped, cut
short, too large, too old, too new, sent again. All is refused, or has no effect, and nothing of it comes into the log.
Run it by scripts/webhooks, which installs what it needs."""

import argparse
import atexit
import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import shutil
import socket
import tempfile
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import providers
from embedded_log import records
from harness import Findings, Host, Sandbox, free_port, request, wait_until, wait_until_applied

parser = argparse.ArgumentParser()
parser.add_argument("--stride", type=int, default=1, help="flip each N-th bit of a body only")
arguments = parser.parse_args()

ACCOUNT_KEY = b"a secret of 32 bytes for a test!"
OWN_KEY = ec.generate_private_key(ec.SECP256R1())
OWN_PUBLIC = base64.b64encode(OWN_KEY.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).decode()
findings = Findings()


class Webhook:
    """A request to the host, as bytes."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, dict(headers), body

    def having(self, path=None, headers=None, body=None):
        return Webhook(self.method, self.path if path is None else path, self.headers | (headers or {}),
                       self.body if body is None else body)

    def bytes(self, length=None):
        head = f"{self.method} ".encode() + as_bytes(self.path) + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for name, value in self.headers.items():
            if name.lower() not in ("host", "content-length", "connection", "transfer-encoding"):
                head += name.encode() + b": " + as_bytes(value) + b"\r\n"
        return head + f"Content-Length: {len(self.body) if length is None else length}\r\n\r\n".encode() + self.body


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


class Sender:
    """Sends bytes as they are, over one connection as long as that holds."""

    def __init__(self, port):
        self.port = port
        self.connection = None

    def status(self, data):
        """The status code; 0: the connection ended without an answer."""
        for attempt in range(2):
            fresh = self.connection is None
            if fresh:
                self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.connection.sendall(data)
                status = self.answer()
            except OSError:
                status = 0
            if status or fresh:
                if not status:
                    self.close()
                return status
            self.close()
        return 0

    def answer(self):
        said = b""
        while b"\r\n\r\n" not in said:
            chunk = self.connection.recv(65536)
            if not chunk:
                return 0
            said += chunk
        head, _, rest = said.partition(b"\r\n\r\n")
        length = int((re.search(rb"(?i)content-length: (\d+)", head) or [b"", b"0"])[1])
        while len(rest) < length:
            chunk = self.connection.recv(65536)
            if not chunk:
                break
            rest += chunk
        if b"connection: close" in head.lower():
            self.close()
        return int(head.split(b" ")[1])

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Recorder(http.server.BaseHTTPRequestHandler):
    """What providers call: passes everything on to the host and keeps what the host took."""

    protocol_version = "HTTP/1.1"
    host_port = None
    taken = []

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, answer = request(self.host_port, self.command, self.path, body, dict(self.headers))
        if status == 200:
            self.taken.append(Webhook(self.command, self.path, self.headers.items(), body))
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = pass_on

    def log_message(self, *_):
        pass


def flips(data, stride=1):
    for index in range(0, len(data) * 8, stride):
        altered = bytearray(data)
        altered[index // 8] ^= 1 << index % 8
        yield bytes(altered)


def fields(data):
    """What a form says: two spellings of it are the same form, as are two of a number to the base of 16."""
    data = re.sub(rb"(?<=sig=)[0-9a-fA-F]{64}", lambda number: number[0].lower(), data)
    return sorted(urllib.parse.parse_qsl(data.decode("latin-1"), keep_blank_values=True, encoding="latin-1"))


def query(webhook):
    return as_bytes(webhook.path).partition(b"?")[2]


def same_query(webhook, altered):
    return fields(query(webhook)) == fields(query(altered)) and query(webhook).count(b"?") == query(altered).count(b"?")


# What of a webhook its scheme covers: headers; the body as bytes, as a form, as members of its JSON, or not at all (the
# sender proves itself by a password, and whoever has it can say anything); the query.
SCHEMES = {
    "sms": {"headers": ["X-Twilio-Signature"], "body": "form", "query": True},
    "plivo": {"headers": ["X-Plivo-Signature-V3", "X-Plivo-Signature-V3-Nonce"], "body": "form", "query": True},
    "vonage": {"headers": [], "body": "form", "query": True},
    "vonage_messages": {"headers": ["Authorization"], "body": "bytes"},
    "kannel": {"headers": [], "body": None, "secret": b"secret"},
    "whatsapp": {"headers": ["X-Hub-Signature-256"], "body": "bytes"},
    "whatsapp_twilio": {"headers": ["X-Twilio-Signature"], "body": "form", "query": True},
    "sendgrid": {
        "headers": ["X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"],
        "body": "bytes"},
    "postmark": {"headers": ["Authorization"], "body": None},
    "mailgun": {"headers": [], "body": "members", "members": ["timestamp", "token", "signature"]},
    "resend": {"headers": ["svix-id", "svix-timestamp", "svix-signature"], "body": "bytes"},
    "account": {"headers": ["webhook-id", "webhook-timestamp", "webhook-signature"], "body": "bytes"},
}


def spelled(value):
    scheme, blank, rest = value.strip(b" \t").partition(b" ")
    return scheme.lower() + blank + rest if blank else scheme


def header(webhook, name):
    return next((key for key in webhook.headers if key.lower() == name.lower()), None)


def bad(name, webhook):
    """(what, webhook) of everything that its scheme must refuse."""
    scheme = SCHEMES[name]
    for wanted in scheme["headers"]:
        key = header(webhook, wanted)
        if key is None:
            findings.check(False, f"{name}: a genuine webhook has no {wanted}")
            continue
        value = as_bytes(webhook.headers[key])
        for altered in flips(value):
            # Blanks around a value are none of it, and a scheme's name is the same in capitals.
            if spelled(altered) != spelled(value):
                yield f"a flipped bit of {wanted}", webhook.having(headers={key: altered})
        for altered in [b"", value[:-1], value + b"x", value * 2, b"\xff" * 40]:
            yield f"another {wanted}", webhook.having(headers={key: altered})
        bare = webhook.having()
        del bare.headers[key]
        yield f"no {wanted}", bare
    yield from bad_bodies(scheme, webhook)
    if query(webhook) and (scheme.get("query") or scheme.get("secret")):
        yield from bad_queries(webhook, scheme.get("secret"))


def bad_bodies(scheme, webhook):
    body = webhook.body
    if scheme["body"] in ("bytes", "form"):
        same = (lambda one: one == body) if scheme["body"] == "bytes" else (lambda one: fields(one) == fields(body))
        for altered in flips(body, arguments.stride):
            if not same(altered):
                yield "a flipped bit of the body", webhook.having(body=altered)
        for length in range(0, len(body), max(1, len(body) // 200)):
            if not same(body[:length]):
                yield "a body cut short", webhook.having(body=body[:length])
        yield "a longer body", webhook.having(body=body + (b"&x=1" if scheme["body"] == "form" else b" "))
    elif scheme["body"] == "members":
        for member in scheme["members"]:
            found = re.search(rb'"%s"\s*:\s*"?([^",}]+)' % member.encode(), body)
            before, after = body[:found.start(1)], body[found.end(1):]
            for altered in flips(found[1]):
                yield f"a flipped bit of {member}", webhook.having(body=before + altered + after)
        for length in range(0, len(body) - 1, max(1, len(body) // 200)):
            yield "a body cut short", webhook.having(body=body[:length])


def bad_queries(webhook, secret):
    """All of the query, or of the one parameter that is a password."""
    path = as_bytes(webhook.path)
    covered = re.search(rb"[?&]%s=([^&]*)" % secret, path) if secret else re.search(rb"\?(.*)", path)
    for altered in flips(covered[1]):
        other = webhook.having(path=path[:covered.start(1)] + altered + path[covered.end(1):])
        if not same_query(webhook, other) and not re.search(rb"[\x00-\x20\x7f#]", altered):
            yield "a flipped bit of the query", other


# MARK: Times, by our own signatures

def mac(key, text, algorithm=hashlib.sha256):
    return hmac.new(key, text.encode(), algorithm).digest()


def standard(names, key, body, moment, path):
    signature = base64.b64encode(mac(key, f"msg_7.{moment}.{body}")).decode()
    return Webhook("POST", path, dict(zip(names, ["msg_7", str(moment), "v1," + signature]))
                   | {"Content-Type": "application/json"}, body.encode())


def signed_resend(moment):
    key = base64.b64decode("cHJvdmlkZXItc2FuZGJveDogUmVzZW5kJ3M=")
    return standard(["svix-id", "svix-timestamp", "svix-signature"], key,
                    '{"type":"email.delivered","created_at":"2026-01-01T00:00:00Z","data":{"email_id":"none"}}', moment,
                    "/webhooks/resend")


def signed_account(moment):
    return standard(["webhook-id", "webhook-timestamp", "webhook-signature"], ACCOUNT_KEY,
                    '{"externalId":"bad-sms","event":"delivered"}', moment, "/webhooks")


def signed_mailgun(moment):
    token = hashlib.sha256(str(moment).encode()).hexdigest()[:50]
    signature = mac(b"sandbox-signing-key", f"{moment}{token}").hex()
    body = {"signature": {"timestamp": str(moment), "token": token, "signature": signature},
            "event-data": {"event": "delivered", "timestamp": moment, "id": "x", "message": {"headers": {"message-id": "none"}}}}
    return Webhook("POST", "/webhooks/mailgun", {"Content-Type": "application/json"}, json.dumps(body).encode())


def signed_sendgrid(moment):
    body = b'[{"event":"delivered","sg_event_id":"x","sg_message_id":"none","timestamp":1}]'
    signature = OWN_KEY.sign(str(moment).encode() + body, ec.ECDSA(hashes.SHA256()))
    return Webhook("POST", "/webhooks/sendgrid_own", {
        "Content-Type": "application/json", "X-Twilio-Email-Event-Webhook-Timestamp": str(moment),
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode()}, body)


def signed_vonage_messages(moment):
    body = b'{"message_uuid":"none","status":"delivered","timestamp":"2026-01-01T00:00:00Z"}'

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    text = part({"alg": "HS256", "typ": "JWT"}) + "." + part({
        "iat": moment, "exp": moment, "jti": "x", "iss": "Vonage", "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": "5a4db0c5"})
    token = text + "." + base64.urlsafe_b64encode(mac(b"sandbox-signature-secret", text)).decode().rstrip("=")
    return Webhook("POST", "/webhooks/vonage_messages", {
        "Content-Type": "application/json", "Authorization": "Bearer " + token}, body)


# How far from now a webhook may be signed, in seconds, as its scheme has it. Vonage's token says when it expires; SendGrid
# signs a time that nothing is said about.
BOTH, PAST = (-1, 1), (-1,)
TIMED = {
    "resend": (signed_resend, 300, BOTH), "account": (signed_account, 300, BOTH), "mailgun": (signed_mailgun, 43_200, BOTH),
    "sendgrid_own": (signed_sendgrid, None, ()), "vonage_messages": (signed_vonage_messages, 300, PAST),
}


# MARK: The run

def start():
    port = free_port()
    recorder = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=recorder.serve_forever, daemon=True).start()
    public = f"http://127.0.0.1:{recorder.server_port}"
    sandbox = Sandbox("--seed", 3, *providers.sandbox_options(f"{public}/webhooks", 3))
    url = f"http://127.0.0.1:{sandbox.port}"
    limits = "    settle_after: 1h\n"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-"))
    atexit.register(shutil.rmtree, folder, True)
    channels = providers.channels(sandbox, limits, folder)
    own = providers.CHANNELS["sendgrid"].replace("SENDGRID_KEY", f'"{OWN_PUBLIC}"')
    host = Host(sandbox, channels=channels + f"  sendgrid_own:{own}      base_url: {url}\n{limits}", port=port)
    secret = "whsec_" + base64.b64encode(ACCOUNT_KEY).decode()
    host.configuration.write_text(
        host.configuration.read_text().replace(f'public_url: "http://127.0.0.1:{port}"', f'public_url: "{public}"')
        .replace("log: { level: warning }", "log: { level: error }")
        + f'\nwebhooks: {{ secret: "${{WEBHOOK_SECRET:-{secret}}}" }}\n')
    Recorder.host_port = port
    host.start()
    return sandbox, host


def genuine(sandbox, host):
    """A webhook of each channel's that the host took, and the notifications; and one of Plivo's with all its headers."""
    ids = {}
    # SES reports only once its topic is confirmed, and of what it says the fields are signed, not the bytes.
    for name in set(providers.CHANNELS) - {"ses"}:
        to = "ada@example.com" if name in providers.MAIL else "+15551230001"
        wanted = {"channel": name, "to": to, "body": "Hello", "externalId": f"bad-{name}", "subject": "Hello"}
        if name not in providers.MAIL:
            del wanted["subject"]
        status, body = request(host.port, "POST", "/notifications", json.dumps(wanted), {"Content-Type": "application/json"})
        findings.check(status == 202, f"{name}: {status} {body[:200]}")
        ids[name] = json.loads(body)["id"]
    # What a mail server posts has a password, and nothing that covers it.
    reporting = set(providers.CHANNELS) - {"ses", "smtp"}

    def channels():
        return {webhook.path.partition("?")[0].rsplit("/", 1)[1] for webhook in Recorder.taken}

    wait_until("a webhook of each provider", lambda: channels() >= reporting, 60)
    settled = "SELECT count(*) FROM deliveries WHERE settlement = 0"
    wait_until("all to settle", lambda: host.query(settled)[0][0] <= 1, 60)
    wait_until("the sandbox's reports", lambda: sandbox.summary()["reportsPending"] == 0, 60)
    wait_until_applied(host)
    # Of Plivo's two signatures either would do.
    both = [one.having() for one in Recorder.taken if one.path.startswith("/webhooks/plivo")][-1]
    for one in Recorder.taken:
        one.headers = {key: value for key, value in one.headers.items() if "signature-v2" not in key.lower()}
    samples = {name: [one for one in Recorder.taken if one.path.partition("?")[0].endswith("/" + name)][-1]
               for name in reporting}
    return samples | {"account": signed_account(int(time.time()))}, ids, both


def stored(host):
    """How many webhooks the log has, and how many entries the timelines."""
    tables = host.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'log:webhook.received:%'")
    webhooks = sum(host.query(f'SELECT coalesce(sum(total), 0), coalesce(max(base + count), 0) FROM "{name}"')[0][1]
                   for (name,) in tables)
    return webhooks, host.query("SELECT count(*) FROM timeline")[0][0]


def check_refused(host, sender, name, webhook):
    before, count, wrong = stored(host), 0, 0
    for what, altered in bad(name, webhook):
        status = sender.status(altered.bytes())
        count += 1
        if not 400 <= status < 500:
            wrong += 1
            if wrong <= 3:
                findings.check(False, f"{name}: {what} is answered {status}: {altered.bytes()[:700]!r}")
    oversize = webhook.having(body=webhook.body + b" " * ((4 << 20) + 1))
    for what, data in [("too large", oversize.bytes()), ("too large by its own word", webhook.bytes(length=99_999_999))]:
        status = Sender(host.port).status(data)
        count += 1
        findings.check(status == 413, f"{name}: {what} is answered {status}")
    # Less than it says, and then nothing.
    if webhook.body:
        connection = socket.create_connection(("127.0.0.1", host.port))
        connection.sendall(webhook.bytes()[:-1])
        connection.close()
        count += 1
    after = stored(host)
    findings.check(after == before, f"{name}: the log and the timelines went from {before} to {after}: the last webhook is "
                   f"{[value for _, value in records(host, 'webhook.received')][-1][:1500]}")
    print(f"{name}: {count} bad ones, {wrong} not refused")


def check_downgrade(host, sender, webhook):
    """Without its V3, a request of Plivo's is left with a signature that covers neither form nor query."""
    weak = webhook.having()
    weak.headers = {name: value for name, value in webhook.headers.items() if "signature-v3" not in name.lower()}
    findings.check(
        len(weak.headers) + 2 == len(webhook.headers) and any("signature-v2" in name.lower() for name in weak.headers),
        f"plivo's webhook has the headers {list(webhook.headers)}")
    before = stored(host)[0]
    for what, forged in [
            ("form", weak.having(body=weak.body.replace(b"Status=", b"Status=un"))),
            ("query", weak.having(path=re.sub(r"delivery=.", "delivery=f", weak.path) + "&x=1"))]:
        status = sender.status(forged.bytes())
        findings.check(400 <= status < 500, f"plivo: by V2 alone another {what} is answered {status}")
    findings.check(stored(host)[0] == before, "plivo: a forged webhook is in the log")
    findings.check(sender.status(weak.bytes()) == 200, "plivo: the same request by V2 alone is refused")


def check_times(host, sender):
    for name, (sign, tolerance, directions) in TIMED.items():
        now = int(time.time())
        status = sender.status(sign(now).bytes())
        findings.check(status in (200, 202), f"{name}: signed by us it is answered {status}")
        before = stored(host)[0]
        for direction in directions:
            for offset in [tolerance + 60, tolerance + 3600, 10 ** 9]:
                status = sender.status(sign(now + direction * offset).bytes())
                findings.check(
                    400 <= status < 500, f"{name}: signed {direction * offset} s from now it is answered {status}")
        findings.check(stored(host)[0] == before, f"{name}: one of another time is in the log")


def check_replays(host, sender, samples, ids):
    """The same once more is taken, and changes nothing."""
    def standing():
        views = {}
        for name, identifier in ids.items():
            view = json.loads(request(host.port, "GET", f"/notifications/{identifier}")[1])
            views[name] = (view["status"], view["settlement"], view["sequence"], len(view["deliveries"]))
        return views

    wait_until_applied(host)
    before = standing()
    for name, webhook in samples.items():
        if name == "account":
            continue
        for _ in range(3):
            status = sender.status(webhook.bytes())
            findings.check(status == 200, f"{name}: the same webhook again is answered {status}")
    wait_until_applied(host)
    after = standing()
    for name in before:
        findings.check(before[name] == after[name], f"{name}: replayed, {before[name]} became {after[name]}")


sandbox, host = start()
samples, ids, both = genuine(sandbox, host)
sender = Sender(host.port)
for name, webhook in samples.items():
    check_refused(host, sender, name, webhook)
check_downgrade(host, sender, both)
check_times(host, sender)
check_replays(host, sender, samples, ids)
status, body = request(host.port, "POST", "/webhooks/ses", "{}", {"Content-Type": "text/plain"})
findings.check(status == 403, f"ses: unsigned it is answered {status}")
findings.check(request(host.port, "GET", "/health")[0] == 200, "the host is not well afterwards")
host.stop()
sandbox.stop()
host.clean()
findings.finish("webhooks")
