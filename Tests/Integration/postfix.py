"""Mail through a real Postfix, there and back: it takes ours with STARTTLS and a password, shown in each way that there is,
returns what it can't deliver to the address that names the delivery, and hands that to `switchboard bounce` by the lines of
docs/operating.md. Run it by scripts/with-postfix."""

import json
import os
import pathlib
import smtplib
import time

from embedded_log import records
from harness import Findings, Host, request, wait_until

PORT, TOKEN = int(os.environ["POSTFIX_PORT"]), os.environ["POSTFIX_TOKEN"]
DOMAIN = "bounces.acme.example"
findings = Findings()

MECHANISMS = ["plain", "login", "cram-md5"]

CHANNEL = """\
  {name}:
    module: email
    provider: smtp
    retry: {{ attempts: 3, base: 100ms, max: 1s }}
    uncertain: await_callback
    settle_after: 60s
    settings:
      host: 127.0.0.1
      port: {port}
      tls: starttls
      ca_file: {file}
{access}\
      from: Acme <hello@acme.example>
      bounce_domain: {domain}
      webhook_token: ${{POSTFIX_TOKEN}}
"""

ACCESS = """\
      username: {user}
      password: ${{{variable}}}
      authentication: {mechanism}
"""


def channel(name, mechanism="any", variable="POSTFIX_PASSWORD"):
    """Without a mechanism it has no password."""
    access = mechanism and ACCESS.format(
        user=os.environ["POSTFIX_USER"], mechanism=mechanism, variable=variable)
    return CHANNEL.format(
        name=name, port=PORT, file=os.environ["POSTFIX_CA_FILE"], domain=DOMAIN, access=access or "")


CHANNELS = "".join([
    channel("smtp"), channel("stranger", None), channel("guesser", variable="GUESS:-a wrong password"),
    *(channel(f"by_{one.replace('-', '_')}", one) for one in MECHANISMS)])

COMPLAINT = """\
From: Feedback Loop <fbl@mailbox.example>
To: {to}
Subject: FW: a complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="c"

--c
Content-Type: text/plain

Somebody called this mail spam.
--c
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: mailbox.example/1
Version: 1

--c--
"""


def say(host, channel, to, number):
    """The notification's id."""
    wanted = {"channel": channel, "to": to, "subject": f"Zamówienie {number}", "body": "Ciao\n.\n..x\n" * 3,
              "options": {"html": "<p>Ciao</p>"}}
    status, body = request(
        host.port, "POST", "/notifications", json.dumps(wanted), {"Content-Type": "application/json"})
    findings.check(status == 202, f"{status} {body}")
    return json.loads(body)["id"]


def tail():
    """The end of what the mail server has written."""
    return log()[-3000:]


def deliver(to, mail):
    """As any mail server of the world does: without a password."""
    with smtplib.SMTP("127.0.0.1", PORT, timeout=30) as client:
        client.sendmail("somebody@mailbox.example", [to], mail.replace("\n", "\r\n").encode())


def log():
    return pathlib.Path(os.environ["POSTFIX_LOG"]).read_text()


def check_there_and_back(host):
    taken, returned = say(host, "smtp", "ada@ok.example", 1), say(host, "smtp", "nobody@gone.example", 2)
    host.wait_for(taken, "queued", log=tail)
    host.wait_for(returned, "bounced", log=tail)
    found = host.delivery(returned)
    findings.check(found["code"] == "5.7.1" and "rejected" in found["message"], f"the bounce: {found}")
    wait_until("the mail to ada to be delivered", lambda: "to=<ada@ok.example>" in log(), 30)
    findings.check("TLS connection established from localhost" in log(), "nobody came in by TLS")
    findings.check("status=deferred" not in log(), "Postfix puts mails off")
    return taken


def check_access(host):
    """Each way of showing the password is taken; without it, or with another, nothing is sent."""
    sent = [(one, say(host, f"by_{one.replace('-', '_')}", "eve@ok.example", 10 + n)) for n, one in enumerate(MECHANISMS)]
    for mechanism, identity in sent:
        host.wait_for(identity, "queued", log=tail)
        findings.check(
            f"sasl_method={mechanism.upper()}, sasl_username={os.environ['POSTFIX_USER']}" in log(),
            f"nobody came in by {mechanism}")
    for name, code in [("stranger", "554"), ("guesser", "535")]:
        identity = say(host, name, "eve@ok.example", 20)
        host.wait_for(identity, "rejected", log=tail)
        found = host.delivery(identity)
        findings.check(code in json.dumps(found), f"{name}: {found}")


def check_late_reports(host, identity):
    """A complaint and a mail to us, as they come from outside."""
    name = host.delivery(identity)["id"]
    deliver(f"bounces+{name}@{DOMAIN}", COMPLAINT.format(to=f"bounces+{name}@{DOMAIN}"))
    host.wait_for(identity, "complained", log=tail)
    status, body = request(host.port, "GET", "/opt-outs/email/ada@ok.example")
    findings.check(status == 200 and json.loads(body)["source"] == "complaint", f"{status} {body}")
    deliver(
        f"help@{DOMAIN}",
        "From: Bob <bob@mailbox.example>\nTo: Help <x@acme.example>\nSubject: =?utf-8?q?Hell=C3=B6?=\n"
        "Message-ID: <m1@mailbox.example>\n\nWhere is my order?\n")
    wait_until("the mail to us", lambda: list(records(host, "message.inbound")), 30)
    (event,) = [json.loads(value) for _, value in records(host, "message.inbound")]
    wanted = {"from": "bob@mailbox.example", "to": f"help@{DOMAIN}", "subject": "Hellö", "body": "Where is my order?\r\n"}
    for key, value in wanted.items():
        findings.check(event[key].strip() == value.strip(), f"the event's {key} is {event[key]!r}")


def check_patience(host):
    """While the host is down Postfix keeps what it has for it."""
    identity = say(host, "smtp", "ada@ok.example", 99)
    host.wait_for(identity, "rejected", log=tail)
    again = say(host, "smtp", "bob@ok.example", 100)
    host.wait_for(again, "queued", log=tail)
    name = host.delivery(again)["id"]
    host.stop()
    deliver(f"bounces+{name}@{DOMAIN}", COMPLAINT.format(to="somebody"))
    wait_until("Postfix to put it off", lambda: "status=deferred" in log() and "is the host running" in log(), 30)
    host.start()
    host.wait_for(again, "complained", log=tail)


def main():
    start = time.monotonic()
    host = Host(None, channels=CHANNELS, port=int(os.environ["POSTFIX_HOST"]))
    host.start()
    check_late_reports(host, check_there_and_back(host))
    check_access(host)
    check_patience(host)
    host.stop()
    host.clean()
    print("in %.1f s" % (time.monotonic() - start))
    findings.finish("postfix")


main()
