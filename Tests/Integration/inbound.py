"""Mails to us, as every mail provider of the sandbox hands them on, through the real host: each becomes one event."""

import json
import pathlib
import tempfile

import providers
from embedded_log import records
from harness import Findings, Host, Sandbox, free_port, request, wait_until

SUBJECT, TEXT = "Zamówienie \U0001f69a & <x>", "Gdzie jest moje zamówienie?\nJa"


def main():
    findings = Findings()
    port, own = free_port(), free_port()
    webhooks = f"http://127.0.0.1:{port}/webhooks"
    sandbox = Sandbox(
        "--listen", f"127.0.0.1:{own}", "--sns-base-url", f"http://127.0.0.1:{own}",
        *providers.sandbox_options(webhooks, 7))
    files = tempfile.TemporaryDirectory(prefix="switchboard-inbound-")
    host = Host(sandbox, channels=providers.channels(sandbox, "    settle_after: 1h\n", pathlib.Path(files.name)), port=port)
    host.start()
    ids = {}
    for channel in sorted(providers.MAIL):
        wanted = {"from": "Ada <ada@example.com>", "to": "help@acme.example", "subject": SUBJECT, "body": TEXT}
        if channel == "sendgrid":
            wanted["webhook"] = f"{webhooks}/sendgrid?secret=0123456789-abc.~"
        status, body = request(
            sandbox.port, "POST", f"/sandbox/inbound/{channel}", json.dumps(wanted), {"Content-Type": "application/json"})
        findings.check(status == 202, f"{channel}: {status} {body}")
        ids[channel] = json.loads(body)["id"]

    def events():
        return [json.loads(value) for _, value in records(host, "message.inbound")]

    wait_until("a mail by each provider", lambda: len(events()) >= len(ids), 30)
    for event in events():
        channel = event["channel"]
        # Resend tells all but the text.
        text = "" if channel == "resend" else TEXT
        wanted = {"from": "ada@example.com", "to": "help@acme.example", "subject": SUBJECT, "body": text}
        for key, value in wanted.items():
            findings.check(event.get(key) == value, f"{channel}: {key} is {event.get(key)!r}")
        findings.check(ids[channel] in event["providerMessageId"], f"{channel}: {event}")
        findings.check("occurredAt" in event and event.get("intent") is None, f"{channel}: {event}")
    findings.check({event["channel"] for event in events()} == providers.MAIL, f"the events are {events()}")
    status, _ = request(
        port, "POST", "/webhooks/sendgrid?secret=wrong-but-long-enough", b"--x--\r\n",
        {"Content-Type": "multipart/form-data; boundary=x"})
    findings.check(status == 403, f"a mail with another secret: {status}")
    host.stop()
    sandbox.stop()
    host.clean()
    findings.finish("inbound")


main()
