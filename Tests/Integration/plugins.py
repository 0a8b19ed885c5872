"""Channels from outside: libraries are made by the host's own command, named in its configuration, and loaded. What is
broken is refused with the reason; what works is a channel like any other; what misbehaves harms no other channel."""

import base64
import concurrent.futures
import contextlib
import hashlib
import hmac
import http.client
import inspect
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from harness import BIN, ROOT, SMS, Findings, Host, Sandbox, request, wait_until

findings = Findings()
check = findings.check
RECEIPTS = "whsec_" + base64.b64encode(b"a secret for receipts, 32 bytes.").decode()


def run(*arguments, environment=None):
    result = subprocess.run(
        [BIN / "switchboard", *map(str, arguments)], capture_output=True, text=True, timeout=120,
        env=os.environ | (environment or {}))
    return result.returncode, result.stdout + result.stderr


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def plugin(path, on_failure=None, pin=True):
    lines = [f"  - path: {path}"]
    if pin:
        lines.append(f"    sha256: {pin if isinstance(pin, str) else digest(path)}")
    if on_failure:
        lines.append(f"    on_failure: {on_failure}")
    return "\n".join(lines) + "\n"


ODD = """\
  {name}:
    module: odd
    provider: {provider}
    concurrency: {places}
    timeout: 500ms
    retry: {{ attempts: 2, base: 10ms, max: 20ms }}
    breaker: {{ minimum: 1000 }}
    settings: {{ base_url: "http://127.0.0.1:{port}/", refuses: {refuses}, verifies: {verifies} }}
"""


def odd(name="odd", provider="own", places=64, port=9, refuses="false", verifies="false"):
    return ODD.format(
        name=name, provider=provider, places=places, port=port, refuses=refuses, verifies=verifies)


def sms(sandbox_port):
    return SMS.format(sandbox=sandbox_port, concurrency=64, settle_after="60s", timeout="5s", limits="")


# MARK: Broken ones


def altered(path, folder, name, old, new, count=1):
    """A copy in which some bytes are others, as many."""
    content = path.read_bytes()
    assert len(old) == len(new) and content.count(old) >= 1, (name, content.count(old))
    copy = folder / name
    copy.write_bytes(content.replace(old, new) if count is None else content.replace(old, new, count))
    copy.chmod(0o755)
    return copy


def broken(library, folder):
    """(what, entries of `plugins`, environment, the reason) for each library that must not be loaded."""
    own = run("channel", "kit")[1]
    build = re.search(r"host=(\w+)", own).group(1).encode()
    text = folder / "text.so"
    text.write_text("this is no library\n")
    writable = folder / "writable.so"
    shutil.copy(library, writable)
    writable.chmod(0o777)
    open_folder = folder / "open"
    open_folder.mkdir()
    shutil.copy(library, open_folder / "odd.so")
    open_folder.chmod(0o777)
    truncated = folder / "truncated.so"
    truncated.write_bytes(library.read_bytes()[:3000])
    good = plugin(library)
    cases = [
        ("missing", plugin(folder / "missing.so", pin="0" * 64), {}, "does not exist"),
        ("a folder", plugin(folder / "open", pin="0" * 64), {}, "is not a regular file"),
        ("text", plugin(text), {}, "is no shared library"),
        ("a program", plugin(BIN / "provider-sandbox"), {}, "does not say which host it was made for"),
        ("truncated", plugin(truncated), {}, "it is damaged"),
        ("another processor", plugin(altered(library, folder, "arm.so", library.read_bytes()[16:20], b"\x03\0\xb7\0")),
         {}, "is for another kind of processor"),
        ("no note", plugin(altered(library, folder, "note.so", b"Switchboard\0", b"Somebodyels\0")), {},
         "does not say which host it was made for"),
        ("an older ChannelSDK", plugin(altered(library, folder, "old.so", b"sdk=1\nhost", b"sdk=0\nhost")), {},
         "was compiled against version 0 of ChannelSDK"),
        ("another build", plugin(altered(library, folder, "build.so", b"host=" + build, b"host=" + build[::-1])), {},
         "was made for another build of the host"),
        ("no entry point", plugin(
            altered(library, folder, "entry.so", b"switchboard_channel\0", b"switchboard_chanel_\0", None)), {},
         "has no entry point 'switchboard_channel'"),
        ("another interface", plugin(altered(
            library, folder, "symbol.so", b"$s10ChannelSDK0A10DescriptorV", b"$s10ChannelSDK0A10Descriptor_", None)),
         {}, "undefined symbol"),
        ("compiled otherwise", good, {"ODD": "version"}, "was compiled against version 99 of ChannelSDK"),
        ("its entry exits", good, {"ODD": "entry exits"}, "ends the process that loads it (exit code 0)"),
        ("its entry traps", good, {"ODD": "entry traps"}, "ends the process that loads it (signal "),
        ("hangs at its start", good, {"ODD": "start"}, "the module of channel 'odd' does not return from its start"),
        ("a broken graph", good, {"ODD": "graph"}, "breaks the status law: more than one status could come first"),
        ("a bad name", good, {"ODD": "name"}, "names its module 'Odd One'"),
        ("no summary", good, {"ODD": "summary"}, "gives its module no summary"),
        ("no providers", good, {"ODD": "providers"}, "has a module without providers"),
        ("a built-in's name", good, {"ODD": "sms"}, "has a module 'sms', and there is one of that name already"),
        ("twice", good + good, {}, "has a module 'odd', and there is one of that name already"),
        ("another hash", plugin(library, pin="0" * 64), {}, "has changed: its SHA-256 is " + digest(library)),
        ("no hash", plugin(library, pin="abc"), {}, "must be a SHA-256 of 64 hexadecimal digits"),
        ("writable by all", plugin(writable), {}, "can be written by its group and everybody"),
        ("in a folder of all", plugin(open_folder / "odd.so"), {}, "lies in a folder that can be written by"),
    ]
    if os.geteuid() == 0:
        foreign = folder / "foreign.so"
        shutil.copy(library, foreign)
        os.chown(foreign, 12345, 12345)
        cases.append(("another's", plugin(foreign), {}, "belongs to user 12345"))
    return cases


def check_the_broken(library, folder):
    for number, (what, plugins, environment, reason) in enumerate(broken(library, folder)):
        file = folder / "channels.yaml"
        file.write_text(
            f"storage: {{ path: {folder}/never.db }}\nchannels:\n{odd()}plugins:\n{plugins}")
        # Both do it by the same steps; a start more than that is tried with some.
        for command in ["check", "serve"] if number % 5 == 0 else ["check"]:
            code, said = run(command, file, environment=environment)
            check(code == 1 and reason in said, f"{what}: {command} ends with {code} and says\n{said}")
            place = re.search(r"channels\.yaml:(\d+):(\d+): error: .*" + re.escape(reason), said)
            least = 3 if "start" in reason else 11
            check(place and int(place.group(1)) >= least, f"{what}: no line of the plug-in in\n{said}")
    check(not (folder / "never.db").exists(), "a refused configuration left a store")


def check_the_warned(library, folder):
    file = folder / "channels.yaml"
    file.write_text(f"channels:\n{odd()}plugins:\n{plugin(library, pin=False)}")
    code, said = run("check", file)
    check(code == 0 and "warning: plugins[0] has no sha256" in said, f"without a pin: {code} {said}")
    file.write_text(f"channels:\n{odd(refuses='true')}plugins:\n{plugin(library)}")
    code, said = run("check", file)
    check(code == 1 and "setting 'refuses' of channel 'odd' makes the module throw" in said, f"throws: {said}")
    # Bytes changed at random where the loader looks: refused or loaded, never a crash.
    content = library.read_bytes()
    for number in range(12):
        damaged = bytearray(content)
        for place in range(16 + number * 9, 16 + number * 9 + 8):
            damaged[place] ^= 0xA5
        bad = folder / "damaged.so"
        bad.write_bytes(damaged)
        bad.chmod(0o755)
        file.write_text(f"channels:\n{odd()}plugins:\n{plugin(bad)}")
        code, said = run("check", file)
        check(code in (0, 1), f"bytes from {16 + number * 9} changed: ends with {code} {said[-300:]}")


# MARK: With a host


def send(host, channel, body, to="+48500000001", expected=202, **more):
    status, answer = request(host.port, "POST", "/notifications", json.dumps(
        ({"channel": channel} if channel else {}) | {"to": to, "body": body} | more), {"Content-Type": "application/json"})
    check(status == expected, f"{channel} {body[:20]!r}: {status} {answer[:300]}")
    return json.loads(answer).get("id")


def view(host, id):
    return json.loads(request(host.port, "GET", f"/notifications/{id}")[1])


def reach(host, id, statuses, seconds=20):
    wait_until(f"{id} to be {statuses}: {view(host, id)}", lambda: view(host, id).get("status") in statuses, seconds)


@contextlib.contextmanager
def running(sandbox, channels, plugins, environment=None):
    host = Host(sandbox, channels=channels + "plugins:\n" + plugins)
    with contextlib.ExitStack() as stack:
        stack.callback(host.clean)
        before = dict(os.environ)
        os.environ.update(environment or {})
        try:
            host.start()
        finally:
            os.environ.clear()
            os.environ.update(before)
        try:
            yield host
        except SystemExit:
            print(host.output())
            raise
        if host.process.poll() is None:
            host.stop()


def check_what_is_skipped(library, folder, sandbox):
    routes = "routes:\n  first: [{ channels: [odd, sms] }]\n  only: [{ channels: [odd] }]\n"
    missing = plugin(folder / "missing.so", "skip", pin="0" * 64)
    thrown = odd("thrown", refuses="true")
    for what, channels, plugins in [
        ("missing", sms(sandbox.port) + odd() + routes, missing),
        ("throws", sms(sandbox.port) + odd(refuses="true") + routes, plugin(library, "skip")),
    ]:
        with running(sandbox, channels, plugins) as host:
            check("warning" in host.output() and "channel 'odd' is left out" in host.output(), f"{what}: {host.output()}")
            status, answer = request(host.port, "POST", "/notifications", json.dumps(
                {"channel": "odd", "to": "x", "body": "hello"}), {"Content-Type": "application/json"})
            check(status == 422 and b"is left out for now" in answer, f"{what}: {status} {answer}")
            status, answer = request(host.port, "POST", "/notifications", json.dumps(
                {"route": "only", "to": "x", "body": "hello"}), {"Content-Type": "application/json"})
            check(status == 422 and b"left out for now" in answer, f"{what}: {status} {answer}")
            status, answer = request(host.port, "POST", "/webhooks/odd", "sent")
            check(status == 503, f"{what}: a webhook gets {status} {answer}")
            reach(host, send(host, None, "hello", route="first"), ["delivered"])


def verify(library, reason, *options, **environment):
    code, said = run("channel", "verify", library, *options, environment=environment)
    check(code == 1 and reason in said, f"verify {environment}: {code} {said}")


def check_the_verified(library):
    """What ends the process that checks it, or does not end, fails."""
    verify(library, "the library ended the process (exit code 0)", ODD="exit")
    verify(library, "it did not come to an end within 2 s", "--timeout", "2", ODD="start")


def check_misbehaviour(library, sandbox):
    """Each kind of misbehaviour, and every time a message by another channel that arrives."""
    stubborn = ["hang", "block", "spin"]
    channels = sms(sandbox.port) + odd() + odd("calm") + "".join(odd(word, places=8) for word in stubborn)
    with running(sandbox, channels, plugin(library)) as host:
        def calm_is_well(what):
            ids = [send(host, "calm", "hello"), send(host, "sms", "hello")]
            reach(host, ids[0], ["sent"], 10)
            reach(host, ids[1], ["delivered"], 10)

        calm_is_well("before")
        for word, statuses in [
            ("none", ["uncertain"]), ("many", ["sent"]), ("nonsense", ["sent"]), ("own", ["sent"]),
            ("wordy", ["rejected"]),
        ]:
            reach(host, send(host, "odd", word), statuses)
            calm_is_well(word)
        later = send(host, "odd", "later")
        wait_until("the long wait", lambda: json.dumps(view(host, later)).count("retrying"), 10)
        # More than the channel has places for, and more than the machine has threads.
        for word in stubborn:
            stuck = [send(host, word, f"{word} {number}") for number in range(12)]
            calm_is_well(word)
            wait_until(f"{word} to be uncertain", lambda: any(
                view(host, id)["status"] == "uncertain" for id in stuck), 20)
            # What was never begun is not uncertain: it waits, and may still be sent.
            begun = sum(view(host, id)["status"] == "uncertain" for id in stuck)
            check(word == "hang" or begun <= 4, f"{word}: {begun} are uncertain, and there are 4 threads")
        calm_is_well("after all")
        target = send(host, "calm", "hello")
        reach(host, target, ["sent"])
        delivery = view(host, target)["deliveries"][0]["id"]
        for word in ["throw", "flood", f"wordy {delivery}", f"nonsense {delivery}", "", "\0", f"delivered {delivery}"]:
            status, answer = request(host.port, "POST", "/webhooks/odd", word)
            check(status == 200, f"webhook {word[:10]!r}: {status} {answer}")
        request(host.port, "POST", "/webhooks/calm", f"delivered {delivery}")
        reach(host, target, ["delivered"])
        status, answer = request(host.port, "POST", "/webhooks/odd", "odd reply")
        check(status == 500, f"a reply of status 1000: {status} {answer}")
        calm_is_well("after the webhooks")
        rss = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{host.process.pid}/status").read_text()).group(1))
        print(f"the host has {rss >> 10} MiB after all of it")
        host.kill()


def provoke(host, method_path, body):
    """A request after which the host may be gone before it answers: what it asks is durable by then all the same."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        request(host.port, "POST", method_path, body, {"Content-Type": "application/json"})


def restart_until_up(host, most, seconds=6):
    """As whatever keeps a host running does it: how often it had to be started again."""
    ends = 0
    while True:
        with contextlib.suppress(SystemExit):
            host.start()
            deadline = time.monotonic() + seconds
            while host.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            if host.process.poll() is None:
                return ends
        ends += 1
        if ends > most:
            return ends


def check_traps(library, sandbox):
    # Traces of crashes are long, and take their time.
    quiet = {"SWIFT_BACKTRACE": "enable=no"}
    os.environ.update(quiet)
    channels = sms(sandbox.port) + odd() + odd("requests", "http", port=sandbox.port)
    with running(sandbox, channels, plugin(library)) as host:
        provoke(host, "/webhooks/odd", "trap")
        host.process.wait(30)
        ends = restart_until_up(host, 4)
        # Once unnoted, and twice noted: the record is put aside then.
        check(ends <= 2, f"a webhook that traps the parser ended {ends + 1} runs")
        check("a record that ended two runs is put aside" in host.output(), f"no quarantine: {host.output()}")
        reach(host, send(host, "sms", "after the webhook"), ["delivered"])
        provoke(host, "/notifications", json.dumps(
            {"channel": "requests", "to": "x", "body": "trap", "externalId": "trap"}))
        host.process.wait(30)
        ends = restart_until_up(host, 4)
        check(ends == 0, f"a message that traps the request ended {ends + 1} runs")
        # Said again, it is the same notification, which is not sent again.
        reach(host, send(host, "requests", "trap", to="x", externalId="trap"), ["uncertain"], 40)
        reach(host, send(host, "sms", "after the message"), ["delivered"])


def check_hangs(library, sandbox):
    """Calls that never return: each takes one of its channel's threads, and nothing from anybody else."""
    names = ["parser", "outcome", "verifier", "validation"]
    channels = sms(sandbox.port) + odd("parser") + odd("outcome", "http", port=sandbox.port)
    channels += odd("verifier", verifies="true") + odd("validation")
    with running(sandbox, channels, plugin(library)) as host:
        lost = set()

        def others_are_well(but):
            lost.add(but)
            reach(host, send(host, "sms", f"beside the {but}"), ["delivered"], 15)
            for name in names:
                if name not in lost:
                    status, answer = request(host.port, "POST", f"/webhooks/{name}", "sent")
                    check(status == 200, f"{name} beside {but}: {status} {answer}")

        check(request(host.port, "POST", "/webhooks/verifier", "forged")[0] == 403, "a forged webhook is taken")
        check(send(host, "validation", "invalid", expected=422) is None, "an invalid message is taken")
        # One that takes its time holds up no other channel for as long as all of it takes.
        for number in range(10):
            check(request(host.port, "POST", "/webhooks/parser", "slow")[0] == 200, "a slow webhook")
        for number in range(6):
            status, answer = request(host.port, "POST", "/webhooks/parser", "hang", timeout=60)
            check(status in (200, 503), f"a webhook that hangs its parser: {status} {answer}")
            others_are_well("parser")
        for number in range(4):
            send(host, "outcome", f"hang the outcome {number}")
            others_are_well("outcome")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            verified = [pool.submit(
                request, host.port, "POST", "/webhooks/verifier", "hang the verifier", timeout=60) for _ in range(6)]
            others_are_well("verifier")
            for answer in verified:
                check(answer.result()[0] == 503, f"a webhook that hangs its verifier: {answer.result()}")
            validated = [pool.submit(
                send, host, "validation", "hang the validation", expected=503) for _ in range(6)]
            others_are_well("validation")
            for answer in validated:
                answer.result()
        # All of its threads are lost: it says so at once.
        for channel, path in [("validation", "/notifications"), ("verifier", "/webhooks/verifier")]:
            body = json.dumps({"channel": channel, "to": "x", "body": "hello"})
            status, answer = request(host.port, "POST", path, body, {"Content-Type": "application/json"})
            check(status == 503, f"{channel} is taken for available: {status} {answer}")
        check(host.process.poll() is None, "the host has ended")
        check("does not return from 'parse'" in host.output(), f"nothing is said of it: {host.output()[-500:]}")
        host.kill()


def reload(host):
    status, answer = request(host.port, "POST", "/admin/reload", timeout=60)
    return status, answer.decode()


def check_reloads(library, folder, sandbox):
    """A library that changes while the host runs needs a restart, which a reload says."""
    for on_failure in ["refuse", "skip"]:
        changing = folder / f"changing-{on_failure}.so"
        shutil.copy(library, changing)
        marker = folder / "another.so"
        for pin in [True, False]:
            shutil.copy(library, changing)
            with running(sandbox, sms(sandbox.port) + odd(), plugin(changing, on_failure, pin)) as host:
                check(reload(host)[0] == 200, "nothing has changed, and the reload is refused")
                before = host.configuration.read_text()
                for what, change in [
                    ("replaced", lambda: (changing.write_bytes(library.read_bytes() + b"\0"), changing.chmod(0o755))),
                    ("writable", lambda: changing.chmod(0o777)),
                    ("removed", lambda: changing.unlink()),
                ]:
                    change()
                    status, answer = reload(host)
                    check(status == 422 and "needs a restart" in answer and changing.name in answer,
                          f"{on_failure}, {what}: {status} {answer}")
                    reach(host, send(host, "odd", "still"), ["sent"])
                shutil.copy(library, changing)
                # One that the host has not loaded is not loaded by a reload.
                marker.write_bytes(library.read_bytes())
                marker.chmod(0o755)
                host.configuration.write_text(before + plugin(marker, on_failure))
                status, answer = reload(host)
                check(status == 422 and "needs a restart" in answer, f"another library: {status} {answer}")
                maps = pathlib.Path(f"/proc/{host.process.pid}/maps").read_text()
                check("another.so" not in maps, "a library was loaded by a reload that was refused")
                host.configuration.write_text(before.replace("refuses: false", "refuses: true"))
                status, answer = reload(host)
                check(status == 422, f"{on_failure}: settings that the module refuses: {status} {answer}")
                host.configuration.write_text(before.replace("timeout: 500ms", "timeout: 600ms"))
                check(reload(host)[0] == 200, "a change of a running loaded channel is refused")
                reach(host, send(host, "odd", "after all"), ["sent"])


def check_the_example(library, folder, sandbox):
    """Examples/ChannelPush, over FCM's stand-in."""
    (folder / "account.json").write_bytes(sandbox.get("/sandbox/fcm/service-account.json"))
    channels = f"""\
  push:
    module: push
    concurrency: 64
    retry: {{ attempts: 3, base: 20ms, max: 50ms }}
    settings:
      service_account: ${{file:{folder}/account.json}}
      base_url: {sandbox.url}
      receipts_secret: ${{RECEIPTS}}
"""
    with running(sandbox, channels, plugin(library), {"RECEIPTS": RECEIPTS}) as host:
        ids = [send(host, "push", f"Hello {number}", to=f"device:{number}", subject="Hi") for number in range(20)]
        for id in ids:
            reach(host, id, ["sent"])
        reach(host, send(host, "push", "gone", to="unregistered:1"), ["rejected"])
        check(send(host, "push", "x" * 4000, to="device:1", expected=422) is None, "too long")
        # Under a token that Google no longer takes, the next is fetched.
        sandbox.tell("/sandbox/fcm/revoke")
        reach(host, send(host, "push", "again", to="device:again"), ["sent"])
        delivery = view(host, ids[0])["deliveries"][0]["id"]
        body = json.dumps({"delivery": delivery, "event": "delivered"})
        moment = str(int(time.time()))
        key = base64.b64decode(RECEIPTS.removeprefix("whsec_"))
        mac = base64.b64encode(hmac.digest(key, f"msg_1.{moment}.{body}".encode(), "sha256")).decode()
        headers = {"webhook-id": "msg_1", "webhook-timestamp": moment, "webhook-signature": "v1," + mac}
        check(request(host.port, "POST", "/webhooks/push", body)[0] == 403, "an unsigned receipt is taken")
        status, answer = request(host.port, "POST", "/webhooks/push", body, headers)
        check(status == 200, f"a receipt gets {status} {answer}")
        reach(host, ids[0], ["delivered"])
        check(RECEIPTS not in host.output() and "ya29." not in host.output(), "a secret is in the log")
        # Written over while it is in use.
        library.write_bytes(b"\0" * library.stat().st_size)
        reach(host, send(host, "push", "still", to="device:still"), ["sent"])
    entries = [entry for entry in sandbox.ledger() if entry["provider"] == "fcm"]
    check(len(entries) >= 22, f"FCM took {len(entries)}")


def main():
    before = digest(BIN / "switchboard")
    with tempfile.TemporaryDirectory(prefix="switchboard-plugins-") as name:
        folder = pathlib.Path(name)
        code, said = run("channel", "build", ROOT / "Tests/Fixtures/Plugins", "-o", folder / "odd.so")
        if code != 0:
            raise SystemExit("no library:\n" + said)
        check(digest(folder / "odd.so") in said, f"the hash is not shown: {said}")
        code, said = run("channel", "build", ROOT / "Examples/ChannelPush", "-o", folder / "push.so")
        check(code == 0 and "module 'push'" in said, said)
        code, said = run("channel", "build", folder, "--kit", folder)
        check(code == 1 and "is no kit" in said, f"no kit: {code} {said}")
        code, said = run("channel", "build", folder / "nowhere")
        check(code == 1 and "there is no folder" in said, f"no folder: {code} {said}")
        code, said = run(
            "channel", "build", ROOT / "Tests/Fixtures/Plugins", environment={"PATH": str(folder)})
        check(code == 1 and "swiftc is not in PATH" in said, f"no compiler: {code} {said}")
        library = folder / "odd.so"
        if os.environ.get("ONLY"):
            chosen = globals()["check_" + os.environ["ONLY"]]
            given = {"library": library, "folder": folder, "sandbox": Sandbox()}
            chosen(*[given[name] for name in inspect.signature(chosen).parameters])
            return findings.finish(os.environ["ONLY"])
        check_the_broken(library, folder)
        check_the_warned(library, folder)
        sandbox = Sandbox()
        check_what_is_skipped(library, folder, sandbox)
        check_the_example(folder / "push.so", folder, sandbox)
        check_the_verified(library)
        check_misbehaviour(library, sandbox)
        check_hangs(library, sandbox)
        check_reloads(library, folder, sandbox)
        check_traps(library, sandbox)
        sandbox.stop()
    check(digest(BIN / "switchboard") == before, "the host is not the one that was there before")
    findings.finish("plugins")


main()
