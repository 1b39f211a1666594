"""Runs programs in turns, so that a busy machine slows all of them alike, and says what they took."""

import os
import re
import shutil
import statistics
import subprocess
import time


class Failed(Exception):
    """A program that was measured did not succeed."""


def run(command, out=os.devnull, accept=(0,)):
    """Runs a program to its end; seconds passed, and seconds of processor time."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(out), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    command = [str(part) for part in command]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in accept:
        raise Failed(f"{os.waitstatus_to_exitcode(status)} from {' '.join(command)[:200]}")
    return wall, usage.ru_utime + usage.ru_stime


def in_turns(commands, turns):
    """Medians of wall and processor seconds of each command, all of them run once a turn, each turn in another order."""
    times = {name: [] for name in commands}
    names = list(commands)
    for turn in range(turns):
        for name in names[turn % len(names):] + names[: turn % len(names)]:
            times[name].append(run(commands[name]))
    return {
        name: {
            "seconds": statistics.median(wall for wall, _ in runs),
            "cpu_seconds": statistics.median(cpu for _, cpu in runs),
            "all_seconds": [round(wall, 6) for wall, _ in runs],
        }
        for name, runs in times.items()
    }


def peak_memory(command, out=os.devnull):
    """The most memory a program held at once, in bytes.

    The kernel's own figure for a child begins with what its parent held, so this looks at the child itself, 500 times a second.
    """
    with open(out, "wb") as stdout:
        child = subprocess.Popen([str(part) for part in command], stdout=stdout, stderr=subprocess.DEVNULL)
        peak = 0
        while child.poll() is None:
            try:
                with open(f"/proc/{child.pid}/status", encoding="ascii") as status:
                    held = re.search(r"VmHWM:\s+(\d+) kB", status.read())
            except (FileNotFoundError, ProcessLookupError):
                held = None
            if held:
                peak = max(peak, int(held.group(1)) * 1024)
            time.sleep(0.002)
    if child.returncode:
        raise Failed(f"{child.returncode} from {command[0]}")
    return peak


def instructions(command):
    """Instructions of a program in user space, or None where nothing can count them."""
    command = [str(part) for part in command]
    if shutil.which("perf"):
        counted = subprocess.run(
            ["perf", "stat", "-x,", "-e", "instructions:u", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        found = re.search(r"^(\d+),", counted.stderr, re.M)
        if found:
            return int(found.group(1))
    if shutil.which("valgrind"):
        counted = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        found = re.search(r"Collected : (\d+)", counted.stderr)
        if found:
            return int(found.group(1))
    return None


def instructions_each(command, few, many):
    """Instructions for one more of what `command(times)` does, start-up left out."""
    counts = [instructions(command(times)) for times in (few, many)]
    return None if None in counts else (counts[1] - counts[0]) / (many - few)
