"""A provider that takes nothing, and a backlog that grows: it waits in the store, and the host's memory does not grow
with it."""

import argparse
import json
import time

from harness import Client, Findings, Host, Sandbox, wait_until

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=1_000_000)
arguments = parser.parse_args()
SIZE = 5000

findings = Findings()
sandbox = Sandbox("--fail-before", 1)
host = Host(sandbox, settle_after="1h")
host.start()
client = Client(host.port)


def resident():
    """MiB of the host in memory."""
    with open(f"/proc/{host.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) // 1024


def waiting():
    return host.query("SELECT count(*) FROM ready")[0][0]


sizes, sent, refused = [], 0, 0
step = max(arguments.count // 10, SIZE)
while sent < arguments.count:
    wanted = [{"channel": "sms", "to": f"+1555{index:07d}", "body": "backlog"} for index in range(sent, sent + SIZE)]
    status, _ = client.send(
        "POST", "/notifications/batch", json.dumps(wanted), {"Content-Type": "application/json"})
    if status == 503:
        refused += 1
        time.sleep(0.2)
        continue
    findings.check(status == 202, f"a batch is answered with {status}")
    sent += SIZE
    if sent % step == 0:
        wait_until("the store to follow", lambda: waiting() > sent - 5 * SIZE, 300)
        sizes.append((sent, resident()))
        print(f"{sent} accepted, {waiting()} wait: {resident()} MiB", flush=True)
# The caches have their bounds, which they have reached by then; what would grow with the backlog would double.
half, last = sizes[max(0, len(sizes) // 2 - 1)][1], sizes[-1][1]
print(f"from {half} MiB at half of it to {last} MiB; {refused} times 503")
findings.check(last <= half * 1.2 + 8, f"memory grew from {half} to {last} MiB with the second half of the backlog")
host.kill()
sandbox.stop()
host.clean()
findings.finish("backlog")
