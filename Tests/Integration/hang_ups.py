"""SIGHUP at any time of a host's life: while it starts, while it works and while it stops. It never ends the process, and the
last file that the host was told of is the one that it goes by."""

import json
import os
import signal
import socket
import time

from harness import Host, request, wait_until


def is_trapped(process):
    """Whether SIGHUP would not end the process any more."""
    with open(f"/proc/{process.pid}/status") as status:
        masks = [int(line.split()[1], 16) for line in status if line.startswith(("SigIgn:", "SigCgt:"))]
    return any(mask & 1 << signal.SIGHUP - 1 for mask in masks)


def write(host, text):
    fresh = host.configuration.with_suffix(".new")
    fresh.write_text(text)
    os.replace(fresh, host.configuration)


def takes(host, channel):
    wanted = json.dumps({"channel": channel, "to": "+15551230001", "body": "Hi", "externalId": f"hang-up-{channel}"})
    return request(host.port, "POST", "/notifications", wanted, {"Content-Type": "application/json"})[0] == 202


def is_bound(host):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", host.port)) == 0


def stop_early(host):
    """Stops the process as soon as SIGHUP would not end it any more, mostly long before it listens."""
    deadline = time.monotonic() + 30
    while not is_trapped(host.process) and host.process.poll() is None:
        if time.monotonic() > deadline:
            raise SystemExit("after 30 s SIGHUP would still end the host")
    host.process.send_signal(signal.SIGSTOP)


def is_listening(host):
    try:
        return request(host.port, "GET", "/health/readiness", timeout=2)[0] == 200
    except OSError:
        return False


def check(findings, sandbox, rounds=5):
    host = Host(sandbox)
    text = host.configuration.read_text().replace("server: {", "server: { drain: 1s,", 1)
    told, early, lives = 0, 0, 0
    # A life in which the host was listening before it could be stopped shows nothing of its start.
    while early < rounds and lives < 20 * rounds:
        lives += 1
        write(host, text)
        host.launch()
        stop_early(host)
        early += not is_bound(host)
        # A file that changes while the host starts, and the host is told of it each time.
        name = "sms"
        while host.process.poll() is None and not (name != "sms" and is_listening(host)):
            told += 1
            name = f"sms-{told}"
            write(host, text.replace("\n  sms:\n", f"\n  {name}:\n"))
            host.process.send_signal(signal.SIGHUP)
            host.process.send_signal(signal.SIGCONT)
            time.sleep(0.005)
        if host.process.poll() is not None:
            findings.check(False, f"a SIGHUP during the start ended the host with {host.process.poll()}: {host.output()}")
            return host.clean()
        wait_until(f"the last file, with {name}, to be applied", lambda: takes(host, name), 20)
        findings.check(not takes(host, "nobody"), "a channel that there is not takes something")
        for _ in range(200):
            host.process.send_signal(signal.SIGHUP)
        findings.check(takes(host, name), "a storm of SIGHUPs did something")
        host.process.send_signal(signal.SIGTERM)
        while host.process.poll() is None:
            host.process.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        findings.check(host.process.returncode == 0, f"a SIGHUP during the stop: the host ended with {host.process.returncode}")
    print(f"SIGHUP: {lives} lives, {told} changes told of, the first of them before it listened in {early}")
    findings.check(early >= rounds, "no start was early enough to be told of a change")
    host.clean()
