"""Rates of the real programs, each beside its bare ceiling, in one run. Every figure is printed, whatever it is."""

import argparse
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests" / "Integration"))
import providers  # noqa: E402
from harness import BIN, Client, Host, Sandbox, free_port, request, wait_until  # noqa: E402
from servers import MockBroker, Postgres, Redis  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true")
parser.add_argument("--backends", action="store_true", help="Kafka, PostgreSQL and Redis alone")
parser.add_argument("--providers", action="store_true", help="mail and the verification of webhooks alone")
parser.add_argument("--plugins", action="store_true", help="a channel that is built in, beside the same one from a library")
arguments = parser.parse_args()
SECONDS = 3 if arguments.quick else 10
LIFE_CYCLES = 10_000 if arguments.quick else 50_000
BACKLOG = 20_000 if arguments.quick else 100_000
folder = tempfile.mkdtemp(prefix="switchboard-bench-")
TICKS = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) // 1024


def wrk(port, path, body, headers, connections):
    """Answers a second with 2xx, and how many."""
    script = pathlib.Path(folder) / "post.lua"
    lines = ['wrk.method = "POST"', f"wrk.body = {lua(body)}"]
    lines += [f'wrk.headers["{name}"] = {lua(value)}' for name, value in headers.items()]
    script.write_text("\n".join(lines))
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", str(script), f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True).stdout
    total = int(re.search(r"(\d+) requests in", out).group(1))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    good = total - (int(bad.group(1)) if bad else 0)
    taken = float(re.search(r"requests in ([\d.]+)(m?s)", out).group(1))
    return good / taken, good


def lua(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def row(name, rate, ceiling, what, micros, aim_ratio=None, aim_rate=None):
    ratio = f"{rate / ceiling:5.2f} of {ceiling:>9,.0f} ({what})" if ceiling else " " * 10
    verdict = ""
    if aim_ratio:
        verdict = f"aim {aim_ratio:.2f}: {'met' if rate >= aim_ratio * ceiling else 'MISSED'}"
    if aim_rate:
        verdict = f"aim {aim_rate:,}/s: {'met' if rate >= aim_rate else 'MISSED'}"
    print(f"{name:34} {rate:>10,.0f}/s  {ratio:54} {micros:8.1f} µs  {verdict}", flush=True)


JSON = {"Content-Type": "application/json"}
one = json.dumps({"channel": "sms", "to": "+15551230001", "body": "Your parcel is here, at the usual place."})
thousand = json.dumps([json.loads(one)] * 1000)
commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
print(f"{time.strftime('%Y-%m-%d')}, commit {commit}, {os.cpu_count()} cores, {platform.platform()}")
print("everything runs on the same cores: load generator, host, sandbox\n")
print(f"{'':34} {'rate':>12}  {'beside its ceiling':54} {'CPU each':>11}")



def backend_rates(part, **options):
    """The lines of JSON that a part of the program prints."""
    out = subprocess.run(
        [BIN / "BackendRates", part, *(["--quick"] if arguments.quick else [])], stdout=subprocess.PIPE, text=True,
        check=True, timeout=300, **options).stdout
    return [json.loads(line) for line in out.splitlines()]


def mail():
    """Mails over the transport beside bare libcurl, turn about, to a server that only says yes."""
    sink = subprocess.Popen([BIN / "BackendRates", "smtp-sink"], stdout=subprocess.PIPE, text=True)
    try:
        port = sink.stdout.readline().strip()
        before, start = cpu(sink.pid), time.monotonic()
        for line in backend_rates("smtp", env=os.environ | {"SMTP_SINK_PORT": port}):
            row(line["name"], line["rate"], line["bareRate"], f"{line['bareName']}, {line['bareMicroseconds']:.1f} µs",
                line["microseconds"], aim_ratio=line["aim"])
            busy = (cpu(sink.pid) - before) / (time.monotonic() - start)
            print(f"{'':34} the server that takes them is busy for {busy:.0%} of the time, on one thread")
    finally:
        sink.kill()
        sink.wait()


class Webhooks(http.server.BaseHTTPRequestHandler):
    """Keeps what comes for a channel."""

    received = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.received.append({
            "channel": re.match(r"/webhooks/(\w+)", self.path).group(1), "method": self.command,
            "url": f"http://127.0.0.1:{self.server.server_port}{self.path}", "headers": dict(self.headers.items()),
            "body": base64.b64encode(body).decode()})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


def channel_line(name, text):
    """A channel's settings, for the program that is to verify its webhooks."""
    written = dict(re.findall(r"^ +(\w+): *(.*)$", text, re.MULTILINE))
    values = {key: re.sub(r"^\$\{TOKEN:-(.*)\}$", r"\1", value).strip('"') for key, value in written.items() if value}
    return {"channel": name, "module": values["module"], "provider": values["provider"], "settings": values}


def webhooks():
    """What verifying a webhook costs, for each scheme. The sandbox makes either form receipts and SNS's first version, or
    receipts in addresses and the second."""
    print(f"\n{'verification of a webhook':34} {'CPU each':>9}  {'bytes':>6}  scheme; processor time of one thread")
    verify_webhooks(0, {"plivo": plivo_v2, "vonage": vonage_methods})
    verify_webhooks(1, {}, only={"ses": "ses_v2", "vonage": "vonage_get"})


def plivo_v2(line, webhooks):
    """As Plivo's messaging signs where it does not send V3."""
    def without_v3(headers):
        return {name: value for name, value in headers.items() if "-v3" not in name.lower()}

    yield line | {"channel": "plivo_v2"}
    yield from (one | {"channel": "plivo_v2", "headers": without_v3(one["headers"])} for one in webhooks)


def vonage_methods(line, webhooks):
    """The same receipts, signed in the other ways that an account can choose."""
    key = line["settings"]["signature_secret"].encode()

    def signature(method, text):
        if method == "md5hash":
            return hashlib.md5(text + key).hexdigest()
        return hmac.new(key, text, method.removeprefix("hmac-")).hexdigest()

    for method in ["md5hash", "hmac-md5", "hmac-sha1", "hmac-sha512"]:
        name = "vonage_" + method.replace("-", "_")
        yield line | {"channel": name, "settings": line["settings"] | {"signature_method": method}}
        for one in webhooks:
            fields = dict(urllib.parse.parse_qsl(base64.b64decode(one["body"]).decode(), keep_blank_values=True))
            del fields["sig"]
            signed = "".join(f"&{key}={re.sub('[&=]', '_', value)}" for key, value in sorted(fields.items()))
            body = urllib.parse.urlencode(fields | {"sig": signature(method, signed.encode())})
            yield one | {"channel": name, "body": base64.b64encode(body.encode()).decode()}


def verify_webhooks(seed, variants, only=None):
    """Each provider's webhooks, as its stand-in makes them for messages of the host's, and what verifying them costs.
    `variants` make further lines of a channel's; `only` gives the channels that count, and what they are called."""
    Webhooks.received = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhooks)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver, own = f"http://127.0.0.1:{server.server_port}", free_port()
    sandbox = Sandbox(
        "--listen", f"127.0.0.1:{own}", "--sns-base-url", f"http://127.0.0.1:{own}",
        *providers.sandbox_options(receiver + "/webhooks", seed))
    texts = providers.channel_settings(sandbox, pathlib.Path(folder))
    host = Host(sandbox, channels=providers.channels(sandbox, "", pathlib.Path(folder)))
    text = host.configuration.read_text()
    host.configuration.write_text(text.replace(f'public_url: "http://127.0.0.1:{host.port}"', f'public_url: "{receiver}"'))
    host.start()
    wanted = [
        {"channel": name, "subject": "Your parcel", "body": "Your parcel is here, at the usual place.",
         "to": "ada@example.com" if name in providers.MAIL else "+15551230001"} for name in texts]
    status, answer = Client(host.port).send("POST", "/notifications/batch", json.dumps(wanted), JSON)
    if status >= 300:
        raise SystemExit(f"a batch is answered with {status}: {answer[:200]}")
    wait_until("a webhook for each channel", lambda: {one["channel"] for one in Webhooks.received} == set(texts), 60)
    wait_until("all webhooks", lambda: sandbox.summary()["reportsPending"] == 0, 60)
    lines = []
    for name, text in texts.items():
        if only is not None and name not in only:
            continue
        line, received = channel_line(name, text), [one for one in Webhooks.received if one["channel"] == name]
        called = (only or {}).get(name, name)
        lines += [one | {"channel": called} for one in [line, *received]]
        lines += variants.get(name, lambda *_: [])(line, received)
    for line in backend_rates("webhooks", input="".join(json.dumps(line) + "\n" for line in lines)):
        # Of its own making, and the same each time.
        if only is not None and line["name"] == "Ed25519":
            continue
        print(f"{line['name']:34} {line['microseconds']:6.1f} µs  {line['bytes']:6}  {line['scheme']}", flush=True)
    host.kill()
    host.clean()
    sandbox.stop()
    server.shutdown()


def whole_lives(name, ceiling, backends=None, settled=None, aim_rate=None):
    """Accept, HTTP send, two signed webhooks, settled; how many of them a second. `settled` counts them so far."""
    sandbox = Sandbox()
    host = Host(sandbox, concurrency=256, backends=backends)
    host.start()
    client = Client(host.port)
    sql = "SELECT count(*) FROM deliveries WHERE settlement = 1"
    settled = settled or (lambda sql: host.query(sql)[0][0])
    batch = json.dumps([json.loads(one)] * 500)
    before, start = cpu(host.process.pid), time.monotonic()
    for _ in range(LIFE_CYCLES // 500):
        status, answer = client.send("POST", "/notifications/batch", batch, JSON)
        if status >= 300:
            raise SystemExit(f"a batch is answered with {status}: {answer[:200]}")
    wait_until("all to settle", lambda: settled(sql) >= LIFE_CYCLES, 300)
    rate = LIFE_CYCLES / (time.monotonic() - start)
    used = cpu(host.process.pid) - before
    row(name, rate, ceiling, "bare curl sends", used * 1e6 / LIFE_CYCLES, aim_rate=aim_rate)
    print(f"{'':34} peak {peak(host.process.pid)} MB")
    host.kill()
    host.clean()
    sandbox.stop()
    return rate


def loaded_library():
    """The built-in SMS channel once more, as a library, under a name of its own."""
    package = pathlib.Path(folder) / "ChannelLoaded"
    shutil.copytree(BIN.parents[1] / "Sources/ChannelSMS", package / "Sources/ChannelLoaded")
    file = package / "Sources/ChannelLoaded/SMSChannel.swift"
    text = file.read_text()
    file.write_text(text.replace('name: "sms"', 'name: "loaded"', 1) + """
@c(switchboard_channel)
public func entry() -> UnsafeMutableRawPointer { ChannelLibraryEntry.make(SMSChannel.self) }
""")
    library = pathlib.Path(folder) / "libloaded.so"
    subprocess.run([BIN / "switchboard", "channel", "build", package, "-o", library], check=True, stdout=subprocess.DEVNULL)
    return library


def plugins():
    """What a notification's whole life costs the host by a channel that is built in, and by the same one from a library. In
    each turn there is a new host of either kind, and they are given the same lots by turns: what the machine does meanwhile
    happens to both."""
    library = loaded_library()
    spent = {"built in": [], "loaded": []}
    for turn in range(2 if arguments.quick else 8):
        for name, cost in life_costs(library, turn).items():
            spent[name].append(cost)
    for name, costs in spent.items():
        print(f"{'whole life cycles, ' + name:34} {statistics.mean(costs):6.1f} µs of CPU each; in each turn: "
              + " ".join(f"{cost:.0f}" for cost in costs), flush=True)
    ratios = [loaded / own for loaded, own in zip(spent["loaded"], spent["built in"])]
    ratio, error = statistics.mean(ratios), statistics.stdev(ratios) / len(ratios) ** 0.5
    print(f"{'':34} a library costs {ratio:.3f} of what is built in (standard error {error:.3f}); in each turn: "
          + " ".join(f"{ratio:.3f}" for ratio in ratios) + f"; aim 1.05: {'met' if ratio <= 1.05 else 'MISSED'}")


def life_costs(library, turn):
    """Processor time of both hosts for each notification, in µs."""
    lots, size = 8, LIFE_CYCLES // 10
    batch = json.dumps([json.loads(one)] * 500)
    hosts = {}
    for name in sorted(["built in", "loaded"], reverse=turn % 2 == 1):
        sandbox = Sandbox()
        host = Host(sandbox, concurrency=256)
        if name == "loaded":
            text = host.configuration.read_text().replace("module: sms", "module: loaded")
            pin = hashlib.sha256(library.read_bytes()).hexdigest()
            host.configuration.write_text(f"{text}plugins:\n  - path: {library}\n    sha256: {pin}\n")
        host.start()
        hosts[name] = (host, sandbox, Client(host.port))
    used = dict.fromkeys(hosts, 0)
    # The first lot warms up.
    for lot in range(lots + 1):
        for name in sorted(hosts, reverse=(lot + turn) % 2 == 1):
            host, _, client = hosts[name]
            before = cpu(host.process.pid)
            for _ in range(size // 500):
                status, answer = client.send("POST", "/notifications/batch", batch, JSON)
                if status >= 300:
                    raise SystemExit(f"a batch is answered with {status}: {answer[:200]}")
            wait_until("all to settle", lambda: host.query(
                "SELECT count(*) FROM deliveries WHERE settlement = 1")[0][0] >= size * (lot + 1), 300)
            if lot > 0:
                used[name] += cpu(host.process.pid) - before
    for host, sandbox, _ in hosts.values():
        host.kill()
        host.clean()
        sandbox.stop()
    return {name: seconds * 1e6 / (lots * size) for name, seconds in used.items()}


def beside_bare(kafka, postgres, redis):
    """The adapters beside bare loops over the same C libraries, turn about in one run."""
    servers = {"KAFKA_BROKERS": kafka.servers, "DATABASE_URL": postgres.url, "REDIS_URL": f"redis://127.0.0.1:{redis.port}"}
    for part in ["kafka", "postgres", "redis"]:
        for line in backend_rates(part, env=os.environ | servers):
            row(line["name"], line["rate"], line["bareRate"], f"{line['bareName']}, {line['bareMicroseconds']:.1f} µs",
                line["microseconds"], aim_ratio=line["aim"])


def distributed(ceiling):
    kafka, postgres, redis = MockBroker(), Postgres(), Redis()
    beside_bare(kafka, postgres, redis)
    os.environ["DATABASE_URL"] = postgres.url
    backends = f"""
kafka: {{ brokers: "{kafka.servers}", partitions: 4 }}
postgres: {{ url: "${{DATABASE_URL}}" }}
redis: {{ host: 127.0.0.1, port: {redis.port} }}
"""
    whole_lives("whole life cycles, distributed", ceiling, backends, lambda sql: int(postgres.query(sql)[0][0]))
    kafka.stop()


if arguments.backends:
    distributed(None)
if arguments.providers:
    mail()
    webhooks()
if arguments.plugins:
    plugins()
if arguments.backends or arguments.providers or arguments.plugins:
    raise SystemExit

bare_port = free_port()
bare = subprocess.Popen([BIN / "Benchmarks", "bare-server", "--port", str(bare_port)])
time.sleep(1)
try:
    bare_single, _ = wrk(bare_port, "/notifications", one, JSON, 64)
    bare_batch, _ = wrk(bare_port, "/notifications/batch", thousand, JSON, 8)
    form = "MessageSid=SM1&MessageStatus=sent&SmsSid=SM1&SmsStatus=sent&AccountSid=AC1&From=%2B15005550006&ApiVersion=x"
    bare_hook, _ = wrk(bare_port, "/webhooks/sms", form, {"Content-Type": "application/x-www-form-urlencoded"}, 64)
    bare_curl = int(subprocess.run(
        [BIN / "Benchmarks", "bare-curl", "--url", f"http://127.0.0.1:{bare_port}/notifications"],
        capture_output=True, text=True, check=True).stdout)
finally:
    bare.send_signal(signal.SIGTERM)
    bare.wait()
bare_rows = int(subprocess.run([BIN / "Benchmarks", "bare-sqlite"], capture_output=True, text=True, check=True).stdout)

# Accepting alone: the provider hangs, so little is sent while the store follows the log.
sandbox = Sandbox("--hang", 1.0)
for name, path, body, connections, each, ceiling, aim in [
    ("accept, single, durable", "/notifications", one, 64, 1, bare_single, {"aim_ratio": 0.6}),
    ("accept, batches of 1,000, durable", "/notifications/batch", thousand, 8, 1000, bare_batch * 1000,
     {"aim_rate": 200_000}),
]:
    host = Host(sandbox, concurrency=1)
    host.start()
    before = cpu(host.process.pid)
    rate, answers = wrk(host.port, path, body, JSON, connections)
    used = cpu(host.process.pid) - before
    row(name, rate * each, ceiling, "decodes only", used * 1e6 / max(1, answers * each), **aim)
    projected = host.query("SELECT count(*) FROM notifications")[0][0]
    print(f"{'':34} {projected:,} of {answers * each:,} projected meanwhile; "
          f"{rate * each / bare_rows:.2f} of bare SQLite rows ({bare_rows:,}/s); peak {peak(host.process.pid)} MB")
    host.kill()
    host.clean()
sandbox.stop()

# Webhooks: genuine ones, about a message that nobody knows, so that each is parsed and parked.
sandbox = Sandbox()
host = Host(sandbox)
host.start()
url = f"http://127.0.0.1:{host.port}/webhooks/sms"
signed = url + "".join(sorted(name + value.replace("%2B", "+") for name, value in (p.split("=") for p in form.split("&"))))
signature = base64.b64encode(hmac.new(b"sandbox-auth-token", signed.encode(), hashlib.sha1).digest()).decode()
before = cpu(host.process.pid)
rate, answers = wrk(host.port, "/webhooks/sms", form, {
    "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}, 64)
row("webhooks, verified, durable", rate, bare_hook, "collects only", (cpu(host.process.pid) - before) * 1e6 / max(1, answers))
host.kill()
host.clean()
sandbox.stop()

capacity = whole_lives("whole life cycles", bare_curl, aim_rate=5000)
distributed(bare_curl)
mail()
webhooks()
plugins()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def neighbour(trouble):
    """Accept-to-delivered times of a channel at 70 % load, with a neighbour in trouble, or without one."""
    good, bad = Sandbox(), Sandbox(*(trouble or ()))
    host = Host(good, concurrency=256)
    text = host.configuration.read_text()
    own = text[text.index("  sms:"):]
    other = own.replace("  sms:", "  other:").replace(f":{good.port}", f":{bad.port}")
    host.configuration.write_text(text + other)
    host.start()
    client = Client(host.port)
    if trouble:
        load = json.dumps([json.loads(one) | {"channel": "other"}] * 1000)
        for _ in range(BACKLOG // 1000):
            client.send("POST", "/notifications/batch", load, JSON)
        wait_until("the backlog", lambda: host.query(
            "SELECT count(*) FROM deliveries WHERE channel = 'other'")[0][0] >= BACKLOG, 120)
        # The writing of the backlog itself is not what is measured: let the file come to rest.
        time.sleep(3)
    rate, size = capacity * 0.7, 50
    turns = int(rate * SECONDS / size)
    start = time.monotonic()
    for turn in range(turns):
        client.send("POST", "/notifications/batch", json.dumps([json.loads(one)] * size), JSON)
        time.sleep(max(0, start + (turn + 1) * size / rate - time.monotonic()))
    wait_until("all to settle", lambda: host.query(
        "SELECT count(*) FROM deliveries WHERE settlement = 1 AND channel = 'sms'")[0][0] >= turns * size, 120)
    times = [value for value, in host.query(
        "SELECT d.updated_at - n.accepted_at FROM deliveries d JOIN notifications n USING (row) WHERE channel = 'sms'")]
    memory = peak(host.process.pid)
    host.kill()
    host.clean()
    good.stop()
    bad.stop()
    return percentile(times, 0.5), percentile(times, 0.99), memory


ROUNDS = 1 if arguments.quick else 3
print(f"\naccept to delivered at 70 % load, in ms; a neighbour with a backlog of {BACKLOG:,}; medians of {ROUNDS} rounds in turn")
cases = {
    "no neighbour in trouble": None, "a neighbour that hangs": ("--hang", 1.0),
    "a neighbour that says 500": ("--fail-before", 1.0),
}
samples = {name: [] for name in cases}
for _ in range(ROUNDS):
    for name, trouble in cases.items():
        samples[name].append(neighbour(trouble))
alone = percentile([p99 for _, p99, _ in samples["no neighbour in trouble"]], 0.5)
for name, rounds in samples.items():
    p50, p99, memory = (percentile(values, 0.5) for values in zip(*rounds))
    ratio = f"({p99 / max(1, alone):.2f}; aim 1.20)" if cases[name] else ""
    every = " ".join(str(p99) for _, p99, _ in rounds)
    print(f"{name:34} p50 {p50:5}  p99 {p99:5} {ratio:18} host peak {memory} MB; p99 of each round: {every}")
