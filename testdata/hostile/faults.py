"""Lets every system call of the command fail, one at a time: `python3 testdata/hostile/faults.py --binary target/release/whichrole`.

For each command line, each call that opens, reads, writes or looks at a file is counted with strace, and then the command is run again once for
each of them and each way to fail. What has to come of it: the whole answer and its exit code, or exit code 2 and an error; never a signal,
and never a part of an answer with any other code. A reader that has gone away (EPIPE on standard output) ends the command quietly.

Needs strace (Debian: `apt-get install strace`) and Python 3. Also traces all calls to do with the network: there must be none (`--network-only`
does just that).
"""

import argparse
import multiprocessing.pool
import os
import re
import shutil
import subprocess
import sys
import tempfile

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

COMMANDS = [
    "eval pool.json id.jwt",
    "eval pool.json id.jwt --format json",
    "eval pool.json id.jwt --jwks jwks.json --now 2026-01-01T00:30:00Z",
    "eval folder --claim custom:dept=news -o out",
    "explain pool.json id.jwt",
    "batch pool.json lines",
    "batch pool.json lines --format json -o out",
    "test",
    "test --format junit -o out",
    "test --update",
    "lint folder",
    "lint pool.json --format sarif -o out",
    "lint fixable --fix",
    "who pool.json Editor",
    "diff pool.json other.json --format json",
    "diff pool.json other.json --users lines",
    "show folder",
    "token make --member admins --groups groups.json",
    "token decode id.jwt",
    "token verify id.jwt --jwks jwks.json --now 2026-01-01T00:30:00Z",
    "decode -",
    "schema eval",
    "completions bash",
    "man pages",
    "--help",
]

# Which calls fail, and how.
FAULTS = {
    "openat": ["EACCES", "EMFILE", "EIO"],
    "read": ["EIO"],
    "write": ["EIO", "ENOSPC", "EPIPE"],
    "statx": ["EACCES", "EIO"],
    "getdents64": ["EIO"],
    "rename": ["EACCES", "ENOSPC"],
}
INTERRUPTED = {"read": "EINTR", "write": "EINTR"}


def main():
    options = parse_options()
    counts = {"runs": 0, "whole": 0, "refused": 0, "quiet": 0}
    wrong = []
    network = traced_network(options)
    print(f"{len(COMMANDS)} commands, {network} calls to do with the network")
    if network or options.network_only:
        sys.exit(1 if network else 0)
    with multiprocessing.pool.ThreadPool(options.jobs) as pool:
        for found in pool.imap_unordered(lambda fault: one(fault, options), all_faults(options, pool)):
            counts["runs"] += 1
            if found in counts:
                counts[found] += 1
            else:
                wrong.append(found)
    print(
        f"{counts['runs']} faults: {counts['refused']} refused with exit code 2, {counts['whole']} without effect, "
        f"{counts['quiet']} quiet because the reader was gone, {len(wrong)} wrong"
    )
    for text in wrong[:20]:
        print("WRONG " + text)
    sys.exit(1 if wrong else 0)


def parse_options():
    parser = argparse.ArgumentParser(description="lets every system call fail once")
    parser.add_argument("--binary", default=os.path.join(DATA, "..", "target", "release", "whichrole"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--network-only", action="store_true", help="only count calls to do with the network")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    for needed in (options.binary, "strace"):
        if not shutil.which(needed):
            parser.error(f"{needed} is missing")
    return options


class Folder:
    """A fresh folder with everything that the commands name."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="whichrole-faults-")
        for name, source in [
            ("pool.json", "pools/api/app-pool.json"),
            ("groups.json", "pools/api/groups.json"),
            ("jwks.json", "tokens/jwks.json"),
            ("id.jwt", "tokens/alice.id.jwt"),
            ("folder/pool.json", "pools/api/app-pool.json"),
            ("folder/tags.json", "pools/api/principal-tags.json"),
        ]:
            self.write(name, open(os.path.join(DATA, source), encoding="utf-8").read())
        pool = open(os.path.join(DATA, "pools/api/app-pool.json"), encoding="utf-8").read()
        self.write("other.json", pool.replace('"news"', '"press"'))
        self.write("fixable/pool.json", pool.replace('"Contains"', '"contains"'))
        self.write("folder/whichrole.toml", 'fail-on = "error"\n')
        self.write("lines", '{"custom:dept":"news"}\n' * 5)
        self.write(
            "s.whichrole.yaml",
            "version: 1\nconfig: folder\nsnapshot: true\nusers: { u: { jwt: id.jwt } }\n"
            "tests:\n  - { name: t, user: u, expect: Admin }\n",
        )
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def write(self, name, text):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, line, binary, strace):
        """Exit code, standard output, standard error, the files that the command writes, and the trace."""
        trace = os.path.join(self.path, "trace")
        words = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", trace, *strace, binary, *line.split()]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        with open(os.path.join(self.path, "lines.in"), "w", encoding="utf-8") as file:
            file.write("Unauthenticated access is not supported for this identity pool.")
        with open(os.path.join(self.path, "lines.in"), encoding="utf-8") as stdin:
            done = subprocess.run(words, cwd=self.path, stdin=stdin, capture_output=True, env=environment, timeout=120)
        written = {}
        for name in ("out", "s.whichrole.yaml.snap", "s.whichrole.snap", "fixable/pool.json", "pages/whichrole.1"):
            path = os.path.join(self.path, name)
            if os.path.exists(path):
                written[name] = open(path, "rb").read()
        return done.returncode, done.stdout, done.stderr.decode(errors="replace"), written, open(trace, encoding="utf-8", errors="replace").read()


def traced_network(options):
    calls = 0
    for line in COMMANDS:
        with Folder() as folder:
            trace = folder.run(line, options.binary, ["-e", "trace=network"])[4]
            calls += sum(1 for call in trace.splitlines() if "(" in call)
    return calls


def all_faults(options, pool):
    """Every fault to try: (command line, what it gives without a fault, call, number of the call, error)."""
    faults = []
    for line, whole, trace in pool.imap(lambda line: whole_answer(line, options), COMMANDS):
        for call, errors in FAULTS.items():
            lines = [entry for entry in trace.splitlines() if re.match(rf"\d+\s+{call}\(", entry)]
            for at, entry in enumerate(lines, 1):
                # The loader's own calls come before the command begins.
                # A pipe can be gone; a file cannot.
                here = [error for error in errors if error != "EPIPE" or re.match(r"\d+\s+write\([12],", entry)]
                if not re.search(r'ld\.so|\.so\.|\\177ELF', entry):
                    faults += [(line, whole, call, at, error) for error in here]
                    faults += [(line, whole, call, at, INTERRUPTED[call])] if call in INTERRUPTED else []
    return faults


def whole_answer(line, options):
    with Folder() as folder:
        code, stdout, _, written, trace = folder.run(line, options.binary, ["-e", "trace=" + ",".join(FAULTS)])
    return line, (code, stdout, written), trace


def one(fault, options):
    """What came of one fault: a word, or a sentence about what is wrong."""
    line, whole, call, at, error = fault
    with Folder() as folder:
        found = folder.run(line, options.binary, ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={at}"])
    kind = judged(whole, found, call, error)
    return kind if kind in ("whole", "refused", "quiet") else f"{line}: {error} at {call} {at}: {kind}"


def judged(whole, found, call, error):
    code, stdout, written = whole
    faulty, printed, said, files, trace = found
    if faulty < 0 or faulty > 3:
        return f"ended with {faulty}: {said.strip()[:200]}"
    if (faulty, printed, files) == (code, stdout, written):
        return "whole"
    if error == "EINTR":
        return f"was interrupted and gave another answer, exit code {faulty}"
    to_stdout = re.search(r"write\(1,.*\(INJECTED\)", trace)
    to_stderr = re.search(r"write\(2,.*\(INJECTED\)", trace)
    if error == "EPIPE" and to_stdout and faulty == 0 and stdout.startswith(printed):
        return "quiet"
    if faulty == 2:
        if not said and not printed and not to_stderr:
            return "refused without a word"
        if printed and not stdout.startswith(printed) and b'"error"' not in printed:
            return "printed something else and refused"
        return "refused"
    return f"exit code {faulty} where the whole answer has {code}: {printed[:80]!r} {said.strip()[:200]}"


if __name__ == "__main__":
    main()
