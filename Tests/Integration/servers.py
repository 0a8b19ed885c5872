"""The servers that replicas share, private and on free ports: a Kafka cluster in memory and PostgreSQL. Each can be
made to fail in its own ways."""

import atexit
import glob
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from harness import BIN, free_port


class MockBroker:
    """Three brokers in one process; `KAFKA_BROKERS` names a real cluster instead, which can't be made to fail."""

    def __init__(self, brokers=3):
        self.process = None
        self.servers = os.environ.get("KAFKA_BROKERS")
        if self.servers:
            return
        self.process = subprocess.Popen(
            [BIN / "mock-broker", str(brokers)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.process.kill)
        self.servers = self.process.stdout.readline().strip()
        if not self.servers:
            raise SystemExit("the mock cluster did not start")

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer != "ok":
            raise SystemExit(f"the mock cluster answers '{answer}' to '{command}'")

    def stop(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait(20)


class Postgres:
    def __init__(self, fsync="on"):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found:
            raise SystemExit("PostgreSQL is missing: apt-get install postgresql")
        self.bin = pathlib.Path(found[-1])
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-postgres-"))
        self.port = free_port()
        # PostgreSQL refuses to run as root.
        self.as_user = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.as_user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        self.url = f"postgresql://switchboard@127.0.0.1:{self.port}/postgres"
        self.fsync = fsync
        self.command("initdb", "-D", "data", "-U", "switchboard", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.start()
        atexit.register(self.remove)

    def command(self, name, *arguments, check=True):
        with open(self.folder / "commands.log", "ab") as log:
            return subprocess.run(
                [*self.as_user, self.bin / name, *map(str, arguments)], cwd=self.folder, stdout=log, stderr=log,
                check=check)

    def start(self):
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c max_connections=200 -c fsync={self.fsync}"
        self.command("pg_ctl", "-D", "data", "-l", "server.log", "-w", "-o", options, "start")

    def stop(self, mode="immediate"):
        self.command("pg_ctl", "-D", "data", "-m", mode, "-w", "stop")

    def restart_at_once(self):
        self.stop("immediate")
        self.start()

    def processes(self):
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    def freeze(self):
        self.frozen = self.processes()
        for process in self.frozen:
            os.kill(process, signal.SIGSTOP)

    def thaw(self):
        for process in reversed(self.frozen):
            os.kill(process, signal.SIGCONT)

    def query(self, sql):
        """Rows of texts."""
        result = subprocess.run(
            [self.bin / "psql", self.url, "-AtXq", "-F", "\t", "-c", "SET search_path = switchboard", "-c", sql],
            capture_output=True, text=True, timeout=120)
        if result.returncode != 0:
            raise SystemExit(f"psql: {result.stderr}")
        return [line.split("\t") for line in result.stdout.splitlines()]

    def remove(self):
        self.command("pg_ctl", "-D", "data", "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    def __init__(self):
        if not shutil.which("redis-server"):
            raise SystemExit("Redis is missing: apt-get install redis-server")
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-redis-"))
        self.process = None
        atexit.register(self.remove)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no",
             "--dir", self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.tell("PING") != "PONG":
            if self.process.poll() is not None:
                raise SystemExit("Redis did not start")

    def tell(self, *command):
        result = subprocess.run(
            ["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), *command], capture_output=True, text=True, timeout=20)
        return result.stdout.strip()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Fault(threading.Thread):
    """Does something to a server again and again, until it is told to stop; `undo` when it ends."""

    def __init__(self, act, pause, undo=lambda: None):
        super().__init__(daemon=True)
        self.act, self.pause, self.undo = act, pause, undo
        self.ending = threading.Event()
        self.count = 0
        # When each began, and was over.
        self.begins, self.ends = [], []
        self.error = None

    def run(self):
        try:
            while not self.ending.wait(self.pause):
                self.begins.append(time.monotonic())
                self.act()
                self.ends.append(time.monotonic())
                self.count += 1
        except BaseException as error:
            self.error = error

    def end(self):
        self.ending.set()
        self.join()
        self.undo()
        if self.error:
            raise self.error
