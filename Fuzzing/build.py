"""Builds the fuzzing program beside the debug build: Switchboard's own modules, and the library that reads tokens, are
compiled once more, with libFuzzer's instrumentation, by the very commands of that build; everything beneath them is linked as
it is there.

python3 Fuzzing/build.py PROGRAM, after `swift build`."""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build" / "debug"
# What is fuzzed, and what it stands on.
MODULES = ["API", "Accounts", "ChannelDeclared", "ChannelEmail", "ChannelSDK", "ChannelSMS", "ChannelWhatsApp", "ConfigurationFile", "Pipeline",
           "Templates", "YAMLDocument"]
# Of others, whose readers get bytes from outside first.
LIBRARIES = ["JWTKit"]
# With arguments of their own, and without: what belongs to a build that is made module by module, file by file.
DROPPED = {"-emit-module-path": 1, "-output-file-map": 1, "-index-store-path": 1, "-emit-dependencies": 0, "-emit-module": 0,
           "-emit-objc-header": 0, "-emit-objc-header-path": 1, "-incremental": 0, "-enable-batch-mode": 0,
           "-serialize-diagnostics": 0, "-parseable-output": 0}
INSTRUMENTED = ["-sanitize=fuzzer"]


def commands():
    """By module: how the debug build compiles it."""
    text = (ROOT / ".build" / "debug.yaml").read_text()
    found = re.findall(r'(?m)^    args: (\["[^"]*swiftc","-module-name",.*\])$', text)
    return {words[2]: words for words in map(json.loads, found)}


def compilation(words, name, sources, target):
    kept, skipped = [], 0
    for word in words:
        if skipped:
            skipped -= 1
        elif word in DROPPED:
            skipped = DROPPED[word]
        elif not word.startswith("@"):
            kept.append(name if kept[-1:] == ["-module-name"] else word)
    return kept + INSTRUMENTED + ["-wmo", "-o", str(target)] + [str(source) for source in sources]


def c_settings(words):
    """The places of C modules: a module that looks into another one (`@testable`) needs that one's, too."""
    return [word for index, word in enumerate(words)
            if word == "-Xcc" or index > 0 and words[index - 1] == "-Xcc"]


def listed_sources(words):
    """The files of a module that is not this package's, as the build lists them."""
    (listing,) = [word[1:] for word in words if word.startswith("@")]
    return [pathlib.Path(line.strip().strip("'")) for line in pathlib.Path(listing).read_text().splitlines() if line.strip()]


def own_modules():
    """The modules of this package, by their folders."""
    return {folder.name for place in ("Sources", "Sources/Adapters") for folder in (ROOT / place).iterdir()}


def beneath():
    """The objects of everything that is not compiled here, as the host is linked of them."""
    own = own_modules() | set(LIBRARIES)
    lines = (BUILD / "switchboard.product" / "Objects.LinkFileList").read_text().splitlines()
    objects = [line.strip().strip("'") for line in lines if line.strip()]
    return [path for path in objects
            if not (name := re.search(r"/([^/]+)\.build/", path)) or name[1] not in own and not name[1].startswith("GRDB")]


def without_spaces(path, folder):
    """The same file by a name that every tool of the linker's can read from a list."""
    if " " not in path:
        return path
    link = folder / path.rsplit("/debug/", 1)[1].replace(" ", "-").replace("/", "-")
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    return link


def run(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(" ".join(command[:4]) + " …\n" + (result.stdout + result.stderr)[-8000:])


def main():
    program = pathlib.Path(sys.argv[1]).absolute()
    program.parent.mkdir(parents=True, exist_ok=True)
    known = commands()
    missing = [name for name in MODULES + LIBRARIES if name not in known]
    if missing:
        raise SystemExit(f"the debug build knows nothing of {', '.join(missing)}: swift build first")
    work = []
    for name in MODULES:
        folder = ROOT / "Sources" / name
        folder = folder if folder.is_dir() else ROOT / "Sources" / "Adapters" / name
        work.append((known[name], name, sorted(folder.rglob("*.swift"))))
    work += [(known[name], name, listed_sources(known[name])) for name in LIBRARIES]
    shared = [word for name in MODULES for word in c_settings(known[name])]
    work.append((known["API"] + shared, "Fuzzing", sorted((ROOT / "Fuzzing" / "Harness").glob("*.swift"))))
    objects = [program.parent / f"{name}.o" for _, name, _ in work]
    # The largest first.
    jobs = sorted(zip(work, objects), key=lambda job: -sum(source.stat().st_size for source in job[0][2]))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda job: run(compilation(*job[0], job[1])), jobs))
    testing = [path for name in ("ChannelConformance", "ChannelTesting")
               for path in sorted((BUILD / f"{name}.build").glob("*.o"))
               # Of a file that is gone an object can be left.
               if (ROOT / "Sources" / name / path.stem).exists()]
    files = program.parent / "objects.txt"
    others = [without_spaces(path, program.parent) for path in beneath()]
    files.write_text("".join(f"{path}\n" for path in [*objects, *testing, *others]))
    run([known["API"][0], *INSTRUMENTED, "-o", str(program), f"@{files}", "-lyaml", "-lz"])


main()
