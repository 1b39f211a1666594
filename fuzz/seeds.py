"""Makes the seeds of every fuzz target from the test data: `python3 fuzz/seeds.py`. They go to `fuzz/corpus`, which is not kept."""

import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "testdata"


def main():
    counts = {}
    for target, seeds in targets().items():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for seed in set(seeds):
            (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
        counts[target] = len(set(seeds))
    print(", ".join(f"{target} {count}" for target, count in counts.items()))


def targets():
    tokens = texts("tokens", "*.jwt") + texts("cases/fixtures", "*.jwt")
    tokens = [token.strip() for token in tokens]
    claims = [CLAIMS] + hostile("claims")
    configs = texts("pools/api", "*.json") + texts("cases/configs", "*.json") + texts("lint", "**/*.json")
    yaml = texts("pools", "**/*.yaml") + texts("pools", "**/*.yml") + texts("lint", "**/*.yaml")
    terraform = texts("pools/terraform", "**/*.tf") + texts("lint", "**/*.tf")
    templates = texts("pools/cloudformation", "*") + texts("pools/pulumi", "*") + texts("lint", "**/*.yaml")
    suites = texts("cases", "*.whichrole.yaml")
    keys = texts("tokens", "**/*.json")
    return {
        "token": tokens + hostile("token"),
        "claims": claims,
        "scan": claims + tokens,
        "config": configs + hostile("config"),
        "yaml": yaml + hostile("yaml"),
        "hcl": terraform + hostile("hcl"),
        # The text comes first in what a target takes apart; its flags are at the end.
        "template": [text + flags for text in templates for flags in (b"\0\0", b"\0\1", b"\1\1")],
        "suite": suites + hostile("suite"),
        "jwks": keys + hostile("jwks"),
        "decide": [config + b"\0" + claim for config in configs for claim in (CLAIMS, b'{"custom:dept":null}')],
        "sink": [json.loads(f'"{value}"').encode("utf-8", "replace") for value in HOSTILE],
    }


def texts(folder, pattern):
    return [path.read_bytes() for path in sorted((DATA / folder).glob(pattern)) if path.is_file()]


def hostile(kind):
    """The small inputs of `testdata/hostile/inputs`, whose names begin with what they are."""
    return texts("hostile/inputs", f"{kind}-*")


CLAIMS = (
    b'{"sub":"1","aud":"web","iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A","token_use":"id",'
    b'"cognito:groups":["admins","staff"],"cognito:preferred_role":"arn:aws:iam::111122223333:role/Admin",'
    b'"cognito:roles":["arn:aws:iam::111122223333:role/Admin"],"custom:dept":"eng","email_verified":true,"n":1.50,"z":null}'
)

HOSTILE = [
    "\\u001b[2J\\u001b[H",
    "\\u001b]8;;http://x\\u001b\\\\\\\\",
    "\\u009b31m\\r\\b",
    "\\u202ex\\u2066\\u200b\\ufeff",
    "\\n::add-mask::a",
    "  ::error::x%0A",
    "x ##[add-mask]y",
    "]]><a b='&'>\\u000b\\ufffe",
    "x\\\\|![](http://evil)``` @org/team #1",
    "e\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301",
]

if __name__ == "__main__":
    main()
