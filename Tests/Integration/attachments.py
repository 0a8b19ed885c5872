"""What attachments cost the host's memory while many of them wait: the provider takes nothing, and the host's resident
memory is looked at. It must not grow with how many wait."""

import argparse
import base64
import json
import os
import pathlib
import time

from harness import Findings, Host, Sandbox, request, wait_until

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=200, help="mails with an attachment that wait")
parser.add_argument("--kilobytes", type=int, default=1024, help="of each attachment")
parser.add_argument("--bound", type=int, default=400, help="MiB of memory that the host may have")
arguments = parser.parse_args()
CONCURRENCY = 16

CHANNEL = """\
  mail:
    module: email
    provider: postmark
    concurrency: {concurrency}
    timeout: 30s
    retry: {{ attempts: 100, base: 1s, max: 5s }}
    breaker: {{ failure_ratio: 1.0, minimum: 1000000 }}
    settings:
      server_token: ${{TOKEN:-sandbox-server-token}}
      from: hello@acme.example
      webhook_username: postmark
      webhook_password: ${{TOKEN:-sandbox-webhook-password}}
      base_url: http://127.0.0.1:{sandbox}
"""


def memory(host):
    """(now, at most so far) in MiB."""
    status = pathlib.Path(f"/proc/{host.process.pid}/status").read_text()
    lines = dict(line.split(":", 1) for line in status.splitlines())
    return tuple(int(lines[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))


def accept(host, number, data):
    wanted = {
        "channel": "mail", "to": f"unavailable+{number}@example.com", "subject": "Files", "body": "Here",
        "attachments": [{"name": "a.bin", "mediaType": "application/octet-stream", "data": data}]}
    while True:
        status, body = request(
            host.port, "POST", "/notifications", json.dumps(wanted), {"Content-Type": "application/json"}, timeout=60)
        if status != 503:
            return status, body


def main():
    findings = Findings()
    sandbox = Sandbox("--seed", 7)
    host = Host(sandbox, channels=CHANNEL.format(sandbox=sandbox.port, concurrency=CONCURRENCY))
    host.start()
    before, _ = memory(host)
    seen = []
    data = base64.b64encode(os.urandom(arguments.kilobytes << 10)).decode()
    for number in range(arguments.count):
        status, body = accept(host, number, data)
        findings.check(status == 202, f"{status} {body[:200]}")
        if number % max(1, arguments.count // 10) == 0:
            seen.append(memory(host)[0])
    wait_until(
        "all to be in the store",
        lambda: host.query("SELECT count(*) FROM notifications")[0][0] == arguments.count, 120)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        seen.append(memory(host)[0])
        time.sleep(0.5)
    now, most = memory(host)
    size = sum(path.stat().st_size for path in host.data.iterdir()) >> 20
    print(f"{arguments.count} mails of {arguments.kilobytes} KiB wait, {CONCURRENCY} are sent at a time: "
          f"{before} MiB before, {now} now, at most {most}; on disk {size} MiB")
    print("on the way:", seen, flush=True)
    findings.check(most <= arguments.bound, f"the host had {most} MiB")
    host.stop()
    sandbox.process.kill()
    host.clean()
    findings.finish("attachments")


main()
