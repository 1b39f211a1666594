#!/usr/bin/env python3
"""Measures `whichrole test` against `cfn-guard test`, in one run and in turns.

    benches/cases_against_cfn_guard.py [--runs 11] [--binary PATH]

What it needs: Python 3.9 on Linux or macOS, cargo, and the network for cfn-guard the first time. It builds the release command unless
`--binary` names one, installs cfn-guard 3.2.1 with cargo below the target folder, and writes its inputs there too:

- a suite with one table of 100,000 rows, no two alike, and one of 5,000;
- a cfn-guard test file with 5,000 cases over the same claims, and rules that look at the same three claims, in YAML and in JSON.

First each tool must pass all of its cases, and fail when a single expectation of them is made wrong; otherwise there is nothing to measure. Then
all are run in turns, so that a busy machine slows all alike, with their output thrown away. Printed are the medians. The exit code is 1 when a
requirement does not hold: 100,000 rows in under 2 seconds and under 200 MB, and fewer microseconds a case than cfn-guard, start included.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

CFN_GUARD = "3.2.1"
ROWS, FEWER, CASES = 100_000, 5_000, 5_000
SECONDS, MEGABYTES = 2.0, 200.0

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").absolute()
FOLDER = TARGET / "cases-against-cfn-guard"

PROVIDER = "cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1"
CLIENT = "1example23456789"
ROLE = "arn:aws:iam::111122223333:role/"
RULES = [
    ("custom:dept", "Equals", "news", "Editor"),
    ("email", "StartsWith", "press@", "Press"),
    ("custom:level", "Contains", "lead", "Lead"),
]
SUITE = """\
version: 1
config: pool.json
users:
  base: { claims: { sub: "1111", token_use: id } }
tests:
  - name: staff
    user: base
    table:
      - ["custom:dept", email, "custom:level", expect]
"""
GUARD_RULES = """\
rule editor when claims exists { claims.dept == "news" }
rule press when claims exists { claims.email == /^press@/ }
rule lead when claims exists { claims.level == /lead/ }
"""


def main():
    options = arguments()
    FOLDER.mkdir(parents=True, exist_ok=True)
    whichrole = options.binary or built()
    guard = installed()
    write_pool()
    contestants = {
        f"whichrole, {ROWS:,} rows": (ROWS, [whichrole, "test", suite("rows", ROWS)]),
        f"whichrole, {FEWER:,} rows": (FEWER, [whichrole, "test", suite("fewer", FEWER)]),
        f"cfn-guard, {CASES:,} cases in YAML": (CASES, guard_test(guard, "cases.yaml", CASES)),
        f"cfn-guard, {CASES:,} cases in JSON": (CASES, guard_test(guard, "cases.json", CASES)),
    }
    wrong = [
        [whichrole, "test", suite("wrong", ROWS, wrong=ROWS // 2)],
        guard_test(guard, "wrong.yaml", CASES, wrong=CASES // 2),
        guard_test(guard, "wrong.json", CASES, wrong=CASES // 2),
    ]
    check([command for _, command in contestants.values()], wrong)

    measured = {name: [] for name in contestants}
    for _ in range(options.runs):
        for name, (_, command) in contestants.items():
            measured[name].append(run(command))
    sys.exit(report(contestants, measured, options.runs, [version(whichrole), version(guard)]))


def arguments():
    parser = argparse.ArgumentParser(description="Measures `whichrole test` against `cfn-guard test`.")
    parser.add_argument("--runs", type=int, default=11, help="how often each is run (default 11)")
    parser.add_argument("--binary", help="a whichrole built for release; left out, cargo builds it")
    return parser.parse_args()


def built():
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "whichrole-cli"], cwd=ROOT, check=True)
    return str(TARGET / "release" / "whichrole")


def installed():
    """The path of cfn-guard, installed unless an earlier run did."""
    program = FOLDER / "bin" / "cfn-guard"
    if not program.exists():
        subprocess.run(
            ["cargo", "install", "--locked", "--root", FOLDER, "--version", CFN_GUARD, "cfn-guard"], cwd=FOLDER, check=True
        )
    return str(program)


# The inputs. Case i of one tool has the claims of case i of the other. They are written bit by bit, because what this process ever had in memory
# counts as the peak of those it starts.


def claims(i):
    """The claims of a case, and the first rule that matches, if one does."""
    dept = ("news", "sport", "arts", "local")[i % 4]
    email = f"{('press', 'desk', 'info')[i % 3]}@{i}.example.com"
    level = f"{('lead', 'staff')[i % 2]}-{i}"
    matches = [dept == "news", email.startswith("press@"), "lead" in level]
    return (dept, email, level), matches


def write_pool():
    rules = [{"Claim": c, "MatchType": m, "Value": v, "RoleARN": ROLE + role} for c, m, v, role in RULES]
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": rules}}
    pool = {
        "IdentityPoolId": "us-east-1:11111111-2222-3333-4444-555555555555",
        "IdentityPoolName": "bench",
        "AllowUnauthenticatedIdentities": False,
        "CognitoIdentityProviders": [{"ProviderName": PROVIDER, "ClientId": CLIENT, "ServerSideTokenCheck": False}],
        "Roles": {"authenticated": ROLE + "Reader"},
        "RoleMappings": {f"{PROVIDER}:{CLIENT}": mapping},
    }
    (FOLDER / "pool.json").write_text(json.dumps(pool, indent=2))


def suite(name, rows, wrong=None):
    path = FOLDER / f"{name}.whichrole.yaml"
    with path.open("w") as file:
        file.write(SUITE)
        for i in range(rows):
            (dept, email, level), matches = claims(i)
            role = next((rule[3] for rule, does in zip(RULES, matches) if does), "deny")
            if i == wrong:
                role = "deny" if role != "deny" else "Lead"
            file.write(f"      - [{dept}, {email}, {level}, {role}]\n")
    return str(path)


def guard_test(guard, name, cases, wrong=None):
    rules = FOLDER / "rules.guard"
    rules.write_text(GUARD_RULES)
    words = {True: "PASS", False: "FAIL"}
    path = FOLDER / name
    with path.open("w") as file:
        file.write("[" if name.endswith(".json") else "")
        for i in range(cases):
            (dept, email, level), matches = claims(i)
            if i == wrong:
                matches = [not does for does in matches]
            expected = dict(zip(("editor", "press", "lead"), map(words.get, matches)))
            given = {"dept": dept, "email": email, "level": level}
            if name.endswith(".json"):
                case = {"name": f"staff {i}", "input": {"claims": given}, "expectations": {"rules": expected}}
                file.write(("," if i else "") + json.dumps(case))
            else:
                file.write(f"- name: staff {i}\n  input: {{claims: {flow(given)}}}\n  expectations: {{rules: {flow(expected)}}}\n")
        file.write("]" if name.endswith(".json") else "")
    return [guard, "test", "--rules-file", str(rules), "--test-data", str(path)]


def flow(mapping):
    return "{" + ", ".join(f"{key}: {value}" for key, value in mapping.items()) + "}"


# Running.


def run(command):
    """The seconds, those of the processor, and the megabytes at the peak of one run. Its exit code must be 0."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} exited with {child.returncode}")
    # Linux counts kibibytes, macOS bytes.
    size = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return seconds, usage.ru_utime + usage.ru_stime, size / 1e6


def environment():
    return {name: value for name, value in os.environ.items() if name not in ("CI", "GITHUB_STEP_SUMMARY")}


def check(right, wrong):
    for command in right:
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} should pass, but exits with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    for command in wrong:
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
        if done.returncode == 0:
            sys.exit(f"{' '.join(command)} has a wrong expectation and passes all the same")
    print("all cases pass in both tools, and one wrong expectation fails in both", flush=True)


def version(program):
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def report(contestants, measured, runs, versions):
    """Prints the medians, and gives the exit code."""
    print(f"{', '.join(versions)}; {machine()}; medians of {runs} runs in turns\n")
    print(f"{'':<32}{'seconds':>9}{'(min–max)':>16}{'processor':>11}{'peak MB':>9}{'µs a case':>11}")
    per_case, medians = {}, {}
    for name, (cases, _) in contestants.items():
        seconds, processor, megabytes = map(statistics.median, zip(*measured[name]))
        medians[name] = seconds, megabytes
        per_case[name] = seconds / cases * 1e6
        all_seconds = [run[0] for run in measured[name]]
        spread = f"{min(all_seconds):.3f}–{max(all_seconds):.3f}"
        print(f"{name:<32}{seconds:>9.3f}{spread:>16}{processor:>11.3f}{megabytes:>9.1f}{per_case[name]:>11.2f}")
    many, few, *guards = contestants
    fastest = min(per_case[name] for name in guards)
    print()
    holds = [
        (f"{ROWS:,} rows in under {SECONDS:g} s", medians[many][0] < SECONDS),
        (f"{ROWS:,} rows in under {MEGABYTES:g} MB", medians[many][1] < MEGABYTES),
        ("fewer µs a case than cfn-guard", per_case[many] < fastest),
        (f"fewer µs a case than cfn-guard with {FEWER:,} cases on both sides", per_case[few] < fastest),
    ]
    for what, does in holds:
        print(f"{'holds   ' if does else 'DOES NOT HOLD'} {what}")
    return 0 if all(does for _, does in holds) else 1


def machine():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = os.uname().machine
    return f"{name}, {os.cpu_count()} cores, {os.uname().sysname} {os.uname().release.split('-')[0]}"


if __name__ == "__main__":
    main()
