"""Compares the command with the reference on random cases; exits 1 at a difference and says how to repeat it.

    python3 check.py --cases 200000 --seed 7 --binary ../../target/release/whichrole

Every pool becomes a folder of API JSON files, and its tokens the lines of one `whichrole batch`. Groups, several logins
and guests, which are not lines of a batch, go through `whichrole eval`, one process each (`--evals`). With `--as` the
pools are CloudFormation, Terraform or Pulumi instead, half of them with references for roles and providers.
"""

import argparse
import collections
import datetime
import json
import multiprocessing
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import generate
import reference
import render

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT = 120  # seconds for one process of the command


def main():
    options = parse_options()
    work = tempfile.mkdtemp(prefix="whichrole-reference-")
    jobs = planned(options, work)
    totals = collections.Counter()
    failures, assume_only = [], []

    processes = multiprocessing.Pool(options.jobs)
    try:
        for cases, distinct, found in processes.imap_unordered(run_job, jobs):
            totals["cases"] += cases
            totals["distinct answers"] += distinct
            for kind, text in found:
                totals[kind] += 1
                kept = assume_only if kind == "assume" else failures
                if len(kept) < options.max_failures:
                    kept.append(text)
            if len(failures) >= options.max_failures:
                break
    finally:
        processes.terminate()
        processes.join()

    for text in assume_only:
        print("DIFFERS ONLY IN THE `assume` OF A READING\n" + text + "\n")
    for text in failures:
        print("DIFFERS\n" + text + "\n")
    print(f"{totals['cases']} cases, {totals['different']} different, {totals['assume']} more only in the `assume` of a reading "
          f"({totals['distinct answers']} distinct answers, counted per pool)")
    if failures or assume_only:
        print(f"stopped early; the files are kept in {work}" if len(failures) >= options.max_failures else f"the files are kept in {work}")
        sys.exit(1)
    shutil.rmtree(work)


def parse_options():
    parser = argparse.ArgumentParser(description="compares the command with the reference on random cases")
    parser.add_argument("--cases", type=int, default=20000, help="lines to decide with `batch`")
    parser.add_argument("--evals", type=int, help="requests to decide with `eval` (default: a hundredth of the cases)")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--binary", default=os.path.join(HERE, "..", "..", "target", "release", "whichrole"))
    parser.add_argument("--lines-per-pool", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--max-failures", type=int, default=3, help="stop after so many differences")
    parser.add_argument("--mode", choices=["batch", "groups", "several", "guests"], help="only this kind of case")
    parser.add_argument("--pool", type=int, help="only the pool of this number")
    parser.add_argument("--as", dest="form", choices=[*render.FORMS, "all"], help="how the pools are written (default: plain API JSON)")
    parser.add_argument("--all-fields", action="store_true", help="compare `deny.message`, `provider`, `schema` and `signature` too")
    options = parser.parse_args()
    options.binary = shutil.which(options.binary) or os.path.abspath(options.binary)
    if not os.access(options.binary, os.X_OK):
        parser.error(f"no such command: {options.binary}")
    return options


def planned(options, work):
    """Every job: (mode, number of the pool, options, folder for files)."""
    evals = options.evals if options.evals is not None else options.cases // 100
    pools = {
        "batch": -(-options.cases // options.lines_per_pool),
        "groups": -(-evals // 10),
        "several": -(-evals // 10),
        "guests": evals // 5,
    }
    for mode, count in pools.items():
        if options.mode in (None, mode):
            for index in range(count) if options.pool is None else [options.pool]:
                yield mode, index, options, work


def run_job(job):
    """The number of cases, of distinct answers, and the differences found: (kind, report)."""
    mode, index, options, work = job
    folder = os.path.join(work, f"{mode}-{index}")
    try:
        cases, answers, found = {"batch": batch, "groups": groups, "several": several, "guests": guests}[mode](index, options, folder)
    except Exception as error:  # a bug of ours or a process that hangs: a difference, with the place to look
        return 0, 0, [("different", f"{mode} {index}: {type(error).__name__}: {error}")]
    if not found:
        shutil.rmtree(folder, ignore_errors=True)
    repeat = f"seed {options.seed}, --mode {mode} --pool {index} --lines-per-pool {options.lines_per_pool}"
    if options.form:
        repeat += f" --as {options.form}"
    return cases, len(answers), [(kind, f"{repeat}\n{text}") for kind, text in found]


# ---------------------------------------------------------------------------------------------------------------------
# The modes


def batch(index, options, folder):
    made = generate.generate(options.seed, index, options.lines_per_pool)
    made, config = write_config(made, folder, index, options)
    rng = random.Random(f"{options.seed}:{index}:lines")
    end = "\r\n" if rng.random() < 0.05 else "\n"
    text, number, numbers = [], 0, []
    for claims, jwt in made.lines:
        if rng.random() < 0.01:  # a blank line is skipped and counted
            text.append("")
            number += 1
        text.append(generate.token_line(claims, jwt, rng))
        number += 1
        numbers.append(number)
    lines = os.path.join(folder, "lines")
    with open(lines, "w", encoding="utf-8", newline="") as file:
        file.write(end.join(text) + (end if rng.random() < 0.9 else ""))

    arguments = [options.binary, "batch", config, "-", "--provider", made.provider, *request_arguments(made), "--format", "json"]
    output = os.path.join(folder, "output")
    with open(lines, "rb") as given, open(output, "wb") as printed, open(output + ".err", "wb") as complaints:
        process = subprocess.Popen(arguments, stdin=given, stdout=printed, stderr=complaints)
        expected = [expect(made, [made.login(claims, jwt)]) for claims, jwt in made.lines]  # meanwhile
        code = process.wait(TIMEOUT)
    with open(output, "rb") as file:
        actual = file.read().split(b"\n")[:-1]

    command = f"{shlex.join(arguments)} < {lines}"
    if len(actual) != len(expected) or code != (2 if any("error" in one for one in expected) else 0):
        complaint = open(output + ".err", encoding="utf-8", errors="replace").read()
        return 0, set(), [("different", f"{len(expected)} lines given, {len(actual)} printed, exit code {code}: {complaint}\n{command}")]

    found = misread(made, config, options)
    for (claims, jwt), number, wanted, got in zip(made.lines, numbers, expected, actual):
        got = read(got)
        kind, fields = compare({**wanted, "line": number}, got, options, ["line"])
        if kind:
            one = f"sed -n {number}p {lines} | {shlex.join(arguments)}"
            found.append((kind, report(made, claims + ("   (as a JWT)" if jwt else ""), wanted, got, fields, one)))
            if len(found) >= options.max_failures:
                break
    return len(expected), {repr(identity(one)) for one in expected if "error" not in one}, found


def groups(index, options, folder):
    made, members = generate.generate_groups(options.seed, index)
    made, config = write_config(made, folder, index, options)
    answers, found = set(), misread(made, config, options)
    for member in members:
        login = {"provider": made.provider, "groups": made.groups, "member": member}
        arguments = [options.binary, "eval", config, "--member", ",".join(member), "--provider", made.provider]
        evaluate(made, [login], f"member of {member}", arguments, options, answers, found)
    return len(members), answers, found


def several(index, options, folder):
    made, requests = generate.generate_several(options.seed, index)
    made, config = write_config(made, folder, index, options)
    answers, found = set(), misread(made, config, options)
    for number, request in enumerate(requests):
        logins, files = [], []
        for position, (key, claims) in enumerate(request):
            files.append(os.path.join(folder, f"token-{number}-{position}.json"))
            with open(files[-1], "w", encoding="utf-8") as file:
                file.write(claims)
            logins.append({"provider": key, "claims": reference.parse_claims(claims), "jwt": False})
        shown = "\n        ".join(f"{key}: {claims}" for key, claims in request)
        evaluate(made, logins, shown, [options.binary, "eval", config, *files], options, answers, found)
    return len(requests), answers, found


def guests(index, options, folder):
    made = generate.generate_guest(options.seed, index)
    made, config = write_config(made, folder, index, options)
    answers, found = set(), misread(made, config, options)
    evaluate(made, [], "guest", [options.binary, "eval", config, "--guest"], options, answers, found)
    return 1, answers, found


def evaluate(made, logins, shown, arguments, options, answers, found):
    """One request through `eval`, whose exit code says yes or no as well."""
    arguments = [*arguments, *request_arguments(made), "--format", "json"]
    process = subprocess.run(arguments, capture_output=True, timeout=TIMEOUT, check=False)
    wanted = expect(made, logins)
    answers.add(repr(identity(wanted)))
    got = read(process.stdout, process.stderr)
    kind, fields = compare(wanted, got, options)
    if process.returncode != {"assume": 0, "deny": 1}.get(wanted.get("decision"), 2):
        kind, fields = "different", fields + [f"exit code {process.returncode}"]
    if kind:
        found.append((kind, report(made, shown, wanted, got, fields, shlex.join(arguments))))


# ---------------------------------------------------------------------------------------------------------------------
# Files and arguments


def write_config(made, folder, index, options):
    """Writes the pool; returns the batch that its files mean, and their folder, the CONFIG."""
    config = os.path.join(folder, "config")
    os.makedirs(config)
    if options.form is None:
        files = plain_files(made)
    else:
        rng = random.Random(f"{options.seed}:{index}:{os.path.basename(folder)}:files")
        form = rng.choice(render.FORMS) if options.form == "all" else options.form
        if form != "api" and made.provider and rng.random() < 0.5:
            made = render.symbolic(made, form, rng)
        files, made = render.render(made, form, rng)
    for name, text in files.items():
        with open(os.path.join(config, name), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    return made, config


def misread(made, config, options):
    """What `show` prints of these files and is not in the pool: what no token happened to meet shows here."""
    if options.form is None:
        return []
    arguments = [options.binary, "show", config, "--format", "json"]
    process = subprocess.run(arguments, capture_output=True, timeout=TIMEOUT, check=False)
    got, wanted = read(process.stdout, process.stderr), shown(made)
    for name in ("IdentityPoolId", "AllowClassicFlow", "Whichrole"):
        got.pop(name, None)
    if isinstance(got.get("Groups"), list):
        got["Groups"].sort(key=lambda group: group["GroupName"])
    fields = [name for name in sorted({*wanted, *got}) if wanted.get(name) != got.get(name)]
    return [("different", report(made, "(all)", wanted, got, fields, shlex.join(arguments)))] if fields else []


def shown(made):
    """The pool as `show` prints it."""
    pool = made.pool
    wanted = {name: pool[name] for name in ("AllowUnauthenticatedIdentities", "CognitoIdentityProviders", "OpenIdConnectProviderARNs",
                                            "SamlProviderARNs") if name in pool}
    if "SupportedLoginProviders" in pool:
        wanted["SupportedLoginProviders"] = {key: "" for key in pool["SupportedLoginProviders"]}
    if "DeveloperProviderName" in pool:
        wanted["DeveloperProviderName"] = generate.DEVELOPER
    wanted["Roles"] = pool.get("Roles", {})
    wanted["RoleMappings"] = {}
    for key, one in pool.get("RoleMappings", {}).items():
        mapping = {name: one[name] for name in ("Type", "AmbiguousRoleResolution") if name in one}
        if one["Type"] == "Rules":
            mapping["RulesConfiguration"] = {"Rules": one.get("RulesConfiguration", {}).get("Rules", [])}
        wanted["RoleMappings"][key] = mapping
    if made.tag_maps:
        wanted["PrincipalTagMaps"] = sorted(({"IdentityProviderName": tags["IdentityProviderName"], "UseDefaults": tags.get("UseDefaults", False),
                                              "PrincipalTags": tags.get("PrincipalTags", {})} for tags in made.tag_maps),
                                            key=lambda tags: tags["IdentityProviderName"])
    if made.groups:
        groups = [group | {"UserPoolId": made.user_pool} for group in made.groups]
        wanted["Groups"] = sorted(({name: value for name, value in group.items() if value is not None} for group in groups),
                                  key=lambda group: group["GroupName"])
    return wanted


def plain_files(made):
    """The pool in one API JSON file, each tag map and the groups in another."""
    documents = {"pool.json": made.pool}
    documents.update({f"tags-{number}.json": tags for number, tags in enumerate(made.tag_maps, 1)})
    if made.groups:
        documents["groups.json"] = {"Groups": made.groups}
    return {name: json.dumps(document, indent=1, ensure_ascii=False) for name, document in documents.items()}


def request_arguments(made):
    arguments = []
    if made.custom_role_arn is not None:
        arguments += ["--custom-role-arn", made.custom_role_arn]
    for question, choice in made.assume.items():
        arguments += ["--assume", f"{question}={choice}"]
    if made.now is not None:
        arguments += ["--now", datetime.datetime.fromtimestamp(made.now, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")]
    if made.leeway is not None:
        arguments += ["--leeway", str(made.leeway)]
    return arguments


# ---------------------------------------------------------------------------------------------------------------------
# Comparing


def expect(made, logins):
    try:
        return reference.answer(made.reference_pool(), made.request(logins), made.assume)
    except reference.Undecidable as error:
        return {"error": str(error)}


def compare(wanted, got, options, more_fields=()):
    """None, `assume` or `different`, and the fields that differ."""
    if "error" in wanted or "error" in got:
        return (None, []) if "error" in wanted and "error" in got else ("different", ["error"])
    names = ["decision", "role", "source", "rule", "tags", "certain", "assumptions", *more_fields]
    deny_names = ["reason", "error"]
    if options.all_fields:
        names += ["schema", "provider", "signature"]
        deny_names += ["message"]
    fields = [name for name in names if name not in got or not same(wanted[name], got[name])]
    if (wanted["deny"] is None) != (got.get("deny") is None):
        fields.append("deny")
    elif wanted["deny"] is not None:
        fields += [f"deny.{name}" for name in deny_names if wanted["deny"][name] != got["deny"].get(name)]

    wanted_readings = {repr(identity(one)): one["assume"] for one in wanted["readings"]}
    got_readings = {repr(identity(one)): one.get("assume") for one in got.get("readings") or []}
    if set(wanted_readings) != set(got_readings) or len(wanted_readings) != len(got.get("readings") or []):
        fields.append("readings")
    if fields:
        return "different", fields
    if wanted_readings != got_readings:
        return "assume", ["readings' assume"]
    return None, []


def read(printed, complaints=b""):
    """The JSON object that was printed; an error where there is none."""
    try:
        got = json.loads(printed)
    except ValueError:
        got = None
    return got if isinstance(got, dict) else {"error": (printed + complaints).decode(errors="replace")}


def same(wanted, got):
    """Equality that does not take 1 for true."""
    return wanted == got and isinstance(wanted, bool) == isinstance(got, bool)


def identity(one):
    """What makes two answers the same, and the error class that goes with the reason."""
    deny = one.get("deny") or {}
    return [one.get(name) for name in ("decision", "role", "source", "rule")] + [
        deny.get("reason"), deny.get("error"), sorted((one.get("tags") or {}).items())]


def report(made, shown, wanted, got, fields, command):
    documents = [made.pool, *made.tag_maps] + ([{"Groups": made.groups}] if made.groups else [])
    pool = "\n        ".join(json.dumps(document, ensure_ascii=False) for document in documents)
    request = shlex.join(request_arguments(made)) or "(nothing more)"
    return "\n".join([
        f"fields  {', '.join(fields)}",
        f"pool    {pool}",
        f"request {request}",
        f"claims  {shown}",
        f"wanted  {json.dumps(wanted, ensure_ascii=False)}",
        f"got     {json.dumps(got, ensure_ascii=False)}",
        f"command {command}",
    ])


if __name__ == "__main__":
    main()
