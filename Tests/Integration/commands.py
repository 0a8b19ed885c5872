"""Uses the commands as people do, against the real programs, and knocks at the host's door in ways nobody should."""

import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import accounts
from harness import BIN, ROOT, Findings, Host, Sandbox, free_port, request, wait_until

findings = Findings()
check = findings.check
SECRET = "a-canary-secret-0123456789"


def run(*arguments, environment=None, timeout=30, text=None):
    result = subprocess.run(
        [BIN / "switchboard", *map(str, arguments)], capture_output=True, text=True, timeout=timeout, input=text,
        env=os.environ | (environment or {}))
    return result.returncode, result.stdout, result.stderr


def check_configuration():
    code, out, err = run("check", ROOT / "channels.yaml")
    check(code == 0, f"the example does not pass: {out}{err}")
    with tempfile.TemporaryDirectory() as folder:
        bad = pathlib.Path(folder) / "bad.yaml"
        bad.write_text(
            "servre: {}\nchannels:\n  sms:\n    module: sms\n    provider: twilio\n    timeout: soon\n"
            f"    settings:\n      account_sid: x\n      auth_token: {SECRET}\n      from: '+15005550006'\n")
        code, out, err = run("check", bad)
        said = out + err
        check(code == 1, f"a bad file ends with {code}")
        for part in ["bad.yaml:1:1: error:", "did you mean 'server'?", "bad.yaml:6:14: error:", "bad.yaml:9:19: error:"]:
            check(part in said, f"check does not say {part!r}:\n{said}")
        check(SECRET not in said, "check shows a secret")
        code, out, err = run("serve", bad)
        check(code == 1 and "bad.yaml:1:1: error:" in out + err, f"serve takes a bad file: {code} {out}{err}")
        code, out, err = run("check", folder + "/missing.yaml")
        check(code == 1 and "missing.yaml" in out + err, f"a missing file: {code} {out}{err}")


def check_the_reach():
    """Without accounts only this machine may reach the host."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "open.yaml"
        file.write_text((ROOT / "channels.yaml").read_text())
        for command in ["check", "serve"]:
            code, out, err = run(command, file, environment={"HOST": "0.0.0.0", "PORT": "0"})
            check(code == 1 and "open.yaml:4:3: error: server.host" in out + err and "'auth'" in out + err,
                  f"{command} takes every interface without accounts: {code} {out}{err}")
        file.write_text(file.read_text() + "\nauth: { secret: '${JWT_SECRET}' }\n")
        code, out, err = run("check", file, environment={"HOST": "0.0.0.0", "JWT_SECRET": "0123456789" * 4})
        check(code == 0, f"with accounts: {out}{err}")
        code, out, err = run("check", file, environment={"JWT_SECRET": SECRET})
        check(code == 1 and SECRET not in out + err, f"a short secret: {code} {out}{err}")
        code, out, err = run("users", "list", ROOT / "channels.yaml")
        check(code == 1 and "'auth'" in err, f"users without auth: {code} {out}{err}")


def check_the_example():
    """Each block of channels.example.yaml, with its comment signs taken away, passes the check."""
    text = (ROOT / "channels.example.yaml").read_text()
    names = set(re.findall(r"\$\{([A-Z_]+)\}", text))
    values = {name: "x" * 32 for name in names} | {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_FROM": "+15005550006",
        "RESEND_WEBHOOK_SECRET": "whsec_" + base64.b64encode(b"0" * 24).decode(),
        "ORDERS_CALLBACK_SECRET": "whsec_" + base64.b64encode(b"0" * 24).decode(),
        "SENDGRID_WEBHOOK_KEY": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQ"
        "GhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==",
    }
    with tempfile.TemporaryDirectory() as folder:
        opened = pathlib.Path(folder) / "example.yaml"
        opened.write_text(re.sub(r"(?m)^#(  .*|[a-z_]+:)$", r"\1", text))
        shutil.copytree(ROOT / "templates", pathlib.Path(folder) / "templates")
        for file in [ROOT / "channels.example.yaml", opened]:
            code, out, err = run("check", file, environment=values)
            check(code == 0, f"{file.name} does not pass: {out}{err}")
        check("callback orders: " in out, f"the check does not show the callback: {out}")
        providers = set(re.findall(r"(?m)^    provider: (\w+)$", opened.read_text()))
    code, out, _ = run("channels")
    for provider in providers:
        check(provider in out, f"channels does not name {provider}")
    # A callback's module stands under `callbacks`, where it needs no name.
    missing = set(re.findall(r"(?m)^  +provider ([a-z-]+)", out)) - providers - {"http"}
    check(not missing, f"the example lacks {missing}")


def check_the_production_file():
    """With what .env.example names set to something, channels.production.yaml passes the check, and nothing lacks there."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = [line.split("=")[0] for line in lines if "=" in line and not line.startswith("#")]
    values = {line.split("=", 1)[0]: line.split("=", 1)[1] or "x" for line in lines if line.split("=")[0] in names}
    values |= {"TWILIO_ACCOUNT_SID": "AC00000000000000000000000000005a4d", "TWILIO_FROM": "+15005550006"}
    code, out, err = run("check", ROOT / "channels.production.yaml", environment=values | {"JWT_SECRET": "short"})
    check(code == 1 and re.search(r"production.yaml:\d+:\d+: error: auth.secret must be at least 32", out + err),
          f"a short secret: {out}{err}")
    values |= {"JWT_SECRET": "x" * 32, "JWT_PREVIOUS_SECRET": "y" * 32}
    code, out, err = run("check", ROOT / "channels.production.yaml", environment=values)
    check(code == 0, f"channels.production.yaml does not pass: {out}{err}")
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "channels.production.yaml").read_text()))
    used |= set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    check(used - {"KAFKA_PASSWORD"} <= set(names), f".env.example lacks {used - set(names)}")
    code, out, err = run("migrate", ROOT / "channels.yaml")
    check(code == 0 and "nothing to migrate" in out, f"migrate on the embedded file: {code} {out}{err}")


def check_channels():
    code, out, _ = run("channels")
    check(code == 0 and "sms" in out and "twilio" in out and "delivered" in out, f"channels says: {out[:400]}")
    code, out, _ = run("channels", "--mermaid")
    check(code == 0 and "stateDiagram" in out, f"channels --mermaid says: {out[:400]}")
    code, out, _ = run("channels", "--keys")
    manual = (ROOT / "docs" / "operating.md").read_text()
    check(code == 0 and "| `server.port` |" in out, f"channels --keys says: {out[:400]}")
    check("| `limits.connections` |" in manual, "the manual lacks the keys")


def check_a_life(host):
    server = ("--server", f"http://127.0.0.1:{host.port}")
    tail = subprocess.Popen(
        [BIN / "switchboard", "tail", *server, "--after", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True)
    changes = []
    reader = threading.Thread(target=lambda: changes.extend(json.loads(line) for line in tail.stdout), daemon=True)
    reader.start()
    code, out, err = run("send", *server, "--channel", "sms", "--to", "+15551230001", "--external-id", "c-1", "Hello")
    check(code == 0, f"send: {code} {out}{err}")
    identifier = json.loads(out)["id"]
    again = json.loads(run("send", *server, "--channel", "sms", "--to", "+15551230001", "--external-id", "c-1", "Hello")[1])
    check(again["id"] == identifier, "the same externalId is another notification")
    wait_until("delivered", lambda: json.loads(run("status", *server, identifier)[1])["status"] == "delivered", 30)
    code, out, _ = run("status", *server, "--external", "c-1")
    view = json.loads(out)
    check(code == 0 and view["id"] == identifier and view["settlement"] == "settled", f"status: {out}")
    wait_until("the tail", lambda: any(change["status"] == "delivered" for change in changes), 30)
    tail.send_signal(signal.SIGTERM)
    tail.wait(10)
    check([change["sequence"] for change in changes] == list(range(1, len(changes) + 1)), f"tail: {changes}")
    code, out, _ = run("send", *server, "--channel", "sms", "--to", "nobody", "Hello")
    check(code == 1 and '"field" : "to"' in out, f"a bad number: {code} {out}")
    code, out, _ = run("status", *server, "00000000-0000-7000-8000-000000000000")
    check(code == 1 and "Not found" in out, f"an unknown id: {code} {out}")
    code, out, _ = run("resolve", *server, "--resend", identifier)
    check(code == 1 and "Nothing is held" in out, f"nothing to resolve: {code} {out}")
    code, out, _ = run("cancel", *server, identifier)
    check(code == 1 and '"notificationStatus" : "delivered"' in out, f"too late to cancel: {code} {out}")
    code, out, _ = run("cancel", *server, "00000000-0000-7000-8000-000000000000")
    check(code == 1 and "Not found" in out, f"nothing to cancel: {code} {out}")
    code, out, _ = run("list", *server, "--status", "delivered", "--recipient", "+15551230001", "--limit", "5")
    check(code == 0 and [one["id"] for one in json.loads(out)["notifications"]] == [identifier], f"list: {code} {out}")
    code, out, _ = run("list", *server, "--status", "beamed")
    check(code == 1 and "there are: accepted, canceled" in out, f"an unknown status: {code} {out}")
    code, _, err = run("status", "--server", "http://127.0.0.1:1", identifier, timeout=20)
    check(code == 1 and "is the host running" in err, f"no host: {code} {err}")


MAIL = """\
  smtp:
    module: email
    provider: smtp
    settle_after: 30s
    settings:
      host: 127.0.0.1
      port: 1
      tls: none
      from: hello@acme.example
      bounce_domain: bounces.acme.example
      webhook_token: ${{BOUNCE_TOKEN:-{token}}}
  post:
    module: email
    provider: postmark
    settle_after: 30s
    settings:
      server_token: ${{POSTMARK_TOKEN:-b1946ac9-2492-4d23-47c6-235b4d2611be}}
      from: hello@acme.example
      webhook_username: u
      webhook_password: ${{POST_PASSWORD:-{token}}}
      base_url: http://127.0.0.1:{sandbox}
"""

COMPLAINT = """\
From staff@isp.example Fri Jan  2 03:04:05 2026
From: staff@isp.example
To: fbl@acme.example
Subject: FW: Hello
Content-Type: multipart/report; report-type=feedback-report; boundary="limit"

--limit
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1

--limit
Content-Type: message/rfc822

Message-ID: <{delivery}@acme.example>

Hi
--limit--
"""


def check_mail():
    """Files sent along, and complaints piped in as a mail server does."""
    sandbox = Sandbox("--postmark-server-token", "b1946ac9-2492-4d23-47c6-235b4d2611be")
    host = Host(sandbox, channels=MAIL.format(token=SECRET, sandbox=sandbox.port))
    host.start()
    server = ("--server", f"http://127.0.0.1:{host.port}")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "invoice.pdf").write_bytes(b"%PDF" + bytes(range(256)) * 4000)
        (folder / "data").write_bytes(b"")
        post = ("send", *server, "--channel", "post", "--to", "ada@example.com")
        code, out, err = run(*post, "--attach", folder / "invoice.pdf", "--attach", f"{folder / 'data'}:text/csv", "Hello")
        check(code == 1 and '"field" : "subject"' in out, f"mail needs a subject: {code} {out}{err}")
        code, out, err = run(
            *post, "--subject", "s", "--attach", folder / "invoice.pdf", "--attach", f"{folder / 'data'}:text/csv", "Hello")
        check(code == 0, f"send --attach: {code} {out}{err}")
        data = base64.b64encode((folder / "invoice.pdf").read_bytes()).decode()
        body = {"channel": "post", "to": "ada@example.com", "subject": "s", "body": "b", "attachments": [
            {"name": "Żółć.pdf", "mediaType": "application/pdf", "data": data}]}
        status, said = request(host.port, "POST", "/notifications", json.dumps(body), {"Content-Type": "application/json"})
        check(status == 202, f"a file: {status} {said[:300]!r}")
        wait_until("the mails at the provider", lambda: sandbox.summary()["answered"] == 2, 30)
        expected = hashlib.sha256((folder / "invoice.pdf").read_bytes()).hexdigest()
        files = sorted([(file["name"], file["mediaType"], file["size"]) for file in mail["attachments"]]
                       for mail in sandbox.ledger())
        check(files == [[("invoice.pdf", "application/pdf", 1024004), ("data", "text/csv", 0)],
                        [("Żółć.pdf", "application/pdf", 1024004)]] , f"the files are others: {files}")
        check(all(mail["attachments"][0]["sha256"] == expected for mail in sandbox.ledger()), "the bytes are others")
        code, out, _ = run("status", *server, json.loads(said)["id"])
        check('"size" : 1024004' in out and data[:40] not in out, f"the view: {out[:500]}")
        code, _, err = run(*post, "--attach", folder / "none.pdf", "Hello")
        check(code != 0 and "none.pdf" in err, f"a file that is not there: {code} {err}")
        # There is no mail server: it waits for another attempt while the complaint comes.
        code, out, err = run("send", *server, "--channel", "smtp", "--to", "ada@example.com", "--subject", "s", "Hello")
        check(code == 0, f"send by smtp: {code} {out}{err}")
        check_bounces(host, json.loads(out)["id"] + ".1", folder)
    sandbox.stop()
    host.stop()
    host.clean()


def check_bounces(host, delivery, folder):
    token = folder / "token"
    token.write_text(SECRET + "\n")
    direct = ("bounce", "--channel", "smtp", "--server", f"http://127.0.0.1:{host.port}", "--token-file", token)
    mail = COMPLAINT.format(delivery=delivery)
    for name, arguments, words, expected in [
        ("nothing", direct, "", 65), ("no mail", direct, "hello there\n", 65),
        ("no token", (*direct[:-1], folder / "none"), mail, 75),
        ("another channel", ("bounce", "--config", host.configuration, "--channel", "post"), mail, 75),
        ("no configuration", ("bounce", "--config", folder / "none.yaml"), mail, 75),
        ("no host", ("bounce", "--channel", "smtp", "--server", "http://127.0.0.1:1", "--token-file", token), mail, 75),
        ("no such channel", ("bounce", "--channel", "fax", *direct[3:]), mail, 75),
        ("an odd option", ("bounce", "--odd"), mail, 64),
        ("by the token", direct, mail, 0), ("again, with a long mail behind", direct, mail + "x" * 5_000_000, 0),
        ("by the configuration", ("bounce", "--config", host.configuration, "--recipient", f"bounces+{delivery}@x.example"),
         mail, 0),
    ]:
        code, out, err = run(*arguments, text=words)
        check(code == expected, f"bounce, {name}: {code} instead of {expected}: {out}{err}")
        check(SECRET not in out + err, f"bounce, {name}, shows the token")
    token.write_text("another")
    code, _, err = run(*direct, text=mail)
    check(code == 75 and "credential" in err, f"bounce with another token: {code} {err}")
    path = "/opt-outs/email/ada@example.com"
    wait_until("the opting out", lambda: request(host.port, "GET", path)[0] == 200, 30)
    check(json.loads(request(host.port, "GET", path)[1])["source"] == "complaint", "not by the complaint")
    status, said = request(host.port, "GET", f"/notifications/{delivery[:36]}")
    check(status == 200 and json.loads(said)["status"] == "complained", f"no complaint: {said[:500]!r}")


def check_templates():
    sandbox = Sandbox()
    host = Host(sandbox)
    host.configuration.write_text(host.configuration.read_text() + f"\ntemplates: {{ folder: {ROOT / 'templates'} }}\n")
    host.start()
    server = ("--server", f"http://127.0.0.1:{host.port}")
    send = ("send", *server, "--channel", "sms", "--to", "+15551230001", "--template", "order-shipped")
    code, out, err = run(*send, "--locale", "de-AT", "--var", "name=A=<b>", "--var", "order=7")
    check(code == 0, f"a template: {code} {out}{err}")
    view = json.loads(run("status", *server, json.loads(out)["id"])[1])
    check(view["body"] == "Hallo A=<b>, Bestellung 7 ist unterwegs.", f"a template's text: {view}")
    code, out, _ = run(*send, "--var", "nmae=Ada", "--var", "order=7")
    check(code == 1 and '"variables.name"' in out and '"variables.nmae"' in out, f"wrong variables: {code} {out}")
    code, _, err = run(*send, "Hello")
    check(code != 0 and "--template" in err, f"a text beside a template: {code} {err}")
    code, _, err = run(*send, "--var", "name")
    check(code != 0, f"a variable without a value: {code} {err}")
    host.stop()
    sandbox.stop()
    host.clean()


def check_a_held_one():
    sandbox = Sandbox("--fail-after", 1.0)
    host = Host(sandbox)
    host.configuration.write_text(host.configuration.read_text().replace("await_callback", "hold"))
    host.start()
    server = ("--server", f"http://127.0.0.1:{host.port}")
    identifier = json.loads(run("send", *server, "--channel", "sms", "--to", "+15551230001", "Hello")[1])["id"]

    def waiting():
        delivery = json.loads(run("status", *server, identifier)[1]).get("deliveries", [{}])[0]
        return delivery.get("waiting", {}).get("reason")

    # A report can come before the answer is known to be lost: then nothing has to be decided.
    wait_until("held or known", lambda: waiting() == "held" or json.loads(
        run("status", *server, identifier)[1])["status"] not in ("accepted", "uncertain"), 30)
    if waiting() == "held":
        code, out, _ = run("resolve", *server, "--give-up", identifier)
        check(code in (0, 1), f"resolve: {code} {out}")
    host.stop()
    sandbox.stop()
    host.clean()


def check_an_interrupted_start():
    """Who waits for servers that are not there, and is told to stop, stops as a host that ran would: by itself, with 0."""
    sandbox = Sandbox()
    os.environ["NOBODYS_DATABASE"] = f"postgres://nobody@127.0.0.1:{free_port()}/nothing"
    host = Host(sandbox, backends=f"""
kafka: {{ brokers: "127.0.0.1:{free_port()}" }}
postgres: {{ url: "${{NOBODYS_DATABASE}}" }}
""")
    for number in (signal.SIGTERM, signal.SIGINT):
        host.launch()
        said = len(host.output())
        wait_until("the start to wait for its servers", lambda: "trying again" in host.output()[said:], 30)
        host.process.send_signal(number)
        code = host.process.wait(30)
        check(code == 0, f"a start that is interrupted by {number.name} ends with {code}: {host.output()}")
    host.clean()
    sandbox.stop()


def knock(port, data):
    """What the host says to raw bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(data)
            said = b""
            while chunk := connection.recv(65536):
                said += chunk
                if b"\r\n\r\n" in said:
                    break
            return said
        except (ConnectionError, TimeoutError):
            return b""


def check_the_door(host):
    post = "POST /notifications HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for name, data, statuses in [
        ("many fields", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: 1\r\n" * 200 + b"\r\n", ["431"]),
        ("a long field", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", ["431"]),
        ("a long address", b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", ["431"]),
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", ["400"]),
        ("two lengths", (post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}").encode(), ["400"]),
        ("a negative length", (post + "Content-Length: -1\r\n\r\n{}").encode(), ["400"]),
        ("too large by its own word", (post + "Content-Length: 99999999999\r\n\r\n{}").encode(), ["413", "400"]),
    ]:
        said = knock(host.port, data)
        check(any(said.startswith(f"HTTP/1.1 {status}".encode()) for status in statuses), f"{name}: {said[:80]!r}")
    nested = "[" * 513
    for path, body, kind in [
        ("/notifications", nested, "application/json"),
        ("/notifications", '{"channel":"sms","to":"+15551230001","body":"","options":' + json.dumps(
            {"content_sid": "HX" + "0" * 32, "content_variables": nested}) + "}", "application/json"),
        ("/notifications/batch", nested, "application/json"), ("/notifications/batch", nested + "\n", "application/x-ndjson"),
        ("/webhooks", nested, "application/json"), ("/webhooks/sms", nested, "application/x-www-form-urlencoded"),
    ]:
        status, said = request(host.port, "POST", path, body, {"Content-Type": kind})
        check(400 <= status < 500, f"{path} with deep JSON: {status} {said[:200]!r}")
    check(request(host.port, "GET", "/health")[0] == 200, "the host is not well afterwards")


check_configuration()
check_the_reach()
check_the_example()
check_the_production_file()
check_channels()
sandbox = Sandbox()
host = Host(sandbox)
host.start()
check_a_life(host)
check_the_door(host)
host.stop()
sandbox.stop()
host.clean()
check_an_interrupted_start()
check_templates()
check_mail()
check_a_held_one()
accounts.check_all(findings, run)
findings.finish("commands")
