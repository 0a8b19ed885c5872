"""Backs up a host under load and restores it: what was acknowledged before the backup is there, row for row, and nothing
that was sent since is sent again. Then what must be refused: altered files, running hosts, full disks."""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

from harness import BIN, Client, Findings, Host, Sandbox, at_a_terminal, request, wait_until, wait_until_applied
from servers import MockBroker, Postgres

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=5_000, help="notifications before the backup, and as many after it began")
parser.add_argument("--rate", type=int, default=500, help="notifications a second, about")
parser.add_argument("--altered", type=int, default=40, help="how many single bytes are altered")
parser.add_argument("--seed", type=int, default=7)
parser.add_argument("--store", choices=["sqlite", "postgres", "both"], default="both")
arguments = parser.parse_args()

print(f"seed {arguments.seed}, {arguments.count} notifications before each backup")
chosen = random.Random(arguments.seed)
findings = Findings()
check = findings.check
# What a restore writes itself: see docs/backup.md.
REWRITTEN = {"ready", "claims", "owners", "runs", "record_attempts", "restorations", "stage_progress"}


def run(*words, timeout=120, stdin=subprocess.DEVNULL, environment=None):
    result = subprocess.run(
        [BIN / "switchboard", *map(str, words)], capture_output=True, text=True, timeout=timeout, stdin=stdin,
        env=os.environ | (environment or {}))
    return result.returncode, result.stdout, result.stderr


def succeed(*words, **options):
    code, out, err = run(*words, **options)
    if code != 0:
        raise SystemExit(f"{' '.join(map(str, words))} ends with {code}:\n{out}{err}")
    return out


def manifest_of(backup):
    with open(backup, "rb") as file:
        file.readline()
        return json.loads(file.readline())


class Load(threading.Thread):
    """Posts until it is told to end; keeps the ids that were acknowledged."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.host, self.accepted, self.ended, self.slowest = host, [], False, 0.0

    def run(self):
        client, number = Client(self.host.port), 0
        while not self.ended:
            number += 1
            body = {"channel": "sms", "to": f"+1555{chosen.randrange(10**7):07d}", "body": f"number {number}"}
            start = time.monotonic()
            status, answer = client.send("POST", "/notifications", json.dumps(body), {"Content-Type": "application/json"})
            self.slowest = max(self.slowest, time.monotonic() - start)
            if status == 202:
                self.accepted.append(json.loads(answer)["id"])
            time.sleep(max(0, 1 / arguments.rate - (time.monotonic() - start)))

    def stop(self):
        self.ended = True
        self.join()


def back_up_under_load(host, folder, is_ready=lambda: True):
    """The load, what was acknowledged before the backup began, and the backup's path. The load goes on."""
    load = Load(host)
    load.start()
    wait_until("the load", lambda: len(load.accepted) >= arguments.count and is_ready(), 600)
    before = list(load.accepted)
    load.slowest = 0
    start = time.monotonic()
    out = succeed("backup", "--config", host.configuration, "--to", folder)
    took = time.monotonic() - start
    print(f"  {out.strip()}\n  {took:.1f} s, {len(load.accepted) - len(before)} accepted meanwhile, "
          f"the slowest after {load.slowest * 1000:.0f} ms")
    check(len(load.accepted) > len(before), "nothing was accepted while the backup was made")
    names = sorted(path.name for path in folder.iterdir())
    check(len(names) == 1 and names[0].endswith(".backup"), f"the folder holds {names}")
    return load, before, folder / names[0]


def taken(sandbox):
    return {entry["delivery"]: entry["timesAccepted"] for entry in sandbox.ledger()}


def view(host, identity):
    status, body = request(host.port, "GET", f"/notifications/{identity}")
    return json.loads(body) if status == 200 else None


def is_waiting_for(condition):
    return lambda delivery: (delivery.get("waiting") or {}).get("reason") == condition


# MARK: SQLite


def rows(path, table):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return database.execute(f'SELECT * FROM "{table}"').fetchall()
    finally:
        database.close()


def checksum(items):
    return hashlib.sha256("\n".join(sorted(map(repr, items))).encode()).hexdigest()


def check_restored_file(backup, source, restored):
    """Counts as the backup says, and each row of what is only ever added to as the host wrote it."""
    counts = manifest_of(backup)["summary"]["tables"]
    for table, count in counts.items():
        if table not in REWRITTEN:
            check(len(rows(restored, table)) == count, f"{table} has {len(rows(restored, table))} rows, not {count}")
    waiting = len(rows(restored, "ready")) + len(rows(restored, "claims"))
    check(waiting == counts["ready"] + counts["claims"], f"{waiting} wait, not {counts['ready']} + {counts['claims']}")
    for table in ("notifications", "timeline"):
        found, known = rows(restored, table), set(rows(source, table))
        check(found and checksum(found) == checksum(row for row in found if row in known), f"{table} differs")
        print(f"  {table}: {len(found)} rows, checksum {checksum(found)[:16]} on both sides")


def try_sqlite():
    print("SQLite")
    sandbox = Sandbox("--seed", arguments.seed, "--latency", "1ms..50ms", "--answer-latency", "20ms..60ms")
    # Slower than the load, so that there is a backlog when the backup is made.
    slow = f"{max(1, arguments.rate // 8)}/s"
    old = Host(sandbox, concurrency=32, settle_after="60s", rate_limit=slow)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-backups-"))
    old.start()
    load, before, backup = back_up_under_load(old, folder)
    wait_until("more load", lambda: len(load.accepted) >= len(before) + 200, 60)
    load.stop()
    wait_until("all to be sent", lambda: old.query("SELECT count(*) FROM ready")[0][0] == 0, 300)
    wait_until_applied(old)
    check_refusals(old, backup)
    old.stop()

    new = Host(sandbox, concurrency=64, settle_after="60s")
    restored = new.data / "switchboard.db"
    out = succeed("restore", backup, "--config", new.configuration, "--yes")
    check("nothing is there" in out, f"restore into nothing says: {out}")
    check_restored_file(backup, old.data / "switchboard.db", restored)
    sent = taken(sandbox)
    check_what_starts(new, sandbox, before, sent)
    check_replacing(new, backup)
    check_the_question(new, backup)
    check_stopping(new)
    check_resend(sandbox, backup, sent)
    check_keep(new)
    check_full_disk(new)
    for host in (old, new):
        host.clean()
    sandbox.stop()
    shutil.rmtree(folder)


def check_what_starts(host, sandbox, before, sent):
    host.start()
    waiting = "SELECT (SELECT count(*) FROM ready WHERE errand = 0) + (SELECT count(*) FROM claims)"
    wait_until("nothing to be under way", lambda: host.query(waiting)[0][0] == 0, 120)
    wait_until_applied(host)
    held = []
    for identity in before:
        found = view(host, identity)
        check(found is not None, f"{identity} was acknowledged before the backup and is not known")
        for delivery in found["deliveries"] if found else []:
            if is_waiting_for("held")(delivery):
                held.append(identity)
                check(delivery["status"] == "uncertain", f"{identity} is held and {delivery['status']}")
    check(held, "nothing was held: the backlog was empty, and this test says nothing")
    check(taken(sandbox) == sent, "something was sent again, or anew, without being asked for")
    print(f"  {len(before)} acknowledged before the backup are there; {len(held)} are held, none was sent again")
    if not held:
        findings.finish("backup")
    # A person decides; and what is new is sent as ever.
    succeed("resolve", "--server", f"http://127.0.0.1:{host.port}", "--resend", held[0])
    identity = json.loads(succeed(
        "send", "--server", f"http://127.0.0.1:{host.port}", "--channel", "sms", "--to", "+15551230001", "new"))["id"]
    for asked in (held[0], identity):
        wait_until("the delivery", lambda: view(host, asked)["status"] == "delivered", 60)
    host.stop()


def check_replacing(host, backup):
    """A store that is there is kept aside, whole."""
    path = host.data / "switchboard.db"
    count = len(rows(path, "notifications"))
    code, out, err = run("restore", backup, "--config", host.configuration)
    check(code == 1 and "--yes" in err and len(rows(path, "notifications")) == count, f"unasked: {code} {out}{err}")
    out = succeed("restore", backup, "--config", host.configuration, "--yes")
    aside = list(host.data.glob("switchboard.db.before-*"))
    check(len(aside) == 1 and aside[0].name in out, f"kept aside: {aside}; said: {out}")
    check(len(rows(aside[0], "notifications")) == count, "what is kept aside is not what was there")


def check_the_question(host, backup):
    """Somebody is asked at a terminal: only "yes" replaces the store. The bars fill up, and are gone at the end."""
    path = host.data / "switchboard.db"
    words = ["restore", backup, "--config", host.configuration]

    def standing():
        return path.stat().st_ino, sorted(host.data.glob("switchboard.db.before-*"))

    # The last is the end of the input.
    for answer in ("no", "", "y", "yes please", "\x04"):
        before = standing()
        code, shown = at_a_terminal(words, [answer])
        check(code == 1 and "Replace it? Type yes: " in shown and "nothing was changed" in shown,
              f"{answer!r}: {code} {shown!r}")
        check(standing() == before, f"{answer!r} has replaced the store")
    for answer in ("yes", " YES "):
        before = standing()
        code, shown = at_a_terminal(words, [answer])
        after = standing()
        check(code == 0 and "restored " in shown, f"{answer!r}: {code} {shown!r}")
        check(after[0] != before[0] and len(after[1]) == len(before[1]) + 1, f"{answer!r} has not replaced the store")
        check_bars(shown, ["checking", "unpacking"])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-backups-"))
    code, shown = at_a_terminal(["backup", "--config", host.configuration, "--to", folder])
    check(code == 0 and len(list(folder.iterdir())) == 1, f"a backup at a terminal: {code} {shown!r}")
    check_bars(shown, ["copying", "compressing"])
    code, out, err = run("backup", "--config", host.configuration, "--to", folder)
    check(code == 0 and "copying" in err and not set("\r\x1b█░") & set(out + err), f"no terminal, but a bar: {err!r}")
    shutil.rmtree(folder)


def check_bars(shown, steps):
    for step in steps:
        bars = re.findall(rf"\r\x1b\[K{step}[^\r\n]*?  (█*)(░*)  (\d+) %", shown)
        percents = [int(percent) for _, _, percent in bars]
        check(bool(bars) and percents == sorted(set(percents)) and percents[-1] == 100, f"{step}: {percents}")
        for full, rest, percent in bars:
            check(len(full) == int(percent) * 30 // 100 and len(full + rest) == 30, f"{step}: {full}{rest} {percent} %")
    # What is shown last of each line of the terminal, when what came before is wiped away.
    left = [line.split("\r")[-1].split("\x1b[K")[-1] for line in shown.replace("\r\n", "\n").split("\n")]
    check(not any("█" in line or "░" in line for line in left), f"bars are left: {left}")


def check_stopping(host):
    """A signal at any moment: there is a backup and it is said where, or there is none and that is said."""
    start = time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-backups-"))
    succeed("backup", "--config", host.configuration, "--to", folder)
    took, ends = time.monotonic() - start, []
    shutil.rmtree(folder)
    for _ in range(30):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-backups-"))
        process = subprocess.Popen(
            [BIN / "switchboard", "backup", "--config", host.configuration, "--to", folder], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        time.sleep(chosen.uniform(took / 3, took))
        process.send_signal(chosen.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP]))
        out, err = process.communicate(timeout=60)
        made = [path.name for path in folder.glob("*.backup")]
        ends.append(process.returncode)
        if process.returncode == 0:
            check(len(made) == 1 and made[0] in out and "no backup" not in err, f"whole: {made} {out}{err}")
        elif process.returncode > 0:
            check(err.endswith("stopped; no backup was made\n") and not os.listdir(folder) and not out,
                  f"stopped: {process.returncode} {os.listdir(folder)} {out}{err}")
        else:
            # So early that the program did not heed signals yet.
            check(not made, f"killed, but it made {made}")
        shutil.rmtree(folder)
    print(f"  30 signals: {ends.count(0)} too late, {sum(code > 0 for code in ends)} stopped it")


def check_resend(sandbox, backup, sent):
    host = Host(sandbox, concurrency=64, settle_after="60s")
    succeed("restore", backup, "--config", host.configuration, "--yes", "--resend")
    host.start()
    wait_until(
        "all to be sent again", lambda: host.query("SELECT count(*) FROM ready")[0][0] == 0
        and host.query("SELECT count(*) FROM claims")[0][0] == 0, 300)
    wait_until_applied(host)
    again = sum(taken(sandbox).values()) - sum(sent.values())
    check(again > 2, "--resend sent nothing again")
    print(f"  with --resend {again - 2} were sent again")
    host.stop()
    host.clean()


def check_keep(host):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-backups-"))
    (folder / "mine.backup").write_text("not a backup of Switchboard's")
    for _ in range(10):
        succeed("backup", "--config", host.configuration, "--to", folder)
    kept = sorted(path.name for path in folder.iterdir())
    check(len(kept) == 8 and "mine.backup" in kept, f"after ten backups there are {kept}")
    shutil.rmtree(folder)


def check_full_disk(host):
    """A backup that runs out of room leaves nothing behind. Needs root, for a small file system of its own."""
    if os.geteuid() != 0:
        return print("  (no root: the full disk is left out)")
    size = (host.data / "switchboard.db").stat().st_size
    for room in (size // 2, size + size // 100):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-full-"))
        script = (
            'mount -t tmpfs -o size=$1 tmpfs "$2" || exit 99\n'
            '"$3" backup --config "$4" --to "$2" >"$5" 2>&1; code=$?\nls -A "$2"; exit $code')
        said = host.data / "full.txt"
        result = subprocess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", str(room), folder, BIN / "switchboard", host.configuration, said],
            capture_output=True, text=True, timeout=120)
        folder.rmdir()
        if result.returncode == 99:
            return print("  (no mounts here: the full disk is left out)")
        words = said.read_text()
        check(result.returncode == 1 and "error:" in words, f"on a full disk it ends with {result.returncode}: {words}")
        check(result.stdout == "", f"on a full disk it leaves {result.stdout}")


# MARK: What is refused


def check_refusals(host, backup):
    """Each before anything is touched, with the host running; and the running host itself is a reason."""
    code, out, err = run("restore", backup, "--config", host.configuration, "--yes")
    check(code == 1 and "stop it first" in err, f"while the host runs: {code} {out}{err}")
    whole = backup.read_bytes()
    bad = backup.parent.parent / f"{backup.parent.name}-bad"
    cuts = [0, 1, 20, 21, 200, len(whole) // 2, len(whole) - 73, len(whole) - 1]
    places = [chosen.randrange(len(whole)) for _ in range(arguments.altered)]
    with tempfile.TemporaryDirectory() as folder:
        configuration = pathlib.Path(folder) / "channels.yaml"
        configuration.write_text(host.configuration.read_text().replace(str(host.data), folder))
        for content in [whole[:cut] for cut in cuts] + [
                whole[:place] + bytes([whole[place] ^ chosen.randrange(1, 256)]) + whole[place + 1:] for place in places]:
            bad.write_bytes(content)
            code, out, err = run("restore", bad, "--config", configuration, "--yes")
            check(code == 1 and "error:" in err, f"an altered file of {len(content)} bytes: {code} {out}{err}")
            check(os.listdir(folder) == ["channels.yaml"], f"a refused file left {os.listdir(folder)}")
    bad.unlink()
    print(f"  {len(cuts)} cut and {len(places)} altered files refused")


# MARK: PostgreSQL


def contents(postgres, table, schema="switchboard", database=None):
    url = postgres.url if database is None else postgres.url.replace("/postgres", "/" + database)
    result = subprocess.run(
        [postgres.bin / "psql", url, "-AtXq", "-c", f"SELECT replace(t::text, chr(10), ' ') FROM {schema}.{table} t ORDER BY 1"],
        capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def try_postgres():
    print("PostgreSQL")
    kafka, postgres = MockBroker(), Postgres()
    postgres.query("ALTER USER switchboard PASSWORD 'a-canary-secret-0123456789'")
    os.environ["DATABASE_URL"] = postgres.url.replace("switchboard@", "switchboard:a-canary-secret-0123456789@")
    sandbox = Sandbox("--seed", arguments.seed, "--latency", "1ms..50ms", "--answer-latency", "20ms..60ms")
    backends = f"""
kafka: {{ brokers: "{kafka.servers}", partitions: 4 }}
postgres: {{ url: "${{DATABASE_URL}}" }}
"""
    slow = f"{max(1, arguments.rate // 8)}/s"
    hosts = [
        Host(sandbox, concurrency=32, settle_after="60s", backends=backends, replica=f"replica-{number}", rate_limit=slow)
        for number in range(2)]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-backups-"))
    for host in hosts:
        host.launch()
    for host in hosts:
        host.wait_until_ready()
    load, before, backup = back_up_under_load(
        hosts[0], folder, lambda: int(postgres.query("SELECT count(*) FROM deliveries WHERE attempts > 0")[0][0]) >= 50)
    wait_until("more load", lambda: len(load.accepted) >= len(before) + 200, 60)
    load.stop()
    everything = list(load.accepted)
    opt_out(sandbox, hosts[0])
    code, out, err = run("restore", backup, "--config", hosts[0].configuration, "--yes")
    check(code == 1 and "replica-0, replica-1" in err, f"while replicas run: {code} {out}{err}")
    check("canary" not in out + err, "the password shows")
    check_tools(hosts[0], folder)
    wait_until("all to be sent", lambda: postgres.query(
        "SELECT (SELECT count(*) FROM ready) + (SELECT count(*) FROM claims)") == [["0"]], 300)
    wait_until("all to be settled", lambda: postgres.query(
        "SELECT count(*) FROM deliveries WHERE settlement = 0") == [["0"]], 120)
    for host in hosts:
        host.stop()
    final = {row.split("|")[0]: row for row in statuses(postgres)}
    sent = taken(sandbox)
    check_empty_database(postgres, hosts[0], backup, backends, folder)
    check_stopping_the_dump(hosts[0])
    check_no_reader_moves(hosts[0], backup)

    out = succeed("restore", backup, "--config", hosts[0].configuration, "--yes")
    check("kept as schema switchboard_before_" in out, f"restore says: {out}")
    for host in hosts:
        host.launch()
    for host in hosts:
        host.wait_until_ready()
    # The store does not know yet that they have opted out: nothing is sent before it does.
    status, body = request(hosts[0].port, "POST", "/notifications", json.dumps(
        {"to": OPTED_OUT, "channel": "sms", "body": "after the restore"}), {"Content-Type": "application/json"})
    check(status == 202, f"a notification right after the restore: {status} {body}")
    unwanted = json.loads(body)["id"]
    # What came after the backup is in Kafka still: the store catches up with it.
    wait_until("the log to be projected again", lambda: postgres.query(
        "SELECT count(*) FROM notifications") == [[str(len(everything) + 1)]], 120)
    wait_until("nothing to be under way", lambda: postgres.query(
        "SELECT (SELECT count(*) FROM ready) + (SELECT count(*) FROM claims)") == [["0"]], 120)
    wait_until("all to be settled again", lambda: postgres.query(
        "SELECT count(*) FROM deliveries WHERE settlement = 0") == [["0"]], 120)
    again = {row.split("|")[0]: row for row in statuses(postgres)}
    refused = again.pop(unwanted, "").split("|")
    check(refused[2:3] == ["rejected"], f"to somebody who opted out after the backup: {refused}")
    check(again == final, f"{sum(again.get(key) != row for key, row in final.items())} deliveries have another status")
    check(taken(sandbox) == sent, "something was sent again")
    held = postgres.query("SELECT count(*) FROM deliveries WHERE waiting = 'held'")[0][0]
    print(f"  restored beside Kafka: {len(again)} deliveries with the statuses they had, none sent again, {held} held")
    for host in hosts:
        host.stop()
        host.clean()
    sandbox.stop()
    kafka.stop()
    shutil.rmtree(folder)


OPTED_OUT = "+15557650099"


def opt_out(sandbox, host):
    """Somebody writes STOP, after the backup."""
    status, said = request(sandbox.port, "POST", "/sandbox/inbound", json.dumps(
        {"from": OPTED_OUT, "to": "+15005550006", "body": "STOP", "webhook": f"http://127.0.0.1:{host.port}/webhooks/sms"}),
        {"Content-Type": "application/json"})
    check(status in (200, 202, 204), f"an inbound message: {status} {said}")
    wait_until("the opting out to be known", lambda: request(
        host.port, "GET", f"/opt-outs/sms/{OPTED_OUT}")[0] == 200, 30)


def check_tools(host, folder):
    """Without PostgreSQL's client, or with one that is too old, nothing is made, and it is said what to install."""
    kept = sorted(folder.iterdir())
    with tempfile.TemporaryDirectory() as tools:
        for program, said in ((None, "not on the PATH"), ("pg_dump (PostgreSQL) 9.6.24", "is of version 9")):
            if program:
                tool = pathlib.Path(tools) / "pg_dump"
                tool.write_text(f"#!/bin/sh\necho '{program}'\n")
                tool.chmod(0o755)
            code, out, err = run(
                "backup", "--config", host.configuration, "--to", folder, environment={"PATH": tools + ":/nowhere"})
            check(code == 1 and said in err and "postgresql-client" in err, f"{program}: {code} {out}{err}")
    check(sorted(folder.iterdir()) == kept, "a backup that failed left something behind")


@contextlib.contextmanager
def tool(name, script):
    """A PATH on which `name`, one of PostgreSQL's programs, is a script; $REAL is the program itself."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.write_text(f"#!/bin/sh\nREAL={shutil.which(name)}\n{script}\n")
        path.chmod(0o755)
        yield {"PATH": f"{folder}:{os.environ['PATH']}"}


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def check_stopping_the_dump(host):
    """Who stops the backup stops pg_dump, too."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-backups-"))
    noted = host.data / "pg_dump.pid"
    with tool("pg_dump", f'[ "$1" != --version ] || exec $REAL --version\necho $$ > {noted}.new && mv {noted}.new {noted}\n'
                         "exec sleep 600") as environment:
        process = subprocess.Popen(
            [BIN / "switchboard", "backup", "--config", host.configuration, "--to", folder], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=os.environ | environment)
        wait_until("the dump to begin", lambda: noted.exists() or process.poll() is not None, 60)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    check(process.returncode == 143 and err.endswith("no backup was made\n") and not out and not os.listdir(folder),
          f"a dump that is stopped: {process.returncode} {os.listdir(folder)} {out}{err}")
    pid = int(noted.read_text())
    wait_until("pg_dump to be gone", lambda: not is_running(pid), 10)
    folder.rmdir()


def check_no_reader_moves(host, backup):
    """A restore that fails in PostgreSQL, at its beginning or its end, has not set the readers of Kafka back."""

    def positions():
        folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-backups-"))
        succeed("backup", "--config", host.configuration, "--to", folder)
        found = manifest_of(next(folder.iterdir()))["summary"]["positions"]
        shutil.rmtree(folder)
        return found

    before = positions()
    check(before["correlator"] != manifest_of(backup)["summary"]["positions"]["correlator"],
          "nothing was read since the backup: this test says nothing")
    for script, said in [
            ("echo 'pg_restore: error: unsupported version (1.99) in file header' >&2; exit 1", "unsupported version"),
            ('$REAL "$@" && echo "SELECT nonsense;"', "nonsense"), ('$REAL "$@" | head -c 20000; exit 1', " failed: ")]:
        with tool("pg_restore", script) as environment:
            code, out, err = run("restore", backup, "--config", host.configuration, "--yes", environment=environment)
        check(code == 1 and said in err and "readers of Kafka" not in err and "restored" not in out,
              f"a restore that fails: {code} {out}{err}")
        check(positions() == before, f"{said}: a reader was moved")


def statuses(postgres):
    return [row[0] for row in postgres.query(
        "SELECT n.id || '|' || d.ordinal || '|' || d.status || '|' || d.settlement FROM deliveries d "
        "JOIN notifications n USING (number) ORDER BY 1")]


def check_empty_database(postgres, host, backup, backends, folder):
    """Into a database that is empty, for a group of its own: counts and rows as they were."""
    postgres.query("CREATE DATABASE empty")
    other = pathlib.Path(host.data) / "other.yaml"
    other.write_text(host.configuration.read_text().replace("partitions: 4", "partitions: 4, consumer_group: other"))
    url = os.environ["DATABASE_URL"].replace("/postgres", "/empty")
    out = succeed("restore", backup, "--config", other, "--yes", environment={"DATABASE_URL": url})
    check("nothing is there" in out, f"restore into an empty database says: {out}")
    counts = manifest_of(backup)["summary"]["tables"]
    for table, count in counts.items():
        if table not in REWRITTEN:
            found = len(contents(postgres, table, database="empty"))
            check(found == count, f"{table} has {found} rows, not {count}")
    for table in ("notifications", "timeline"):
        found, known = contents(postgres, table, database="empty"), set(contents(postgres, table))
        check(found and checksum(found) == checksum(row for row in found if row in known), f"{table} differs")
        print(f"  {table}: {len(found)} rows, checksum {checksum(found)[:16]} on both sides")
    for file in folder.rglob("*"):
        check(b"canary-secret" not in file.read_bytes(), f"{file.name} holds the password")


if arguments.store in ("sqlite", "both"):
    try_sqlite()
if arguments.store in ("postgres", "both"):
    try_postgres()
findings.finish("backup")
