"""Says what was measured: the tables of docs/performance.md, its plot, and which promises hold."""

import datetime
import math
import os
import platform
import re
import subprocess
from pathlib import Path

BEGIN, END = "<!-- Written by benches/measure.py: begin -->", "<!-- end -->"
ENGINES = ["regorus, machine", "regorus, interpreter", "cedar-policy", "casbin", "cel", "rhai"]
CRATES = ["base64", "base64-simd", "casbin", "cedar-policy", "cel", "regorus", "rhai", "serde_json", "simd-json", "simdutf8", "sonic-rs"]


def machine(root, here):
    """What it was measured on, and with which versions."""
    def said(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return "not here"

    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="ascii"))
    lock = (root / "benches/peers/Cargo.lock").read_text(encoding="utf-8")
    crates = {crate: re.findall(rf'name = "{crate}"\nversion = "(.*)"', lock)[-1] for crate in CRATES}
    python = said(here / "venv/bin/python", "-c", "import polars, duckdb; print(polars.__version__, duckdb.__version__)").split()
    polars, duckdb = python if len(python) == 2 else ("not here", "not here")
    return {
        "day": datetime.date.today().isoformat(),
        "machine": f"{cpu.group(1) if cpu else platform.processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "rustc": said("rustc", "--version").split(" (")[0],
        "programs": {"jq": said("jq", "--version").removeprefix("jq-"), "Node": said("node", "--version").removeprefix("v"),
                     "Python": platform.python_version(), "Polars": polars, "DuckDB": duckdb},
        "crates": crates,
    }


def ways(figures, part, key):
    return {name: way[key] for name, way in figures.get(part, {}).get("ways", {}).items() if key in way}


def times_of(figures):
    """Nanoseconds of one decision by (match, name, work)."""
    return {(row["match"], row["name"], row["work"]): row["ns"] for row in figures.get("decision", [])}


# --- the promises ---------------------------------------------------------------------------------------------------------------------


def checklist(figures):
    """Each promise, the figure it stands by, and whether it holds."""
    lines = []

    def promise(number, text, limit, values, at_most=False, also=""):
        values = {name: value for name, value in values.items() if value is not None}
        if not values:
            verdict, shown = "not measured", ""
        else:
            holds = all(value <= limit if at_most else value >= limit for value in values.values())
            verdict = "PASS" if holds else "FAIL"
            shown = ", ".join(f"{name} {value:.2f}".strip() for name, value in values.items())
        lines.append(f"{verdict:12} {number}  {text} {'at most' if at_most else 'at least'} {limit}: {shown}{also}")

    def ratio(of, by):
        return of / by if of and by else None

    def processors(part, of, by):
        """The same ratio in seconds of processors, which a busy machine disturbs less."""
        cpu = ways(figures, part, "cpu_seconds")
        return f" ({cpu[by] / cpu[of]:.2f} by time of processors)" if of in cpu and by in cpu else ""

    # Where the first rule matches there is next to nothing to do, for anybody: that is told apart.
    ns = times_of(figures)
    for matches in ("end", "none"), ("start",):
        for work, name in ("slots", "slots, × the loop by hand"), ("claims", "claims, × resolving once and the loop"):
            promise(1, name, 1.2, {m: ratio(ns.get((m, "whichrole", work)), ns.get((m, "loop by hand", work))) for m in matches}, at_most=True)
        for text, limit, names in ("ahead of the fastest engine", 30, ENGINES), ("ahead of cedar-policy", 40, ["cedar-policy"]):
            alone, whole = {}, {}
            for match in matches if ns else []:
                alone[match] = min(ns[match, name, "decision"] for name in names) / ns[match, "whichrole", "slots"]
                both = min(ns[match, name, "decision"] + ns[match, name, "request"] for name in names)
                whole[match] = both / ns[match, "whichrole", "claims"]
            counted = ", ".join(f"{match} {value:.2f}" for match, value in whole.items())
            promise(1, text, limit, alone, also=f" (with building the request, beside claims: {counted})")

    speed = ways(figures, "lines", "mb_per_second")
    for text, limit, name, other in (
        ("claims, of the scanner by hand", 0.75, "whichrole", "by hand"), ("claims, × simd-json tape", 1.2, "whichrole", "simd-json"),
        ("claims, × sonic-rs visitor", 1.1, "whichrole", "sonic-rs"),
        ("whole objects, of the scanner by hand", 0.6, "whichrole, whole objects", "by hand"),
    ):
        promise(2, text, limit, {"": ratio(speed.get(name), speed.get(other))}, also=processors("lines", name, other))
    promise(2, "two threads, × one", 1.8, {"": ratio(speed.get("whichrole, two threads"), speed.get("whichrole"))})

    speed = ways(figures, "tokens", "mb_per_second")
    for other in "base64, by hand", "base64-simd, by hand":
        promise(3, f"JWTs, of {other}", 0.8, {"": ratio(speed.get("whichrole"), speed.get(other))}, also=processors("tokens", "whichrole", other))

    peak = figures.get("memory", {}).get("peak_bytes", {})
    promise(4, "MB for a gigabyte of lines", 16, {
        "--fields role": ratio(peak.get("whichrole"), 1e6), "whole objects": ratio(peak.get("whichrole, whole objects"), 1e6)}, at_most=True)
    start = {name: time["seconds"] for name, time in figures.get("start", {}).items()}
    promise(4, "start to first answer, × hello world", 2, {"": ratio(start.get("whichrole eval"), start.get("hello, world with clap"))}, at_most=True)
    seconds = ways(figures, "processes", "seconds")
    for name, limit in ("jq", 15), ("DuckDB, read_json", 2), ("Polars", 3):
        promise(4, f"ahead of {name}", limit, {"": ratio(seconds.get(name), seconds.get("whichrole"))})

    growth = figures.get("growth")
    promise(5, "growth with lines, time to the power", 1.05, {"": growth and slope(growth["lines"])}, at_most=True)
    promise(5, "growth with rules, time to the power", 1.05, {"": growth and slope(growth["rules"])}, at_most=True)
    return "\n".join(lines)


def slope(series):
    """How a series grows: 1 is linearly. Of its upper half, where start-up no longer counts, as the slope of logarithms by least squares."""
    points = [(math.log(float(x)), math.log(y)) for x, y in series.items()]
    points = points[len(points) // 2 - 1:]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


# --- the page -------------------------------------------------------------------------------------------------------------------------


def write_page(docs, figures):
    page = docs / "performance.md"
    text = page.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    sections = [versions, decision, scanners, processes, duplicates, small, growth]
    written = "\n\n".join(section for make in sections if (section := make(figures)))
    page.write_text(f"{before}{BEGIN}\n\n{written}\n\n{END}{after}", encoding="utf-8")
    if "growth" in figures:
        (docs / "performance").mkdir(exist_ok=True)
        (docs / "performance" / "growth.svg").write_text(plot(figures["growth"]), encoding="utf-8")


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def versions(figures):
    told = figures["machine"]
    named = ", ".join(f"{name} {version}" for name, version in {**told["programs"], **told["crates"]}.items())
    return f"Measured on {told['day']}: {told['machine']}; {told['rustc']}. Versions: {named}."


def short(number):
    return f"{number:,.0f}" if number >= 100 else f"{number:.2g}" if number < 10 else f"{number:.0f}"


def decision(figures):
    rows = figures.get("decision")
    if not rows:
        return ""
    ns = times_of(figures)
    counted = {(row["name"], row["work"]): row["instructions"] for row in rows if row["match"] == "none"}
    lines = []
    for name, work in counted:
        # Everything is compared with whichrole doing the same: from slots for a decision alone, from claims where resolving is included.
        if work == "request":
            shown = [short(ns[match, name, work]) for match in ("start", "end", "none")]
        else:
            against = "claims" if work == "claims" else "slots"
            shown = [f"{short(ns[m, name, work])} ({short(ns[m, name, work] / ns[m, 'whichrole', against])}×)" for m in ("start", "end", "none")]
        count = counted[name, work]
        lines.append([f"{name}: {work}", *shown, f"{count:,.0f}" if count else ""])
    return "### One decision\n\nNanoseconds where the first rule matches, the last, none; how many times whichrole's. Instructions where none matches.\n\n" + table(
        ["25 rules on 5 claims", "first", "last", "none", "instructions"], lines)


def scanners(figures):
    parts = []
    for part, title in ("lines", "Claims"), ("tokens", "JWTs"):
        if part not in figures:
            continue
        told = figures[part]
        ours = told["ways"]["whichrole"]["mb_per_second"]
        rows = [
            [name, f"{way['seconds']:.3f}", f"{way['mb_per_second']:,.0f}", f"{ours / way['mb_per_second']:.2f}",
             f"{way['instructions_a_line']:,.0f}" if way.get("instructions_a_line") else ""]
            for name, way in told["ways"].items()
        ]
        heads = [f"{told['lines']:,} lines, {told['bytes'] / 1e6:,.0f} MB", "seconds", "MB/s", "whichrole is … times as fast", "instructions a line"]
        parts.append(f"### {title}, one thread\n\n{table(heads, rows)}")
    return "\n\n".join(parts)


def processes(figures):
    told = figures.get("processes")
    if not told:
        return ""
    ours = told["ways"]["whichrole"]["seconds"]
    rows = [
        [name, f"{way['seconds']:.2f}", f"{way['cpu_seconds']:.2f}", f"{way['mb_per_second']:,.0f}", f"{way['peak_bytes'] / 1e6:,.0f}",
         f"{way['seconds'] / ours:.1f}"]
        for name, way in sorted(told["ways"].items(), key=lambda way: -way[1]["seconds"])
    ]
    heads = [f"{told['lines']:,} lines, {told['bytes'] / 1e6:,.0f} MB", "seconds", "of processors", "MB/s", "peak MB", "whichrole is … times as fast"]
    return f"### The same question, whole programs\n\n{table(heads, rows)}"


def duplicates(figures):
    if "duplicates" not in figures:
        return ""
    rows = [[name, answer] for name, answer in figures["duplicates"].items()]
    return "### A claim given twice\n\n`custom:department` is `platform` first and `security` later in the line; there are rules for both.\n\n" + table(
        ["program", "answers"], rows).replace("---:", "---")


def small(figures):
    start = figures.get("start", {})
    told = figures.get("memory")
    lines = [[f"{name}, start to end", f"{time['seconds'] * 1e3:.2f} ms"] for name, time in start.items()]
    if told:
        lines += [[f"{name}, most memory for {told['bytes'] / 1e6:,.0f} MB of lines", f"{peak / 1e6:.1f} MB"] for name, peak in told["peak_bytes"].items()]
    return f"### Start and memory\n\n{table(['what', 'median or most'], lines)}" if lines else ""


def growth(figures):
    told = figures.get("growth")
    if not told:
        return ""
    def series(points):
        return ", ".join(f"{int(x):,}: {y:.3f}" for x, y in points.items())
    return (
        "### Growth\n\n![Seconds by lines and by rules, both straight lines](performance/growth.svg)\n\n"
        f"Seconds by lines, 25 rules: {series(told['lines'])}. Seconds by rules, none of which matches, {told['lines_of_rules']:,} lines:"
        f" {series(told['rules'])}."
    )


# --- the plot -------------------------------------------------------------------------------------------------------------------------


def plot(told):
    panels = panel(0, "lines, 25 rules", told["lines"]) + panel(400, f"rules, {told['lines_of_rules']:,} lines", told["rules"])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 340" font-family="sans-serif" font-size="12">\n'
        '<rect width="800" height="340" fill="#fff"/>\n' + panels + "</svg>\n"
    )


def round_up(number):
    """To 1, 2, 2.5 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(number))
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= number)


def panel(left, title, points):
    """Seconds on linear axes, where a straight line through the points is growth in proportion."""
    points = [(float(x), y) for x, y in points.items()]
    most_x, most_y = max(x for x, _ in points), 4 * round_up(max(y for _, y in points) / 4)
    at = lambda x, y: (left + 60 + 310 * x / most_x, 280 - 230 * y / most_y)  # noqa: E731
    out = [f'<text x="{left + 215}" y="30" text-anchor="middle" font-size="14">seconds by {title}</text>']
    for share in range(5):
        x, y = most_x * share / 4, most_y * share / 4
        (px, _), (_, py) = at(x, 0), at(0, y)
        out.append(f'<path d="M{left + 60} {py:.1f}H{left + 370}" stroke="#ddd"/>')
        out.append(f'<text x="{left + 52}" y="{py + 4:.1f}" text-anchor="end">{y:.3g}</text>')
        out.append(f'<text x="{px:.1f}" y="300" text-anchor="middle">{x:,.0f}</text>')
    path = " ".join(f"{'L' if number else 'M'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(at(*point) for point in points))
    out.append(f'<path d="{path}" fill="none" stroke="#1f6feb" stroke-width="2"/>')
    out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1f6feb"/>' for x, y in (at(*point) for point in points)]
    return "\n".join(out) + "\n"
