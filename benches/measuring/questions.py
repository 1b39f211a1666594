"""The same question for other programs: the role of each line of claims, nothing for the denied.

Every program is written from the rules of the pool, in the fastest form its documentation offers. None of them checks a login, and each
does with a claim named twice whatever it does.
"""

import json

ARRAYS = {"cognito:groups"}


def rules_of(pool_file):
    """The rules of the only mapping, as (claim, operator, value, role)."""
    with open(pool_file, encoding="utf-8") as file:
        mapping = next(iter(json.load(file)["RoleMappings"].values()))
    return [(r["Claim"], r["MatchType"], r["Value"], r["RoleARN"]) for r in mapping["RulesConfiguration"]["Rules"]]


def claims_of(rules):
    return list(dict.fromkeys(claim for claim, *_ in rules))


def jq(rules):
    def test(claim, operator, value):
        at, value = f".[{json.dumps(claim)}]", json.dumps(value)
        if claim in ARRAYS:
            return f"any({at}[]?; contains({value}))"
        return {
            "Equals": f"{at} == {value}",
            "NotEqual": f"({at} != null and {at} != {value})",
            "StartsWith": f'({at} // "" | startswith({value}))',
            "Contains": f'({at} // "" | contains({value}))',
        }[operator]

    chain = " elif ".join(f"{test(*rule[:3])} then {json.dumps(rule[3])}" for rule in rules)
    return f'if {chain} else "" end\n'


def node(rules):
    def test(claim, operator, value):
        at, value = f"c[{json.dumps(claim)}]", json.dumps(value)
        if claim in ARRAYS:
            return f"{at}?.some(g => g.includes({value}))"
        return {
            "Equals": f"{at} === {value}",
            "NotEqual": f"{at} !== undefined && {at} !== {value}",
            "StartsWith": f"{at}?.startsWith({value})",
            "Contains": f"{at}?.includes({value})",
        }[operator]

    tests = "\n".join(f"  if ({test(*rule[:3])}) return {json.dumps(rule[3])};" for rule in rules)
    return f"""// Large chunks, one string for all their lines, one write for all their roles.
const fs = require("fs");
function role(c) {{
{tests}
  return "";
}}
const file = fs.openSync(process.argv[2]);
const buffer = Buffer.alloc(1 << 20);
let filled = 0;
for (;;) {{
  const read = fs.readSync(file, buffer, filled, buffer.length - filled);
  filled += read;
  const end = buffer.lastIndexOf(10, filled - 1) + 1;
  if (read === 0) break;
  let roles = "";
  for (const line of buffer.toString("utf8", 0, end).split("\\n")) if (line) roles += role(JSON.parse(line)) + "\\n";
  fs.writeSync(1, roles);
  buffer.copy(buffer, 0, end, filled);
  filled -= end;
}}
"""


def python(rules):
    def test(claim, operator, value):
        at, value = f"c.get({claim!r})", repr(value)
        if claim in ARRAYS:
            return f"any({value} in group for group in c.get({claim!r}, ()))"
        return {
            "Equals": f"{at} == {value}",
            "NotEqual": f"c.get({claim!r}, {value}) != {value}",
            "StartsWith": f"c.get({claim!r}, '').startswith({value})",
            "Contains": f"{value} in c.get({claim!r}, '')",
        }[operator]

    tests = "\n".join(f"    if {test(*rule[:3])}:\n        return {rule[3]!r}" for rule in rules)
    return f"""import json, sys
def role(c):
{tests}
    return ''
loads = json.loads
with open(sys.argv[1], 'rb') as lines:
    sys.stdout.writelines(role(loads(line)) + '\\n' for line in lines)
"""


def polars(rules):
    def test(claim, operator, value):
        at, value = f"pl.col({claim!r})", repr(value)
        if claim in ARRAYS:
            return f"{at}.list.eval(pl.element().str.contains({value}, literal=True)).list.any()"
        return {
            "Equals": f"{at} == {value}",
            "NotEqual": f"{at} != {value}",
            "StartsWith": f"{at}.str.starts_with({value})",
            "Contains": f"{at}.str.contains({value}, literal=True)",
        }[operator]

    chain = ".".join(f"when({test(*rule[:3])}).then(pl.lit({rule[3]!r}))" for rule in rules)
    types = {claim: "pl.List(pl.String)" if claim in ARRAYS else "pl.String" for claim in claims_of(rules)}
    schema = ", ".join(f"{claim!r}: {kind}" for claim, kind in types.items())
    return f"""import sys
import polars as pl
users = pl.scan_ndjson(sys.argv[1], schema={{{schema}}})
role = pl.{chain}.otherwise(pl.lit('')).alias('role')
users.select(role).sink_csv(sys.argv[2], include_header=False, quote_style='never')
"""


def _case(rules, column):
    def text(value):
        return "'" + value.replace("'", "''") + "'"

    def test(claim, operator, value):
        at, value = column(claim), text(value)
        if claim in ARRAYS:
            return f"coalesce(list_bool_or(list_transform({at}, lambda g: contains(g, {value}))), false)"
        return {
            "Equals": f"{at} = {value}",
            "NotEqual": f"{at} <> {value}",
            "StartsWith": f"starts_with({at}, {value})",
            "Contains": f"contains({at}, {value})",
        }[operator]

    return "CASE " + " ".join(f"WHEN {test(*rule[:3])} THEN {text(rule[3])}" for rule in rules) + " ELSE '' END"


def _duckdb(query):
    return f"""import sys
import duckdb
duckdb.execute({query!r}.replace('FILE', sys.argv[1]).replace('OUT', sys.argv[2]))
"""


def duckdb_read_json(rules):
    """Columns read straight from the file."""
    columns = ", ".join(f"'{claim}': '{'VARCHAR[]' if claim in ARRAYS else 'VARCHAR'}'" for claim in claims_of(rules))
    query = f"""COPY (SELECT {_case(rules, '"{}"'.format)} FROM read_json('FILE', format = 'newline_delimited',
        columns = {{{columns}}})) TO 'OUT' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '')"""
    return _duckdb(query)


def duckdb_json_extract(rules):
    """Lines kept as JSON, as they are in a table of raw events; each claim extracted once."""
    names = {claim: f"c{number}" for number, claim in enumerate(claims_of(rules))}
    extracts = ", ".join(
        f"json_extract(json, '$.\"{claim}\"')::VARCHAR[] AS {name}" if claim in ARRAYS
        else f"json_extract_string(json, '$.\"{claim}\"') AS {name}"
        for claim, name in names.items()
    )
    query = f"""COPY (SELECT {_case(rules, names.get)} FROM (SELECT {extracts} FROM
        read_json_objects('FILE', format = 'newline_delimited'))) TO 'OUT' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '')"""
    return _duckdb(query)
