#!/usr/bin/env python3
"""Measures whichrole beside what people would use instead, and says which of its promises hold.

    python3 benches/measure.py            all of it, about ten minutes after the first build; then docs/performance.md is written again
    python3 benches/measure.py --quick    a tenth of the data, fewer turns, no instructions, to see that everything runs; no page is written
    python3 benches/measure.py --only decision --only lines

Parts: decision, lines, tokens, processes, duplicates, start, memory, growth. Each leaves its raw figures in target/measure/full/PART.json, and
figures of an earlier run stand in for parts left out. Needs cargo and Python's venv; jq and Node come from Debian where this is root, Polars
and DuckDB from PyPI into target/measure/venv. Without Valgrind and without perf the columns of instructions stay empty.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from measuring import questions, report, timing

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
HERE = TARGET / "measure"
PEERS = TARGET / "peers" / "release" / "peers"
HELLO = TARGET / "peers" / "release" / "hello"
WHICHROLE = TARGET / "release" / "whichrole"
POOL = HERE / "pool.json"
VENV = HERE / "venv" / "bin" / "python"

OBJECTS = ["reading alone", "by hand", "sonic-rs", "serde_json", "simd-json", "serde_json Value", "whichrole, library"]
TOKENS = ["base64, by hand", "base64-simd, by hand", "whichrole, library"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, fewer turns, no page")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be given several times")
    parser.add_argument("--no-build", action="store_true", help="with the programs as they were built last")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the page from what was measured last")
    options = parser.parse_args()
    kept = HERE / ("quick" if options.quick else "full")
    kept.mkdir(parents=True, exist_ok=True)
    if not options.report:
        measure = Measure(options.quick, not options.no_build)
        for part in options.only or PARTS:
            print(f"==> {part}", flush=True)
            figures = PARTS[part](measure)
            (kept / f"{part}.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    figures = {part: json.loads(file.read_text(encoding="utf-8")) for part in PARTS if (file := kept / f"{part}.json").exists()}
    figures["machine"] = report.machine(ROOT, HERE)
    if not options.quick:
        report.write_page(ROOT / "docs", figures)
    print(report.checklist(figures))


class Measure:
    """The programs and files that every part needs."""

    def __init__(self, quick, build):
        self.turns = 3 if quick else 7
        self.lines = 30_000 if quick else 300_000
        self.quick = quick
        if build:
            cargo("build", "--release", "--locked", "-p", "whichrole-cli")
            cargo("build", "--release", "--locked", "-p", "whichrole-benches", "--example", "directory")
            cargo("build", "--release", "--locked", "--manifest-path", ROOT / "benches/peers/Cargo.toml", "--target-dir", TARGET / "peers")
        self.write("pool", POOL)
        self.claims = HERE / f"users-{self.lines}.ndjson"
        self.tokens = HERE / f"users-{self.lines}.jwt"
        self.write(["claims", self.lines], self.claims)
        self.write(["tokens", self.lines], self.tokens)
        self.rules = questions.rules_of(POOL)
        takes = subprocess.run([WHICHROLE, "batch", "--help"], capture_output=True, text=True, check=True).stdout
        self.threads = "--threads" in takes

    @staticmethod
    def write(what, file):
        """Makes a file anew; it takes a second, and what is left over from another version would be measured otherwise."""
        what = [what] if isinstance(what, str) else [str(part) for part in what]
        with open(file, "wb") as out:
            subprocess.run([TARGET / "release/examples/directory", *what], stdout=out, check=True)

    def whichrole(self, file, *options, threads=1, pool=POOL):
        limit = ["--threads", str(threads)] if self.threads and threads else []
        return [WHICHROLE, "batch", pool, file, *options, *limit]


def cargo(*arguments):
    subprocess.run(["cargo", *map(str, arguments)], cwd=ROOT, check=True)


def same_roles(commands):
    """Runs each command once and compares what it prints, so that nobody is timed for a wrong answer."""
    first = None
    for name, command in commands.items():
        out = HERE / "roles.txt"
        timing.run(command, out)
        roles = out.read_bytes()
        first = first or (name, roles)
        if roles != first[1]:
            sys.exit(f"{name} and {first[0]} give different roles: see {out}")
    print(f"    {len(commands)} ways, the same {first[1].count(bytes([10])):,} roles", flush=True)


def decision(measure):
    subprocess.run([PEERS, "verify", "300" if measure.quick else "3000"], check=True)
    print("    everything agrees on random claims", flush=True)
    printed = subprocess.run([PEERS, "decisions", "40" if measure.quick else "1000"], capture_output=True, text=True, check=True).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    for row in rows:
        # Preparing the engines differs by some thousands of instructions from run to run, which enough repetitions make nothing of.
        few, many = (2_000, 12_000) if row["ns"] < 2_000 else (50, 300)
        repeat = lambda times, row=row: [PEERS, "repeat", row["name"], row["work"], row["match"], str(times)]  # noqa: E731
        row["instructions"] = timing.instructions_each(repeat, few, many) if row["match"] == "none" and not measure.quick else None
    return rows


def lines(measure):
    return scanners(measure, OBJECTS, measure.claims, {
        "whichrole, whole objects": measure.whichrole(measure.claims),
        **({"whichrole, two threads": measure.whichrole(measure.claims, "--fields", "role", threads=2)} if measure.threads else {}),
    })


def tokens(measure):
    return scanners(measure, TOKENS, measure.tokens, {})


def scanners(measure, readers, file, more):
    commands = {reader: [PEERS, "batch", reader, file, POOL] for reader in readers}
    commands["whichrole"] = measure.whichrole(file, "--fields", "role")
    same_roles({name: command for name, command in commands.items() if name != "reading alone"})
    commands |= more
    times = timing.in_turns(commands, measure.turns)
    few, many = HERE / "few", HERE / "many"
    for part, count in (few, 2000), (many, 6000):
        with open(file, "rb") as whole:
            part.write_bytes(b"".join(next(whole) for _ in range(count)))
    for name, command in commands.items():
        times[name]["mb_per_second"] = file.stat().st_size / 1e6 / times[name]["seconds"]
        if name != "whichrole, two threads" and not measure.quick:
            part = lambda count, command=command: [few if part == file else part for part in command] if count == 2000 else [  # noqa: E731
                many if part == file else part for part in command]
            times[name]["instructions_a_line"] = timing.instructions_each(part, 2000, 6000)
    return {"bytes": file.stat().st_size, "lines": measure.lines, "ways": times}


def others(measure, file):
    """The same question for other programs, as commands; what cannot be had here is left out, and said."""
    programs = {
        "jq": ("role.jq", questions.jq), "Node": ("role.js", questions.node), "Python": ("role_python.py", questions.python),
        "Polars": ("role_polars.py", questions.polars),
        "DuckDB, read_json": ("role_read_json.py", questions.duckdb_read_json),
        "DuckDB, json_extract": ("role_json_extract.py", questions.duckdb_json_extract),
    }
    for name, question in programs.values():
        (HERE / name).write_text(question(measure.rules), encoding="utf-8")
    install()
    at = {name: HERE / program for name, (program, _) in programs.items()}
    commands = {
        "jq": ["jq", "-r", "-f", at["jq"], file],
        "Node": ["node", at["Node"], file],
        "Python": [sys.executable, at["Python"], file],
        **{name: [VENV, at[name], file, "/dev/stdout"] for name in at if name.startswith(("Polars", "DuckDB"))},
    }
    here = {name: command for name, command in commands.items() if shutil.which(command[0])}
    for name in commands.keys() - here.keys():
        print(f"    {name} is not here and is left out", flush=True)
    return here


def install():
    debian = [package for tool, package in (("jq", "jq"), ("node", "nodejs")) if not shutil.which(tool)]
    if debian and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *debian], check=False)
    if not VENV.exists():
        subprocess.run([sys.executable, "-m", "venv", HERE / "venv"], check=True)
    if subprocess.run([VENV, "-c", "import polars, duckdb"], capture_output=True, check=False).returncode:
        subprocess.run([VENV, "-m", "pip", "install", "-q", "polars", "duckdb"], check=False)


def processes(measure):
    file = measure.claims
    commands = others(measure, file) | {
        "by hand": [PEERS, "batch", "by hand", file, POOL],
        "whichrole": measure.whichrole(file, "--fields", "role", threads=None),
        **({"whichrole, one thread": measure.whichrole(file, "--fields", "role")} if measure.threads else {}),
    }
    same_roles(commands)
    times = timing.in_turns(commands, 3 if measure.quick else 5)
    for name, command in commands.items():
        times[name]["mb_per_second"] = file.stat().st_size / 1e6 / times[name]["seconds"]
        times[name]["peak_bytes"] = timing.peak_memory(command)
    return {"bytes": file.stat().st_size, "lines": measure.lines, "ways": times}


def duplicates(measure):
    """One user whose department is given twice, with rules for both."""
    claims = {claim: "x" for claim in questions.claims_of(measure.rules)} | {"custom:level": "standard", "cognito:groups": []}
    del claims["custom:department"]
    user = '{"custom:department":"platform",' + json.dumps(claims)[1:-1] + ',"custom:department":"security"}\n'
    file = HERE / "duplicate.ndjson"
    file.write_text(user, encoding="utf-8")
    commands = others(measure, file) | {name: [PEERS, "batch", name, file, POOL] for name in OBJECTS[1:]}
    answers = {}
    for name, command in commands.items():
        ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        answers[name] = ran.stdout.strip().rsplit("/", 1)[-1] if ran.returncode == 0 else "refused, and with it the whole file"
    ran = subprocess.run(list(map(str, measure.whichrole(file))), capture_output=True, text=True, check=False)
    answers["whichrole"] = f"that line's error, `{json.loads(ran.stdout)['error']['code']}`"
    return answers


def start(measure):
    token = HERE / "one.json"
    with open(measure.claims, encoding="utf-8") as users:
        token.write_text(next(users), encoding="utf-8")
    commands = {"hello, world with clap": [HELLO], "whichrole eval": [WHICHROLE, "eval", POOL, token]}
    return timing.in_turns(commands, 40 if measure.quick else 300)


def memory(measure):
    """A gigabyte of users, or a tenth of that."""
    file = HERE / ("tenth.ndjson" if measure.quick else "gigabyte.ndjson")
    size = 100_000_000 if measure.quick else 1_000_000_000
    with open(file, "wb") as out:
        users = measure.claims.read_bytes()
        while out.tell() < size:
            out.write(users)
    commands = {
        "whichrole": measure.whichrole(file, "--fields", "role", threads=None),
        "whichrole, whole objects": measure.whichrole(file, threads=None),
        "by hand": [PEERS, "batch", "by hand", file, POOL],
    }
    return {"bytes": file.stat().st_size, "peak_bytes": {name: timing.peak_memory(command) for name, command in commands.items()}}


def growth(measure):
    """Seconds by number of lines, 25 rules; and by number of rules, none of which matches, so that all of them are tried."""
    counts = [1_000, 3_000, 10_000, 30_000] if measure.quick else [10_000, 30_000, 100_000, 300_000, 1_000_000]
    by_lines, by_rules = {}, {}
    for count in counts:
        file = HERE / f"grow-{count}.ndjson"
        measure.write(["claims", count], file)
        by_lines[str(count)] = measure.whichrole(file, "--fields", "role")
    rules = [1, 5, 10, 25, 50, 100, 200, 400]
    for count in rules:
        by_rules[str(count)] = measure.whichrole(HERE / f"grow-{counts[2]}.ndjson", "--fields", "role", pool=pool_of(measure.rules, count))
    turns = 3 if measure.quick else 5
    return {
        "lines": {name: time["seconds"] for name, time in timing.in_turns(by_lines, turns).items()},
        "rules": {name: time["seconds"] for name, time in timing.in_turns(by_rules, turns).items()},
        "lines_of_rules": counts[2],
    }


def pool_of(rules, count):
    """A pool of so many rules like those of the directory, with values that no user has."""
    pool = json.loads(POOL.read_text(encoding="utf-8"))
    mapping = next(iter(pool["RoleMappings"].values()))
    # `NotEqual` matches whatever is another value; it has no form that never matches.
    claims = [(claim, operator if operator != "NotEqual" else "Equals", role) for claim, operator, _, role in rules]
    mapping["RulesConfiguration"]["Rules"] = [
        {"Claim": claim, "MatchType": operator, "Value": f"nobody-{number}", "RoleARN": role}
        for number, (claim, operator, role) in enumerate((claims * (count // len(claims) + 1))[:count])
    ]
    file = HERE / f"pool-{count}.json"
    file.write_text(json.dumps(pool), encoding="utf-8")
    return file


PARTS = {
    "decision": decision, "lines": lines, "tokens": tokens, "processes": processes,
    "duplicates": duplicates, "start": start, "memory": memory, "growth": growth,
}

if __name__ == "__main__":
    main()
