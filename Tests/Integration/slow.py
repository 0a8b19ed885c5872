"""Opens very many connections that send a header's byte every second, some that stall in a request's body, some that send
all of a large body but its last byte, and some that never read what they asked for; looks at what a good client notices,
and at the host's memory and descriptors."""

import argparse
import heapq
import json
import os
import pathlib
import resource
import selectors
import socket
import statistics
import subprocess
import sys
import threading
import time

from harness import Client, Findings, Host, Sandbox, request, wait_until, wait_until_applied

HEAD = b"GET /notifications HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 100_000
BODY = b"POST /notifications HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
# Nobody knows yet whose it is, and of all but its last byte.
LARGE_SIZE = 4 << 20
LARGE = b"POST /webhooks/sms HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % LARGE_SIZE + b"x" * (LARGE_SIZE - 1)
DEAF = b"GET /events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0\r\n\r\n"


class Attack:
    """Everything slow, in one process of its own: it must not disturb the good client's clock."""

    def __init__(self, port, counts):
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.turns = []
        # When each began.
        self.deaf = {}
        # By kind: how connections ended, and how long they lived.
        self.ends = {kind: {} for kind in counts}
        self.lives = {kind: [] for kind in counts}
        self.open = {kind: 0 for kind in counts}
        begin = time.monotonic()
        for kind, count in counts.items():
            for number in range(count):
                # Spread over a second, and a connection's bytes over every second.
                heapq.heappush(self.turns, (begin + number / max(1, count), id(object()) + number, kind, None, 0))

    def connect(self, kind):
        connection = socket.socket()
        if kind == "deaf":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.connect(("127.0.0.1", self.port))
        connection.setblocking(False)
        if kind == "deaf":
            self.deaf[connection] = time.monotonic()
        else:
            self.selector.register(connection, selectors.EVENT_READ, (kind, time.monotonic()))
        self.open[kind] += 1
        return connection

    def close(self, connection, kind, begin, end):
        if kind != "deaf":
            self.selector.unregister(connection)
        connection.close()
        self.open[kind] -= 1
        self.ends[kind][end] = self.ends[kind].get(end, 0) + 1
        self.lives[kind].append(round(time.monotonic() - begin, 2))
        # Slow ones come again at once; who is told that there is no room waits, or it would be a flood.
        pause = 5 if kind == "large" and end != "408" else 0.1
        heapq.heappush(self.turns, (time.monotonic() + pause, id(connection), kind, None, 0))

    def turn(self, kind, connection, sent):
        """Sends a byte more; a connection that is gone is looked after elsewhere."""
        if connection is None:
            connection = self.connect(kind)
            if kind in ("body", "deaf"):
                connection.send(BODY if kind == "body" else DEAF)
                return
        if connection.fileno() < 0:
            return
        if kind == "large":
            return self.send_large(connection, sent)
        try:
            connection.send(HEAD[sent:sent + 1])
        except OSError:
            return
        heapq.heappush(self.turns, (time.monotonic() + 1, id(connection), kind, connection, sent + 1))

    def send_large(self, connection, sent):
        """As much as the connection takes at a time, until one byte is missing."""
        try:
            sent += connection.send(LARGE[sent:sent + (256 << 10)])
        except BlockingIOError:
            pass
        except OSError:
            return
        if sent < len(LARGE):
            heapq.heappush(self.turns, (time.monotonic() + 0.02, id(connection), "large", connection, sent))

    def hear(self, connection, kind, begin):
        try:
            answer = connection.recv(65536)
        except OSError:
            answer = b""
        self.close(connection, kind, begin, answer[9:12].decode() or "closed")

    def established(self):
        """The ports of those that the host still has. An end that stands behind what is never read does not arrive."""
        server = f":{self.port:04X}"
        lines = (line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
        return {int(line[2][-4:], 16) for line in lines if line[1].endswith(server) and line[3] == "01"}

    def look_after_the_deaf(self):
        established = self.established()
        for connection, begin in list(self.deaf.items()):
            if connection.getsockname()[1] not in established:
                del self.deaf[connection]
                self.close(connection, "deaf", begin, "closed")

    def run(self, ended):
        look = 0
        while not ended.is_set():
            now = time.monotonic()
            if now > look:
                self.look_after_the_deaf()
                look = now + 0.5
            while self.turns and self.turns[0][0] <= now:
                _, _, kind, connection, sent = heapq.heappop(self.turns)
                self.turn(kind, connection, sent)
            for key, _ in self.selector.select(0):
                self.hear(key.fileobj, *key.data)
            time.sleep(0.01)
        return {"open": self.open, "ends": self.ends, "lives": self.lives}


def attack(port, counts):
    """The other process: says "ready" when all are open, and what became of them when its input ends."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ended = threading.Event()
    storm = Attack(port, counts)
    result = []
    thread = threading.Thread(target=lambda: result.append(storm.run(ended)))
    thread.start()
    lasting = [kind for kind in counts if kind != "large"]
    while sum(storm.open[kind] for kind in lasting) < sum(counts[kind] for kind in lasting) * 0.95:
        time.sleep(0.05)
    print("ready", flush=True)
    sys.stdin.read()
    ended.set()
    thread.join()
    print(json.dumps(result[0]), flush=True)


class Storm:
    def __init__(self, port, counts):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--attack", str(port), json.dumps(counts)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit("the slow connections did not open")

    def stop(self):
        self.process.stdin.close()
        result = json.loads(self.process.stdout.readline())
        self.process.wait(20)
        return result


class GoodClient:
    """Sends a notification every few milliseconds and watches the clock."""

    def __init__(self, port, pace):
        self.client, self.pace = Client(port), pace
        self.failures = []
        self.count = 0

    def run(self, seconds):
        """Milliseconds of each request."""
        times, begin = [], time.monotonic()
        while time.monotonic() - begin < seconds:
            self.count += 1
            body = json.dumps({"to": "+15551230001", "channel": "sms", "body": f"Hello {self.count}"})
            start = time.monotonic()
            try:
                status, _ = self.client.send("POST", "/notifications", body, {"Content-Type": "application/json"})
                if status != 202:
                    self.failures.append(status)
            except OSError as error:
                self.failures.append(repr(error))
            times.append((time.monotonic() - start) * 1000)
            time.sleep(max(0, begin + len(times) * self.pace - time.monotonic()))
        return times


class Watch(threading.Thread):
    """The host's memory and connections, twice a second."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.folder = pathlib.Path(f"/proc/{host.process.pid}")
        self.port = f":{host.port:04X}"
        self.most_memory = self.most_connections = 0
        self.ended = False

    def memory(self):
        """MiB."""
        line = [line for line in (self.folder / "status").read_text().splitlines() if line.startswith("VmRSS")][0]
        return int(line.split()[1]) / 1024

    def processor(self):
        """Seconds of processor time so far: what a noisy machine can't blur."""
        fields = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def connections(self):
        """Those that it has accepted: the kernel's own of the same port have no inode yet."""
        rows = [line.split() for line in (self.folder / "net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(self.port) and row[3] == "01" and row[9] != "0" for row in rows)

    def run(self):
        while not self.ended:
            self.most_memory = max(self.most_memory, self.memory())
            self.most_connections = max(self.most_connections, self.connections())
            time.sleep(0.5)


def p99(times):
    return statistics.quantiles(times, n=100)[98]


def judge_lives(check, result, kind, ends, time_limit, seconds):
    """Whoever had the time was cut off, when it was due and in the right way."""
    found, lives = result["ends"][kind], result["lives"][kind]
    print(f"  {kind:4}: ended {found or 'none'}" + (f", after {min(lives)} to {max(lives)} s" if lives else ""))
    if seconds > time_limit + 4:
        check(lives, f"no connection that stalls in its {kind} was cut off within {seconds} s")
    check(set(found) <= ends, f"connections that stall in their {kind} ended by {found}")
    check(all(time_limit - 0.5 <= life <= time_limit * 2 + 6 for life in lives),
          f"connections that stall in their {kind} lived for {min(lives, default=0)} to {max(lives, default=0)} s")


def judge_large(check, result, time_limit, body_memory, seconds):
    """A few are waited for as long as any other, and the rest is told at once that there is no room."""
    found, lives = result["ends"]["large"], result["lives"]["large"]
    print(f"  large: ended {found or 'none'}" + (f", after {min(lives)} to {max(lives)} s" if lives else ""))
    check(found.get("503"), f"no large body was told that there is no room: {found}")
    # What is refused while it is still sending may find its connection closed before it reads the answer.
    check(set(found) <= {"408", "503", "closed"}, f"large bodies ended by {found}")
    most = (body_memory * (1 << 20) // LARGE_SIZE + 1) * (seconds // time_limit + 2)
    check(found.get("408", 0) <= most, f"{found.get('408')} large bodies were waited for: {most:.0f} fit")


def started(sandbox, times, body_memory, check):
    """A host that has more events than the 2.5 MB that the system buffers on loopback, for its deaf consumers to take."""
    host = Host(sandbox)
    host.configuration.write_text(
        host.configuration.read_text()
        + f"limits: {{ head_time: {times['head']}s, body_time: {times['body']}s, idle_time: {times['deaf']}s, "
        f"body_memory: {body_memory}MiB }}\n")
    host.start()
    items = [
        {"to": "+15551230001", "channel": "sms", "body": "Hello", "externalId": f"{number:0190}"} for number in range(4000)]
    status, _ = request(
        host.port, "POST", "/notifications/batch", json.dumps(items), {"Content-Type": "application/json"})
    check(status in (200, 202), f"the batch ended with {status}")
    wait_until_applied(host)
    return host


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="connections with a slow head")
    parser.add_argument("--seconds", type=float, default=20, help="of each phase")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--head-time", type=int, default=15)
    parser.add_argument("--pace", type=float, default=0.004, help="seconds between the good client's requests")
    parser.add_argument("--rough", action="store_true", help="do not judge the good client's times")
    parser.add_argument("--attack", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.attack:
        return attack(int(options.attack[0]), json.loads(options.attack[1]))

    # What a shell gives a program, which is less than it needs here: the host helps itself.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    findings = Findings()
    check = findings.check
    counts = {"head": options.count, "body": max(20, options.count // 20), "large": max(20, options.count // 20),
              "deaf": max(20, options.count // 40)}
    # Of the large ones a few fit at a time.
    body_memory = 32
    sandbox = Sandbox()
    times = {"head": options.head_time, "body": 10, "large": 10, "deaf": 8}
    host = started(sandbox, times, body_memory, check)
    # What slow connections cost the machine that all share is not the host's doing: while it is left alone they go to another.
    other = None if options.rough else started(sandbox, times, body_memory, check)
    watch = Watch(host)
    good = GoodClient(host.port, options.pace)
    # So that every page and cache is warm.
    good.run(max(5, options.seconds / 2))
    rest = watch.memory()
    watch.start()
    ratios = []
    first, own = good.count, 0
    for number in range(options.rounds):
        elsewhere = other and Storm(other.port, counts)
        used = [watch.processor()]
        quiet = good.run(options.seconds)
        # What a notification leaves in the host's caches, which it fills whoever else is connected.
        own = own or max(0, watch.memory() - rest) / (good.count - first)
        used.append(watch.processor())
        if elsewhere:
            elsewhere.stop()
        storm = Storm(host.port, counts)
        used.append(watch.processor())
        loud = good.run(options.seconds)
        used.append(watch.processor())
        result = storm.stop()
        ratios.append(p99(loud) / p99(quiet))
        print(f"round {number + 1}: p99 {p99(quiet):.2f} ms {'beside them on another host' if other else 'alone'}, "
              f"{p99(loud):.2f} ms with {sum(counts.values())} slow connections: {ratios[-1]:.2f} times; "
              f"p50 {statistics.median(quiet):.2f} and {statistics.median(loud):.2f} ms")
        print(f"  the host's processor: {(used[1] - used[0]) / options.seconds:.1%} of one without them, "
              f"{(used[3] - used[2]) / options.seconds:.1%} with them; good requests: {len(quiet)} and {len(loud)}; "
              f"memory {watch.memory():.0f} MiB")
        judge_lives(check, result, "head", {"408"}, times["head"], options.seconds)
        judge_lives(check, result, "body", {"408"}, times["body"], options.seconds)
        judge_large(check, result, times["large"], body_memory, options.seconds)
        judge_lives(check, result, "deaf", {"closed"}, times["deaf"], options.seconds)
    watch.ended = True
    print(f"memory: {rest:.0f} MiB at rest, {watch.most_memory:.0f} MiB at most; connections: {watch.most_connections} "
          "at most")
    check(not good.failures, f"{len(good.failures)} of the good client's {good.count} requests failed: {good.failures[:5]}")
    # 96 KiB for each, a page of events twice for those that never read it, what large bodies share, at most twice as their
    # buffers grow, and what the host's own work takes, also for each of the good client's notifications.
    work = own * (good.count - first)
    print(f"memory of the good client's {good.count - first} notifications, by what they took alone: {work:.0f} MiB")
    bound = rest + sum(counts.values()) * 96 / 1024 + counts["deaf"] + 2 * body_memory + 64 + work
    check(watch.most_memory <= bound, f"the host took {watch.most_memory:.0f} MiB, of {bound:.0f} that are allowed")
    wait_until("the slow connections to be closed", lambda: watch.connections() <= 8, 30)
    # Those with large bodies are mostly told at once that there is no room.
    slow, held = sum(counts.values()) - counts["large"], watch.most_connections
    check(held >= slow * 0.9, f"the host held {held} connections at once only")
    if not options.rough:
        ratio = statistics.median(ratios)
        check(ratio <= 2, f"the good client's p99 is {ratio:.2f} times what it is without them")
    for each in filter(None, (host, other)):
        each.stop()
        each.clean()
    sandbox.stop()
    findings.finish("slow connections")


if __name__ == "__main__":
    main()
