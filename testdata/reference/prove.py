"""Checks `who` and `diff` against brute force: what the reference finds by trying tokens, the command must have found too, and what the
command shows, the reference must confirm; exits 1 at a contradiction and says how to repeat it.

    python3 prove.py --pools 60 --seed 7 --binary ../../target/release/whichrole

The alphabet is small (two letters that rules have and one that they lack), so a short text stands for every longer one. Texts are of one
claim, arrays of `cognito:groups`; there are mappings of both types, guests, tags, chosen roles, and open questions that are fixed by chance.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import reference

HERE = os.path.dirname(os.path.abspath(__file__))
LOGIN = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
PROVIDER = LOGIN + ":web"
ROLES = [f"arn:aws:iam::111122223333:role/{name}" for name in "ABC"]
FOREIGN = "arn:aws:iam::111122223333:role/any-other"
OPERATORS = ["Equals", "NotEqual", "StartsWith", "Contains"]
# What can be fixed: not what is about several logins, about groups, or about values that are no texts.
FIXED = ["array-claims", "letter-case", "sole-role", "missing-role-resolution", "rules-custom-role", "tag-missing-claim",
         "tag-non-string-claim", "tag-invalid-value"]


def texts(longest, letters="abx"):
    return ["".join(text) for size in range(longest + 1) for text in itertools.product(letters, repeat=size)]


def tokens():
    """Every token over the small alphabet, each a dict of claims."""
    departments = [None, *texts(4), "a|", "|", "ab|", ["a"], ["ab"], []]
    groups = [None, [], *([one] for one in texts(3)), *([one, two] for one, two in itertools.permutations(["a", "b", "ab", "ba", "x"], 2))]
    for department in departments:
        yield {} if department is None else {"dept": department}
    for one in groups:
        if one is not None:
            yield {reference.GROUPS: one}
    for department, one in itertools.product(["", "a", "b", "ab", "ba", "xa", "ax", "x", "a|"], [["a"], ["b"], ["ab"], ["x"], ["a", "b"]]):
        yield {"dept": department, reference.GROUPS: one}


def role_tokens():
    """Tokens for a mapping of type Token."""
    for preferred in [None, "", *ROLES, FOREIGN]:
        for roles in [None, [], *([role] for role in [*ROLES, FOREIGN]), ROLES[:2], ROLES[1:]]:
            claims = {reference.PREFERRED_ROLE: preferred, reference.ROLES: roles}
            for department in [None, "a", "a|", ["a"]]:
                all_claims = {**claims, "dept": department}
                yield {name: value for name, value in all_claims.items() if value is not None}


def make_pool(rng):
    def rule():
        claim = rng.choice(["dept", "dept", reference.GROUPS])
        value = rng.choice(texts(2, "ab")[1:])
        return {"Claim": claim, "MatchType": rng.choice(OPERATORS), "Value": value, "RoleARN": rng.choice(ROLES)}

    mapping = {"Type": "Token"} if rng.random() < 0.2 else {
        "Type": "Rules", "RulesConfiguration": {"Rules": [rule() for _ in range(rng.randint(1, 5))]}}
    resolution = rng.choice(["AuthenticatedRole", "Deny", None])
    if resolution:
        mapping["AmbiguousRoleResolution"] = resolution
    roles = {state: rng.choice(ROLES) for state in ("authenticated", "unauthenticated") if rng.random() < 0.6}
    pool = {"IdentityPoolId": "us-east-1:0", "Roles": roles, "RoleMappings": {PROVIDER: mapping}}
    if rng.random() < 0.4:
        pool["PrincipalTagMaps"] = [{"IdentityProviderName": LOGIN, "UseDefaults": False, "PrincipalTags": {"k": "dept"}}]
    return pool


def change(rng, pool):
    """The same pool with something else in it."""
    changed = json.loads(json.dumps(pool))
    mapping = changed["RoleMappings"][PROVIDER]
    rules = mapping.get("RulesConfiguration", {}).get("Rules", [])
    kind = rng.choice(["rule", "rule", "order", "resolution", "default", "tags", "nothing", "all"])
    if kind == "rule" and rules:
        rng.choice(rules).update(rng.choice([{"Value": rng.choice(["a", "b", "ab"])}, {"MatchType": rng.choice(OPERATORS)}, {"RoleARN": rng.choice(ROLES)}]))
    elif kind == "order":
        rng.shuffle(rules)
    elif kind == "resolution":
        mapping["AmbiguousRoleResolution"] = rng.choice(["AuthenticatedRole", "Deny"])
    elif kind == "default":
        changed["Roles"] = {"authenticated": rng.choice(ROLES)}
    elif kind == "tags":
        changed["PrincipalTagMaps"] = [{"IdentityProviderName": LOGIN, "UseDefaults": False, "PrincipalTags": {rng.choice("kl"): "dept"}}]
    elif kind == "all":
        return make_pool(rng)
    return changed


def ask(pool, claims, assume, custom=None):
    """What one request gets: role, denial reason, rule, tags."""
    request = {"logins": [{"provider": PROVIDER, "claims": claims}]} if claims is not None else {"guest": True}
    outcome = reference.evaluate(pool, {**request, "custom_role_arn": custom}, reference.Path(assume, {}))[0]
    return outcome.role, outcome.deny.reason if outcome.deny else None, outcome.rule, outcome.tags


class Contradiction(Exception):
    pass


def demand(fact, *words):
    if not fact:
        raise Contradiction(" ".join(str(word) for word in words))


def claims_of(witness):
    return None if witness["provider"] is None else witness["claims"]


def check_who(pool, assume, found):
    undecided = 0
    every = [None, *tokens(), *role_tokens()]
    outcomes = [(claims, ask(pool, claims, assume)) for claims in every]
    reached = {role for _, (role, *_) in outcomes if role}
    deciding = {rule for _, (role, _, rule, _) in outcomes if role and rule}
    for role in found["roles"]:
        name = role["role"]
        undecided += role["reachable"] is None
        demand(role["reachable"] is not False or name not in reached, "out of reach, and yet reached:", name)
        if role["reachable"]:
            demand(ask(pool, claims_of(role["witness"]), assume)[0] == name, "the witness gets another role than", name, role["witness"])
        elif role["reachable"] is False:
            chosen = any(ask(pool, claims, assume, name)[0] == name for claims in every)
            demand(role["by_custom_role"] or not chosen, "can be chosen:", name)
            if role["by_custom_role"]:
                witness = claims_of(role["custom_witness"])
                demand(ask(pool, witness, assume, name)[0] == name, "the custom witness may not choose", name, witness)
    for rule in found["rules"]:
        number = rule["rule"]
        undecided += rule["live"] is None
        demand(rule["live"] is not False or number not in deciding, "dead, and yet it decides: rule", number)
        if rule["live"]:
            demand(ask(pool, rule["witness"]["claims"], assume)[2] == number, "another rule decides than", number, rule["witness"])
    return undecided


def check_diff(old, new, assume, found):
    every = [None, *tokens(), *role_tokens()]

    def pair(claims, custom=None):
        return ask(old, claims, assume, custom), ask(new, claims, assume, custom)

    def differ(before, after):
        return (before[0], before[1], before[3]) != (after[0], after[1], after[3])

    # A role that neither pool has goes by any name.
    known = [role for role in ROLES if role in json.dumps([old, new])]

    def kind(claims, *answers):
        return claims is None, *((role if role in known else role and "?", reason) for role, reason, *_ in answers)

    shown = set()
    for change in found["changes"]:
        claims = None if change["provider"] is None else change["witness"]
        before, after = pair(claims)
        demand(differ(before, after), "no change:", claims)
        for side, got in (("before", before), ("after", after)):
            demand(change[side]["role"] == got[0] and change[side]["rule"] == got[2] and change[side]["tags"] == got[3], side, "is otherwise:", claims)
        shown.add(kind(claims, before, after))
    customs = [*ROLES, FOREIGN]
    for change in found["custom_role_changes"]:
        claims = None if change["provider"] is None else change["witness"]
        demand(differ(*pair(claims, change["custom_role_arn"])), "no change:", claims, change["custom_role_arn"])
    if found["equal"] is None:
        return 1
    for claims in every:
        before, after = pair(claims)
        if differ(before, after):
            demand(kind(claims, before, after) in shown, "not found:", claims, before, after)
    if not found["custom_role_changes"]:
        for custom in customs:
            for claims in every:
                demand(not differ(*pair(claims, custom)), "not found:", claims, "choosing", custom)
    return 0


def run(job):
    binary, seed, index, folder = job
    rng = random.Random(f"{seed}/{index}")
    old = make_pool(rng)
    new = change(rng, old)
    assume = {question: rng.choice(reference.QUESTIONS[question]) for question in FIXED if rng.random() < 0.5}
    files = []
    for name, pool in (("old", old), ("new", new)):
        files.append(os.path.join(folder, f"{index}-{name}"))
        os.mkdir(files[-1])
        plain = {key: value for key, value in pool.items() if key != "PrincipalTagMaps"}
        for number, part in enumerate([plain, *({"IdentityPoolId": "us-east-1:0", **tags} for tags in pool.get("PrincipalTagMaps", []))]):
            with open(os.path.join(files[-1], f"{number}.json"), "w", encoding="utf-8") as file:
                json.dump(part, file)
    choices = [f"--assume={question}={choice}" for question, choice in assume.items()]

    def call(*arguments):
        command = [binary, *arguments, "--format", "json", *choices]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        demand(done.stdout and done.returncode in (0, 1, 2), "the command failed:", done.stderr.decode())
        return json.loads(done.stdout)

    try:
        undecided = check_who(old, assume, call("who", files[0]))
        undecided += check_diff(old, new, assume, call("diff", *files))
        return undecided, None
    except Contradiction as contradiction:
        return 0, f"pool {index}: {contradiction}\n  {binary} who {files[0]} {' '.join(choices)}\n  {binary} diff {' '.join(files)} {' '.join(choices)}"


def main():
    parser = argparse.ArgumentParser(description="checks `who` and `diff` against brute force")
    parser.add_argument("--pools", type=int, default=60)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--binary", default=os.path.join(HERE, "..", "..", "target", "release", "whichrole"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="whichrole-prove-")
    jobs = [(os.path.abspath(options.binary), options.seed, index, folder) for index in range(options.pools)]
    with multiprocessing.Pool(options.jobs) as processes:
        results = processes.map(run, jobs, chunksize=4)
    contradictions = [found for _, found in results if found]
    for found in contradictions[:3]:
        print(found)
    print(f"{len(results)} pairs of pools, {len(contradictions)} contradictions, {sum(count for count, _ in results)} answers not decided")
    if contradictions:
        print(f"the files are kept in {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
