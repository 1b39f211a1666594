"""Makes the seeds of every fuzz target from the test data: `python3 fuzz/seeds.py`. They go to `fuzz/corpus`, which is not kept."""

import base64
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
    tokens = [token.strip() for token in tokens] + hostile("t")
    claims = [CLAIMS] + list(payloads(tokens)) + hostile("l")
    configs = texts("pools/api", "*.json") + texts("cases/configs", "*.json") + texts("lint", "**/*.json")
    yaml = texts("pools", "**/*.yaml") + texts("pools", "**/*.yml") + texts("lint", "**/*.yaml")
    terraform = texts("pools/terraform", "**/*.tf") + texts("lint", "**/*.tf")
    templates = texts("pools/cloudformation", "*") + texts("pools/pulumi", "*") + texts("lint", "**/*.yaml") + hostile(".yaml")
    suites = texts("cases", "*.whichrole.yaml")
    keys = texts("tokens", "**/*.json")
    return {
        "token": tokens,
        "claims": claims,
        "scan": claims + tokens + [line + b"\n" + other for line in LINES for other in LINES] + [b"\n".join(LINES * 2)],
        "config": configs + hostile(".json"),
        "yaml": yaml + hostile(".yaml"),
        "hcl": terraform + hostile(".tf"),
        # What a target takes apart begins with its flags.
        "template": [flags + text for text in templates for flags in (b"\0\0", b"\0\1", b"\1\1")],
        "suite": suites + hostile(".whichrole.yaml"),
        "jwks": keys + hostile("k"),
        "decide": [config + b"\0" + claim for config in configs for claim in (CLAIMS, b'{"custom:dept":null}')],
        "sink": [json.loads(f'"{value}"').encode("utf-8", "replace") for value in HOSTILE],
    }


def texts(folder, pattern):
    return [path.read_bytes() for path in sorted((DATA / folder).glob(pattern)) if path.is_file()]


def hostile(*names):
    """The inputs of `testdata/hostile/rows.json` whose names end so, but for the large ones, which a fuzzer would only be slow with."""
    rows = json.loads((DATA / "hostile/rows.json").read_text("utf-8"))
    files = [file for row in rows for file in row.get("files", {}).items()]
    written = [content(value) for name, value in files if name.endswith(names)]
    return [seed for seed in written if len(seed) <= LARGE]


def content(value):
    """What a row writes, as `crates/whichrole-cli/tests/hostile/rows.rs` reads it; of something large, only so much that it shows."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, list):
        return b"".join(part(each) for each in value)
    [(kind, value)] = value.items()
    if kind == "hex":
        return bytes.fromhex(value)
    if kind == "data":
        return (DATA / value).read_bytes()
    header, claims, *signature = [content(each) for each in value]
    return b".".join([base64url(header), base64url(claims), *(signature or [b"c2ln"])])


def part(value):
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
        what, times = content(value[0]), value[1]
        return what * min(times, LARGE // max(len(what), 1) + 1)
    return content(value)


def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def payloads(tokens):
    """The claims parts of tokens, where they can be decoded."""
    for token in tokens:
        payload = (token.split(b".") + [b""])[1]
        try:
            yield base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
        except ValueError:
            pass


LARGE = 16 * 1024

CLAIMS = (
    b'{"sub":"1","aud":"web","iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A","token_use":"id",'
    b'"cognito:groups":["admins","staff"],"cognito:preferred_role":"arn:aws:iam::111122223333:role/Admin",'
    b'"cognito:roles":["arn:aws:iam::111122223333:role/Admin"],"custom:dept":"eng","email_verified":true,"n":1.50,"z":null}'
)

# Alike, as the lines of one file are, but for a member more, less, twice, or elsewhere.
LINES = [
    CLAIMS,
    CLAIMS.replace(b'"sub":"1",', b""),
    CLAIMS.replace(b'"aud":"web",', b'"more":"x","aud":"web",'),
    CLAIMS.replace(b'"sub":"1",', b"").replace(b'"n":1.50', b'"sub":"1","n":150'),
    CLAIMS.replace(b'"n":1.50', b'"sub":"2"'),
    CLAIMS.replace(b'"web"', b'"w\\u0065b"').replace(b'"z":null', b'"z": {"sub":{},"a":[0,{}]}'),
]

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
