"""Runs the commands of docs/adding-a-channel.md, in order, against the programs as they are built, and compares what they
say with what the document says. The checkout and its build stay as they
are.

    scripts/adding [--only NUMBER]     BUILD=debug for that build

In the document a ```console block has commands behind `$ ` and what they print. A line `...` there stands for any lines; a
heading of the second level begins a folder and a shell of its own. What differs from run to run is masked on both sides.

A section with ```diff blocks changes the sources. Its shell sees them, and the build, through an overlay of its own (Linux's
overlayfs, in a mount namespace), at the very place where they are: the build goes on from what is built already, and what it
writes is thrown away with the shell.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from harness import BIN, ROOT, Findings, free_port, request

findings = Findings()
MASKS = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r"\b[0-9a-f]{64}\b", "SHA256"),
    (r"\bSM[0-9a-f]{32}\b", "SID"),
    (r"\bseed \d+", "seed N"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\(?\d+(\.\d+)? ?(s|seconds)\b\)?", "DURATION"),
]


class Command:
    def __init__(self, text, line):
        self.text, self.line, self.expected = text, line, []


def sections(text):
    """Of each heading its commands and ```diff blocks, in order."""
    found, block, heredoc, diff = [], None, None, []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            if block == "diff":
                found[-1][1].append("\n".join(diff) + "\n")
            block, diff = (line[3:] if block is None else None), []
        elif block is None and line.startswith("## "):
            found.append((line[3:], []))
        elif block == "diff":
            diff.append(line)
        elif block == "console":
            commands = found[-1][1]
            if heredoc:
                commands[-1].text += "\n" + line
                heredoc = None if line == heredoc else heredoc
            elif line.startswith("$ "):
                commands.append(Command(line[2:], number))
                begun = re.search(r"<<'(\w+)'", line)
                heredoc = begun.group(1) if begun else None
            else:
                commands[-1].expected.append(line)
    return found


class Shell:
    """One bash that lives for a section; the programs listen on free ports instead of the usual ones."""

    def __init__(self, folder, overlay=False):
        self.port, self.sandbox = free_port(), free_port()
        environment = os.environ | {
            "PATH": f"{BIN}:{os.environ['PATH']}", "PORT": str(self.port),
            "BASE_URL": f"http://127.0.0.1:{self.sandbox}", "SWITCHBOARD_SOURCES": str(ROOT)}
        if overlay:
            # SwiftPM's lock of a build is by its path, and this build is another than the one at the same path outside.
            environment["TMPDIR"] = str(folder)
        else:
            # What a package's own build leaves at home is thrown away with the folder.
            environment["HOME"] = str(folder)
        self.process = subprocess.Popen(
            [*(overlaid(folder) if overlay else []), "bash", "--noprofile", "--norc"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=environment, start_new_session=True)
        self.run(
            "switchboard() { case $1 in send|status) command switchboard \"$@\" --server http://127.0.0.1:$PORT;; "
            "*) command switchboard \"$@\";; esac; }\n"
            f"provider-sandbox() {{ exec provider-sandbox --listen 127.0.0.1:{self.sandbox} "
            "--smtp-listen 127.0.0.1:0 \"$@\"; }")

    def run(self, command, timeout=570):
        """(what it printed, how it ended)"""
        command = command.replace("127.0.0.1:3000", f"127.0.0.1:{self.port}")
        command = command.replace("swift build -c release", f"swift build -c {BIN.name}")
        watch = threading.Timer(timeout, self.stop)
        watch.start()
        self.process.stdin.write(command + "\nsaid=$?; echo; echo \"@@@ $said\"\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            ended = re.match(r"@@@ (\d+)$", line)
            if ended:
                watch.cancel()
                if lines and lines[-1] == "":
                    lines.pop()
                self.wait(command)
                return lines, int(ended.group(1))
            lines.append(line.rstrip("\n").replace(str(self.port), "3000").replace(str(self.sandbox), "4010"))
        raise SystemExit(f"'{command}' took more than {timeout} s, or ended the shell:\n" + "\n".join(lines[-30:]))

    def wait(self, command):
        """Until a program that runs behind answers."""
        if not command.rstrip().endswith("&"):
            return
        port, path = (self.port, "/health/readiness") if "serve" in command else (self.sandbox, "/")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if request(port, "GET", path, timeout=2)[0] in (200, 404):
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit(f"'{command}' does not answer after 30 s")

    def stop(self):
        """The shell, and what it left running: all in the session that was made for it."""
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def overlaid(folder):
    """The beginning of a command that has the sources and the build for itself, and stands in them."""
    for name in ("upper", "work"):
        (folder / name).mkdir()
    # A container's own file system may not do as the upper layer; memory does.
    script = """set -e
mount --make-rprivate /
layer() { mount -t overlay overlay -o "lowerdir=$0,upperdir=$1/upper,workdir=$1/work" "$0"; }
layer "$1" 2> "$1/said" || { mount -t tmpfs tmpfs "$1" && mkdir "$1/upper" "$1/work" && layer "$1"; }
cd "$0"
shift
exec "$@"
"""
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    return [*own, "bash", "-c", script, str(ROOT), str(folder)]


def masked(lines, folder):
    text = "\n".join(line.rstrip() for line in lines).replace(str(folder), "FOLDER").replace(str(ROOT), "SOURCES")
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return [line for line in text.split("\n") if line]


def matches(actual, expected):
    """Line by line; `...` is any number of lines."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(actual[skip:], expected[1:]) for skip in range(len(actual) + 1))
    return bool(actual) and actual[0] == expected[0] and matches(actual[1:], expected[1:])


def check(shell, command, folder):
    expected = masked(command.expected, folder)
    # What is asked about arrives a moment later.
    deadline = time.monotonic() + (20 if command.text.startswith("switchboard status") else 0)
    while True:
        lines, code = shell.run(command.text)
        actual = masked(lines, folder)
        if matches(actual, expected) or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    findings.check(
        matches(actual, expected),
        f"docs/adding-a-channel.md:{command.line}: '{command.text}' ({code}) prints\n" + "\n".join(actual)
        + "\nand the document says\n" + "\n".join(expected))


def patched(text, patch):
    """`text` with the patch's lines put in where its context stands, or None."""
    lines, wanted = text.split("\n"), [line[1:] for line in patch if line.startswith(" ")]
    for start in range(len(lines) - len(wanted) + 1):
        if lines[start:start + len(wanted)] == wanted:
            return "\n".join(lines[:start] + [line[1:] for line in patch] + lines[start + len(wanted):])
    return None


def edit(shell, patch, texts):
    """Puts the patch's lines into a file of the sources, as the shell sees it."""
    name, *lines = patch.rstrip("\n").split("\n")
    name = name.removeprefix("--- ")
    text = patched(texts.get(name) or (ROOT / name).read_text(), lines)
    findings.check(text is not None, f"these lines of the document do not fit {name}:\n{patch}")
    if text is None:
        return
    texts[name] = text
    said, code = shell.run(f"cat > '{ROOT / name}' <<'END OF THE FILE'\n{text.removesuffix(chr(10))}\nEND OF THE FILE")
    findings.check(code == 0, f"{name} can't be changed: {said}")


def sources():
    """What the tree's sources are, as far as git can tell."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return None
    result = subprocess.run(
        ["git", "-C", ROOT, "status", "--porcelain", "--", "Sources", "Package.swift"], capture_output=True, text=True)
    diff = subprocess.run(["git", "-C", ROOT, "diff", "--", "Sources", "Package.swift"], capture_output=True, text=True)
    return (result.stdout, diff.stdout) if result.returncode == 0 else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", type=int, help="this section, from 1")
    parser.add_argument("--document", default=ROOT / "docs" / "adding-a-channel.md", type=pathlib.Path)
    options = parser.parse_args()
    before = sources()
    for number, (heading, steps) in enumerate(sections(options.document.read_text()), 1):
        if options.only not in (None, number) or not steps:
            continue
        start = time.monotonic()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="switchboard-adding-"))
        changes = [step for step in steps if isinstance(step, str)]
        shell, texts = Shell(folder, overlay=bool(changes)), {}
        for step in steps:
            if isinstance(step, str):
                edit(shell, step, texts)
            else:
                check(shell, step, folder)
        shell.stop()
        shutil.rmtree(folder)
        print(f"{heading}: {len(steps) - len(changes)} commands, {len(changes)} changes, "
              f"{time.monotonic() - start:.0f} s", flush=True)
    findings.check(sources() == before, "the host's sources are not what they were")
    findings.finish("adding a channel")


main()
