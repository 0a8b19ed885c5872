"""The running host against its own description: the documents are valid, every answer of a scripted life and every event
is as they say, and schemathesis finds nothing wrong. Run it by scripts/contract, which installs what it needs."""

import argparse
import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

from openapi_spec_validator import validate

from described import Description
from embedded_log import records
from identities import AccountsHost
from harness import Findings, Host, Sandbox, wait_until

parser = argparse.ArgumentParser()
parser.add_argument("--examples", type=int, default=300, help="cases for each operation and phase")
parser.add_argument("--least", type=int, default=5000, help="cases that there must be")
parser.add_argument("--seed", type=int, default=20)
arguments = parser.parse_args()

HERE = pathlib.Path(__file__).parent
SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes for a test!").decode()
TOKEN = "sandbox-auth-token"
findings = Findings()


class Caller:
    """Sends requests, and holds each answer against the description."""

    def __init__(self, port):
        self.port = port
        self.description = Description(port)
        self.statuses = set()

    def send(self, method, path, body=None, headers=None, expect=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        is_stream = response.getheader("Content-Type") == "text/event-stream"
        data = b"" if is_stream else response.read()
        connection.close()
        name = f"{method} {path[:80]}: {response.status}"
        for problem in self.description.wrong(method, path, response.status, response.headers, data):
            findings.check(False, f"{name}: {problem}")
        findings.check(expect is None or response.status == expect, f"{name} instead of {expect}: {data[:200]}")
        self.statuses.add((method, path.split("?")[0], response.status))
        return response, data


def check_documents(caller):
    document = caller.description.document
    validate(document)
    identifiers = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    findings.check(len(identifiers) == len(set(identifiers)), "an operationId comes twice")
    events = json.dumps(caller.description.events)
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', events):
        place = caller.description.events
        for step in reference.split("/"):
            place = place.get(step) if place else None
        findings.check(place is not None, f"asyncapi.json lacks {reference}")
    for topic in caller.description.events["components"]["schemas"]:
        _, body = caller.send("GET", f"/schemas/{topic}", expect=200)
        schema = json.loads(body)
        findings.check(schema["$id"] == f"/schemas/{topic}", f"the schema of {topic} is {schema.get('$id')}")
    caller.send("GET", "/schemas/nothing", expect=404)


def check_page(caller):
    """Nothing from elsewhere, nothing that runs, and each operation in its place."""
    response, body = caller.send("GET", "/docs", expect=200)
    page = body.decode()
    policy = response.getheader("Content-Security-Policy")
    findings.check(policy.startswith("default-src 'none'; style-src 'self'"), f"the page's policy is {policy}")
    for pattern in ["<script", "<img", " style=", r"src=", r" on\w+="]:
        findings.check(not re.search(pattern, page), f"the page has {pattern}")
    loaded = re.findall(r'<link[^>]*href="([^"]+)"', page)
    findings.check(loaded == ["/docs/style.css"], f"the page loads {loaded}")
    anchors = set(re.findall(r'id="([^"]+)"', page))
    for path in caller.description.document["paths"].values():
        for operation in path.values():
            findings.check(operation["operationId"] in anchors, f"the page lacks {operation['operationId']}")
    broken = set(re.findall(r'href="#([^"]+)"', page)) - anchors
    findings.check(not broken, f"the page leads nowhere: {broken}")
    caller.send("GET", "/docs/style.css", expect=200)


def twilio(port, fields):
    """A webhook as Twilio signs it."""
    url = f"http://127.0.0.1:{port}/webhooks/sms"
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    return urllib.parse.urlencode(fields), {
        "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}


def standard(body):
    moment = str(int(time.time()))
    key = base64.b64decode(SECRET[6:])
    mac = hmac.new(key, f"msg_1.{moment}.{body}".encode(), hashlib.sha256).digest()
    return {"webhook-id": "msg_1", "webhook-timestamp": moment, "Content-Type": "application/json",
            "webhook-signature": "v1," + base64.b64encode(mac).decode()}


def check_a_life(caller, host):
    """Each route, in ways that are good and bad."""
    one = {"channel": "sms", "to": "+15551230001", "body": "Hello", "externalId": "c-1"}
    _, body = caller.send("POST", "/notifications", one, expect=202)
    identifier = json.loads(body)["id"]
    caller.send("POST", "/notifications", one, expect=202)
    caller.send("GET", f"/notifications/{identifier}", expect=200)
    caller.send("GET", "/notifications?externalId=c-1", expect=200)
    caller.send("POST", "/notifications", one | {"body": "Other"}, expect=409)
    # Two of one name in one batch: the later one becomes a conflict.
    caller.send("POST", "/notifications/batch", [one | {"externalId": "c-2"}, one | {"externalId": "c-2", "body": "!"}],
                expect=202)
    caller.send("POST", "/notifications/batch", [one, {"to": 1}], expect=207)
    wait_until("delivered", lambda: json.loads(caller.send("GET", f"/notifications/{identifier}")[1])["status"]
               == "delivered", 30)
    for wrong, status in [("{", 400), ("[]", 422), ({"to": "x"}, 422), ({**one, "bdoy": "x"}, 422), ("\x00", 400)]:
        caller.send("POST", "/notifications", wrong, {"Content-Type": "application/json"}, expect=status)
    caller.send("POST", "/notifications", "{}", {"Content-Type": "text/plain"}, expect=415)
    caller.send("POST", "/notifications", b" " * (9 << 20), {"Content-Type": "application/json"}, expect=413)
    caller.send("POST", "/notifications/batch", [], expect=422)
    for path in ["/notifications/x", "/notifications/00000000-0000-7000-8000-000000000000", "/nothing", "/webhooks/none"]:
        caller.send("GET", path, expect=404)
    caller.send("GET", "/notifications?externalId=none", expect=404)
    page = json.loads(caller.send("GET", "/notifications?limit=1&channel=sms", expect=200)[1])
    caller.send("GET", f"/notifications?limit=1&channel=sms&cursor={page['next']}", expect=200)
    caller.send("GET", "/notifications?colour=red&limit=0", expect=400)
    caller.send("DELETE", f"/notifications/{identifier}", expect=409)
    caller.send("DELETE", "/notifications/00000000-0000-7000-8000-000000000000", expect=404)
    keyed = {"Content-Type": "application/json", "Idempotency-Key": '"once"'}
    for _ in range(2):
        caller.send("POST", "/notifications", json.dumps({"channel": "sms", "to": "+15551230001", "body": "Once"}), keyed,
                    expect=202)
    caller.send("GET", "/metrics", expect=200)
    caller.send("POST", f"/notifications/{identifier}/resolution", {"decision": "resend"}, expect=409)
    caller.send("POST", f"/notifications/{identifier}/resolution", {"decision": "perhaps"}, expect=422)
    someone = "/opt-outs/sms/+15551230009"
    caller.send("GET", someone, expect=404)
    caller.send("PUT", someone, expect=200)
    caller.send("GET", someone, expect=200)
    caller.send("GET", "/opt-outs?limit=1", expect=200)
    caller.send("GET", "/opt-outs?limit=0", expect=400)
    caller.send("GET", "/opt-outs?list=none", expect=404)
    caller.send("DELETE", someone, expect=204)
    for path in ["/health", "/health/liveness", "/health/readiness", "/openapi.json", "/asyncapi.json"]:
        caller.send("GET", path, expect=200)
        response, data = caller.send("HEAD", path)
        findings.check(response.status == 200 and not data, f"HEAD {path}: {response.status} {data[:40]}")
    caller.send("GET", "/events", expect=200)
    caller.send("GET", "/events", headers={"Last-Event-ID": "no id"}, expect=400)
    # Webhooks: genuine, not genuine, and genuine but not to be read.
    sent = {"MessageSid": "SM" + "1" * 32, "AccountSid": "AC00000000000000000000000000005a4d", "From": "+15551239999",
            "To": "+15005550006", "Body": "STOP", "NumMedia": "0", "SmsStatus": "received"}
    caller.send("POST", "/webhooks/sms", *twilio(host.port, sent), expect=200)
    caller.send("POST", "/webhooks/sms", *twilio(host.port, {"Nothing": "1"}), expect=200)
    caller.send("POST", "/webhooks/sms", "MessageSid=SM1", {"Content-Type": "application/x-www-form-urlencoded"}, expect=403)
    report = json.dumps({"externalId": "c-1", "event": "delivered"})
    caller.send("POST", "/webhooks", report, standard(report), expect=202)
    caller.send("POST", "/webhooks", "{}", standard("{}"), expect=422)
    caller.send("POST", "/webhooks", report, {"Content-Type": "application/json"}, expect=403)


def check_methods(caller):
    """Every path, by every method that it does not take: 405 with Allow, and the paths that are nowhere: 404."""
    for path, operations in caller.description.document["paths"].items():
        concrete = re.sub(r"\{\w+\}", "x", path)
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]:
            if method.lower() in operations or method == "HEAD" and "get" in operations:
                continue
            response, _ = caller.send(method, concrete, expect=405)
            allow = {word.strip() for word in (response.getheader("Allow") or "").split(",")} - {"HEAD"}
            findings.check(allow == {name.upper() for name in operations}, f"{method} {path}: Allow is {allow}")
    for path in ["/x", "/notifications/a/b", "/notifications/%2e%2e/%00", "/%ff", "//x//", "/docs/../x", "/" + "x" * 5000]:
        caller.send("GET", path, expect=404)


def check_events(caller, host):
    """Every event of the run is as asyncapi.json says, and there was one of each topic."""
    topics = list(caller.description.events["channels"])
    wait_until("an event of each topic", lambda: all(any(records(host, topic)) for topic in topics), 30)
    for topic in topics:
        found = list(records(host, topic))
        for headers, value in found:
            for problem in caller.description.wrong_event(topic, headers, value):
                findings.check(False, f"{topic}: {problem}: {value[:300]}")
        findings.check(found, f"there was no event of {topic}")
        print(f"{topic}: {len(found)} events as described")


def cut_short(host, head, body):
    """Sends a request that does not come to its end, and hangs up."""
    with socket.create_connection(("127.0.0.1", host.port), timeout=10) as connection:
        connection.sendall(f"POST /notifications/batch HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode() + body)


def check_incomplete(caller, host):
    """Of a batch that is cut off where a line ends, nothing is accepted."""
    line = json.dumps({"channel": "sms", "to": "+15551230001", "body": "Half", "externalId": "half"}).encode() + b"\n"
    kind = "Content-Type: application/x-ndjson"
    cut_short(host, f"{kind}\r\nContent-Length: {len(line) + 10}", line)
    cut_short(host, f"{kind}\r\nTransfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(line), line))
    # What comes after it is accepted, so that it would be known by now.
    caller.send("POST", "/notifications/batch", line.replace(b'"half"', b'"whole"'), {"Content-Type": "application/x-ndjson"},
                expect=202)
    time.sleep(1)
    caller.send("GET", "/notifications?externalId=whole", expect=200)
    caller.send("GET", "/notifications?externalId=half", expect=404)


def settings(folder, refusals):
    """How schemathesis tries the host; where some credentials do not do, what they are answered is an answer, too."""
    text = (HERE / "schemathesis.toml").read_text()
    if refusals:
        listed = ", ".join(map(str, refusals))
        text, count = re.subn(r'(positive_data_acceptance = \{ expected-statuses = \[)', rf"\g<1>{listed}, ", text)
        findings.check(count >= 6, f"schemathesis.toml has {count} lists of statuses to widen")
    file = pathlib.Path(folder) / "schemathesis.toml"
    file.write_text(text)
    return file


def schemathesis(host, location, phases, examples, *options, refusals=()):
    """Every check. The number of cases."""
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [pathlib.Path(sys.executable).with_name("schemathesis"), "--config-file", settings(folder, refusals), "run",
             location, "--url", f"http://127.0.0.1:{host.port}", "--checks", "all", "--phases", phases, "--max-examples",
             str(examples), "--seed", str(arguments.seed), "--workers", "2", "--no-color", *options],
            cwd=folder, capture_output=True, text=True)
    said = result.stdout + result.stderr
    findings.check(result.returncode == 0, f"schemathesis ended with {result.returncode} ({phases})")
    print(said[-12_000:] if result.returncode else said[said.find("API capabilities"):])
    links = re.search(r"API Links:\s+(\d+) covered", said)
    return sum(int(number) for number in re.findall(r"(\d+) generated", said.replace(",", ""))), int((links or "00")[1])


def narrowed(document):
    """The description of those notifications only that this host's one channel takes: so that much is accepted, and what
    comes after that is tried."""
    document = json.loads(json.dumps(document))
    whole = document["components"]["schemas"]["Notification"]
    wanted = {"to": {"type": "string", "pattern": "^\\+1555[0-9]{7}$"}, "body": {"type": "string", "pattern": "^[a-z ]{1,100}$"}}
    wanted["externalId"] = {"type": "string", "pattern": "^[a-z]{1,20}$"}
    kept = {name: whole["properties"][name] for name in ("class", "metadata", "tags")}
    document["components"]["schemas"]["Notification"] = whole | {"properties": wanted | kept, "required": list(wanted)}
    return document


def narrow_file(caller):
    file = tempfile.NamedTemporaryFile("w", suffix=".json")
    json.dump(narrowed(caller.description.document), file)
    file.flush()
    return file


# So many times more scenarios where links are followed: with a few, chance can leave all of them at one operation.
LINKED = 5
# They lead nowhere, whatever is sent: chosen first, they would be all that is tried.
NO_LINKS = ["--exclude-path-regex", "^/(admin/|unsubscribe/)"]


def check_by_schemathesis(caller, host):
    """The number of cases. What every parameter can be like is tried where there are accounts, by who may do all."""
    cases, _ = schemathesis(
        host, f"http://127.0.0.1:{host.port}/openapi.json", "examples,fuzzing,stateful", arguments.examples)
    with narrow_file(caller) as file:
        # What is wrong by the narrower description may be right by the whole one; refused webhooks lead nowhere.
        more, links = schemathesis(
            host, file.name, "stateful", LINKED * arguments.examples, "--exclude-tag", "Webhooks", "--mode",
            "positive", *NO_LINKS)
    findings.check(links >= 3, f"schemathesis followed {links} links only")
    return cases + more


def check_identities(sandbox):
    """The same where there are accounts, by each kind of credentials. The number of cases."""
    host = AccountsHost(sandbox, findings.check)
    caller = Caller(host.port)
    check_documents(caller)
    cases = 0
    whole = f"http://127.0.0.1:{host.port}/openapi.json"
    with narrow_file(caller) as file:
        for name, credential in host.credentials.items():
            said = ["--header", f"Authorization: Bearer {credential}"] if credential else []
            print(f"== {name}")
            if name == "admin":
                found, _ = schemathesis(
                    host, whole, "examples,coverage,fuzzing,stateful", arguments.examples, *said)
            elif name in ("sender", "key"):
                found, links = schemathesis(
                    host, file.name, "stateful", LINKED * arguments.examples, "--exclude-tag", "Webhooks", "--exclude-tag",
                    "Accounts", "--mode", "positive", *NO_LINKS, *said, refusals=[403])
                findings.check(links >= 3, f"schemathesis followed {links} links only, as {name}")
            else:
                found, _ = schemathesis(
                    host, whole, "fuzzing", max(4, arguments.examples // 4), "--exclude-tag", "Webhooks", "--exclude-tag",
                    "Description", "--exclude-path-regex", "^/auth/(register|login)", *said, refusals=[401, 403])
            cases += found
    host.check_tenancy()
    host.stop()
    return cases


sandbox = Sandbox()
host = Host(sandbox)
host.configuration.write_text(
    host.configuration.read_text() + "\nroutes: { default: [ { channels: [sms] } ] }\n"
    f'webhooks: {{ secret: "${{WEBHOOK_SECRET:-{SECRET}}}" }}\n')
host.start()
caller = Caller(host.port)
check_documents(caller)
check_page(caller)
check_a_life(caller, host)
check_methods(caller)
check_incomplete(caller, host)
check_events(caller, host)
cases = check_by_schemathesis(caller, host)
check_events(caller, host)
host.stop()
host.clean()
cases += check_identities(sandbox)
sandbox.stop()
findings.check(cases >= arguments.least, f"schemathesis tried {cases} cases only")
print(f"schemathesis: {cases} cases")
findings.finish("contract")
