"""The image and the compose file, as far as they can be tried without an engine: read, checked, and built by hand.

    image.py             the Dockerfile under hadolint, docker-compose.yml under its schema, and both against each other
    image.py --build     every step of the Dockerfile as well: the build where the compiler is, the last stage in a
                         folder of a bare Debian (debootstrap), where the program must then start; needs root
"""

import argparse
import itertools
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Versions of Debian's packages are those of the base image's day.
IGNORED = ["DL3008"]


def instructions(text: str) -> list[tuple[str, str]]:
    """The Dockerfile's instructions, lines joined."""
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#")))
    found = []
    for line in joined.split("\n"):
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            found.append((name.upper(), rest.strip()))
    return found


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def check(self, ok: bool, what: str, detail: str = ""):
        if ok:
            self.passed += 1
            print(f"  {what}", flush=True)
        else:
            self.failed += 1
            print(f"  FAILED: {what}\n{detail}", flush=True)


def lint(checks: Checks, tools: Path):
    ignores = [word for rule in IGNORED for word in ("--ignore", rule)]
    hadolint = subprocess.run(
        [tools / "hadolint", "--no-color", *ignores, ROOT / "Dockerfile"], capture_output=True, text=True)
    checks.check(hadolint.returncode == 0, "hadolint finds nothing in the Dockerfile", hadolint.stdout)
    schema = subprocess.run(
        [tools / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"],
        capture_output=True, text=True)
    checks.check(schema.returncode == 0, "docker-compose.yml keeps the Compose Specification's schema", schema.stdout)
    for name, rest in instructions((ROOT / "Dockerfile").read_text()):
        if name == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                # A pattern may name nothing.
                there = "[" in source or (ROOT / source).exists()
                checks.check(there, f"what the Dockerfile copies is there: {source}")


class Build:
    """Carries out a Dockerfile. The first stage runs on this machine, in a mount namespace of its own where the stage's
    folders are temporary ones; the last one in a bare Debian."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.root = folder / "root"
        self.workdir = "/"
        self.user = ""
        self.environment = {}

    def run(self):
        stage = -1
        for name, rest in instructions((ROOT / "Dockerfile").read_text()):
            print(f"  {name} {rest[:100]}", flush=True)
            if name == "FROM":
                stage += 1
                self.workdir, self.user = "/", ""
                if stage == 1:
                    subprocess.run(
                        ["debootstrap", "--variant=minbase", "bookworm", self.root], check=True,
                        stdout=subprocess.DEVNULL)
            elif name == "WORKDIR":
                self.workdir = rest
                self.place(stage, rest).mkdir(parents=True, exist_ok=True)
            elif name == "USER":
                self.user = rest
            elif name == "ENV":
                for key, value in (pair.split("=", 1) for pair in shlex.split(rest)):
                    self.environment[key] = value
            elif name == "COPY":
                self.copy(stage, rest)
            elif name == "RUN":
                self.step(stage, rest)

    def place(self, stage: int, path: str) -> Path:
        absolute = path if path.startswith("/") else f"{self.workdir.rstrip('/')}/{path}"
        return (self.folder / "build" if stage == 0 else self.root) / absolute.lstrip("/")

    def copy(self, stage: int, rest: str):
        words = [word for word in rest.split() if not word.startswith("--")]
        source_root = self.folder / "build" if "--from" in rest else ROOT
        target = self.place(stage, words[-1])
        for word in itertools.chain.from_iterable(self.named(word) for word in words[:-1]):
            if "--from" in rest and not (source_root / word.lstrip("/")).exists():
                source = Path(word)  # a part of the compiler's image
            else:
                source = source_root / word.lstrip("/")
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
            else:
                into = target / source.name if words[-1].endswith("/") else target
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, into)

    def named(self, word: str) -> list[str]:
        """What a COPY's source names: itself, or whatever of the sources matches the pattern."""
        return [str(path.relative_to(ROOT)) for path in ROOT.glob(word)] if "[" in word else [word]

    def step(self, stage: int, command: str):
        if stage == 0:
            mounts = "".join(
                f"mkdir -p /{top.name}; mount --bind {shlex.quote(str(top))} /{top.name}; "
                for top in self.tops())
            subprocess.run(
                ["unshare", "--mount", "bash", "-ec", f"{mounts} cd {self.workdir}; {command}"], check=True)
        else:
            self.inside(command, self.user).check_returncode()

    def tops(self) -> list[Path]:
        for top in ("build", "stage"):
            (self.folder / "build" / top).mkdir(parents=True, exist_ok=True)
        return sorted((self.folder / "build").iterdir())

    def inside(self, command: str, user: str = "", **options) -> subprocess.CompletedProcess:
        return subprocess.run(self.words(command, user), **options)

    def words(self, command: str, user: str = "") -> list[str]:
        who = ["--userspec", user] if user else []
        settings = [f"{key}={value}" for key, value in self.environment.items()]
        # With /proc, as an engine has it: Swift finds a program's arguments there.
        mounted = f"mount -t proc proc {shlex.quote(str(self.root))}/proc; exec \"$@\""
        return [
            "unshare", "--mount", "bash", "-ec", mounted, "bash",
            "chroot", *who, str(self.root), "/usr/bin/env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            *settings, "bash", "-ec", f"cd {self.workdir}; {command}",
        ]


def last(name: str) -> str:
    return [rest for one, rest in instructions((ROOT / "Dockerfile").read_text()) if one == name][-1]


def tried(checks: Checks, build: Build):
    """The program starts in the last stage as its user, and what the health check asks says that it is ready."""
    program = json.loads(last("ENTRYPOINT"))[0]
    known = build.inside(f"{program} channels", build.user, capture_output=True, text=True)
    checks.check(known.returncode == 0 and "sms" in known.stdout, "the program runs in the last stage", known.stderr)
    missing = build.inside("ldd $(command -v " + program + ") | grep 'not found' || true", capture_output=True, text=True)
    checks.check(missing.stdout == "", "none of its libraries is missing", missing.stdout)
    # The production file wants Kafka: what it lacks is said, and nothing else.
    refused = build.inside(
        f"{program} check /etc/switchboard/channels.yaml", build.user, capture_output=True, text=True)
    checks.check(
        refused.returncode == 1 and "JWT_SECRET" in refused.stderr + refused.stdout,
        "the production file without an environment is refused by name", refused.stderr + refused.stdout)
    shutil.copy2(ROOT / "channels.yaml", build.root / "tmp/channels.yaml")
    with subprocess.Popen(
        build.words(f"DATA_DIR=/var/lib/switchboard/data PORT=18733 exec {program} serve /tmp/channels.yaml", build.user),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as host:
        try:
            health = json.loads(re.search(r"CMD (\[.*\])", last("HEALTHCHECK")).group(1))[-1]
            ready = False
            for _ in range(300):
                answer = build.inside(f"export PORT=18733; {health}", capture_output=True, text=True)
                ready = answer.returncode == 0
                if ready or host.poll() is not None:
                    break
                time.sleep(0.1)
            checks.check(ready, "the health check says ready", answer.stderr)
        finally:
            host.terminate()
            host.wait(timeout=30)
    checks.check(host.returncode in (0, 143, -15), f"it stops when asked to ({host.returncode})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="store_true")
    arguments = parser.parse_args()
    checks = Checks()
    lint(checks, Path(sys.prefix) / "bin")
    if arguments.build:
        with tempfile.TemporaryDirectory(prefix="image-") as folder:
            build = Build(Path(folder))
            build.run()
            tried(checks, build)
    print(f"image: {checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
