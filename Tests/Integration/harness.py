"""Starts the real programs on free ports, with their own data, and stops them. Python's standard library only."""

import atexit
import http.client
import itertools
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / ".build" / os.environ.get("BUILD", "release")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(port, method, path, body=None, headers=None, timeout=30):
    """One request; (status, bytes)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class Client:
    """Many requests over one kept connection."""

    def __init__(self, port, timeout=30):
        self.port = port
        self.timeout = timeout
        self.connection = None

    def send(self, method, path, body=None, headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            self.connection.request(method, path, body, headers or {})
            response = self.connection.getresponse()
            return response.status, response.read()
        except Exception:
            self.connection.close()
            self.connection = None
            raise


class Sandbox:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [BIN / "provider-sandbox", "--listen", "127.0.0.1:0", "--quiet", *map(str, options)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.process.kill)
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.port = int(line.rsplit(":", 1)[1])
                return
        raise SystemExit("the sandbox did not start")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def get(self, path):
        return request(self.port, "GET", path)[1]

    def tell(self, path):
        """(status, bytes) of what the answer to a POST says."""
        return request(self.port, "POST", path)

    def summary(self):
        return json.loads(self.get("/ledger/summary"))

    def sendgrid_key(self):
        """The public key that SendGrid's events are verified with, as its receiver is told it."""
        return re.search(r"[A-Za-z0-9+/]{110,}={0,2}", self.get("/").decode()).group()

    def smtp_port(self):
        return int(re.search(r"on 127\.0\.0\.1:(\d+), with STARTTLS", self.get("/").decode()).group(1))

    def ledger(self):
        entries, after = [], None
        while True:
            query = f"/ledger?limit=1000" + (f"&after={after}" if after is not None else "")
            page = json.loads(request(self.port, "GET", query)[1])
            entries += page["messages"]
            after = page.get("next")
            if after is None or not page["messages"]:
                return entries

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def at_a_terminal(words, answers=(), without=()):
    """Runs a command on a terminal of its own, and types one of `answers` for each question; its code, and all that the
    terminal showed."""
    child, terminal = pty.fork()
    if child == 0:
        for name in without:
            os.environ.pop(name, None)
        os.execv(BIN / "switchboard", ["switchboard", *map(str, words)])
    shown, answers = b"", list(answers)
    while True:
        ready, _, _ = select.select([terminal], [], [], 60)
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        shown += piece
        if piece.endswith(b": ") and answers:
            os.write(terminal, answers.pop(0).encode() + b"\n")
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), shown.decode()


CONFIGURATION = """
server: {{ host: 127.0.0.1, port: {port}, public_url: "http://127.0.0.1:{public_port}" }}
{backends}
log: {{ level: warning }}
unsubscribe: {{ secret: "${{UNSUBSCRIBE_SECRET:-an unsubscribe secret of tests only}}" }}
channels:
{channels}"""

SMS = """\
  sms:
    module: sms
    provider: twilio
    concurrency: {concurrency}
    {limits}
    timeout: {timeout}
    retry: {{ attempts: 12, base: 100ms, max: 1s }}
    breaker: {{ failure_ratio: 0.9 }}
    uncertain: await_callback
    settle_after: {settle_after}
    settings:
      account_sid: AC00000000000000000000000000005a4d
      auth_token: ${{TOKEN:-sandbox-auth-token}}
      from: "+15005550006"
      base_url: http://127.0.0.1:{sandbox}
"""


class Host:
    """One replica, with all roles unless `roles` names some; providers report to it, or to the one on `public_port`.
    `backends` is its part of the configuration; without it, log and store are in a file of its own. `channels` is what
    stands there instead of one SMS channel over the sandbox."""

    def __init__(self, sandbox, concurrency=128, settle_after="8s", timeout="2s", backends=None, replica="one",
                 rate_limit=None, channels=None, port=None, roles=None,
                 public_port=None):
        self.replica = replica
        self.roles = roles
        self.folder = tempfile.TemporaryDirectory(prefix="switchboard-")
        self.data = pathlib.Path(self.folder.name)
        self.port = port or free_port()
        self.configuration = self.data / "channels.yaml"
        self.configuration.write_text(CONFIGURATION.format(
            port=self.port, public_port=public_port or self.port,
            backends=backends or f"storage: {{ path: {self.data}/switchboard.db }}",
            channels=channels or SMS.format(
                sandbox=sandbox.port, concurrency=concurrency, settle_after=settle_after, timeout=timeout,
                limits=f"rate_limit: [{rate_limit}]" if rate_limit else "")))
        self.log = open(self.data / "host.log", "ab")
        self.process = None

    def start(self):
        self.launch()
        self.wait_until_ready()

    def launch(self):
        roles = ["--roles", self.roles] if self.roles else []
        self.process = subprocess.Popen(
            [BIN / "switchboard", "serve", self.configuration, "--replica", self.replica, *roles], stdout=self.log,
            stderr=self.log)
        atexit.register(self.process.kill)

    def wait_until_ready(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise SystemExit("the host ended at its start:\n" + self.output())
            try:
                if request(self.port, "GET", "/health/readiness", timeout=2)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise SystemExit("the host is not ready after 30 s:\n" + self.output())

    def delivery(self, identity):
        """The newest delivery of a notification, as the API shows it."""
        return json.loads(request(self.port, "GET", f"/notifications/{identity}")[1])["deliveries"][-1]

    def wait_for(self, identity, status, seconds=60, log=None):
        """Until that delivery has the status. `log` gives what else tells why it has not."""
        try:
            wait_until(status, lambda: self.delivery(identity)["status"] == status, seconds)
        except SystemExit as error:
            raise SystemExit(f"{error}\n{self.delivery(identity)}\n{log() if log else self.output()}") from None

    def output(self):
        return (self.data / "host.log").read_text()[-4000:]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(40)
        if code != 0:
            raise SystemExit(f"the host ended with {code}:\n" + self.output())

    def query(self, sql):
        database = sqlite3.connect(f"file:{self.data}/switchboard.db?mode=ro", uri=True, timeout=30)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def clean(self):
        self.log.close()
        self.folder.cleanup()


class EventStream(threading.Thread):
    """Reads /events from the beginning and keeps what it heard, over restarts of the host, of one replica after the
    other."""

    def __init__(self, *ports, beginning="0"):
        super().__init__(daemon=True)
        self.ports = itertools.cycle(ports)
        self.last = beginning
        self.events = []
        # When each settled delivery was heard of first.
        self.settled = {}
        self.ended = False

    def run(self):
        while not self.ended:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", next(self.ports), timeout=30)
                connection.request("GET", "/events", headers={"Last-Event-ID": self.last})
                response = connection.getresponse()
                if response.status != 200:
                    time.sleep(0.2)
                    continue
                cursor = None
                for line in response:
                    if line.startswith(b"id: "):
                        cursor = line[4:].strip().decode()
                    elif line.startswith(b"data: "):
                        self.events.append(json.loads(line[6:]))
                        if self.events[-1]["settlement"] != "open":
                            self.settled.setdefault(self.events[-1]["deliveryId"], time.monotonic())
                        self.last = cursor
                    if self.ended:
                        return
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)


def wait_until(what, condition, seconds):
    """Polls a condition of the outside world; says what was waited for when it does not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.2)
    raise SystemExit(f"after {seconds} s still waiting for: {what}")


def wait_until_applied(host):
    """Until every webhook and every report in the log is applied: the groups' offsets have come to the ends."""

    def is_applied():
        before = host.query("SELECT count(*), sum(position) FROM timeline")
        time.sleep(0.5)
        return before == host.query("SELECT count(*), sum(position) FROM timeline")

    wait_until("the last reports to be applied", is_applied, 60)


class Findings:
    """Collects what is wrong, all of it, and says so at the end."""

    def __init__(self):
        self.wrong = []
        self.checked = 0

    def check(self, holds, message):
        self.checked += 1
        if not holds:
            self.wrong.append(message)

    def finish(self, name):
        for message in self.wrong[:20]:
            print("WRONG:", message)
        print(f"{name}: {self.checked - len(self.wrong)} passed, {len(self.wrong)} failed")
        if self.wrong:
            raise SystemExit(1)
