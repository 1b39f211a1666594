"""Texts as JSON, YAML and HCL spell them, chosen by chance among all spellings that mean the same.

Every function takes a text and gives source that every reader of that language takes for exactly that text.
"""

import json
import re

# What may stand unquoted in YAML without meaning anything but itself.
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@-]*(?::[A-Za-z0-9_./@-]+|::[A-Za-z0-9_./@-]+)*")
DISPUTED = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|nan|inf")
# What YAML lets stand as it is; line separators and byte order marks are always escaped.
RAW = re.compile(r"[ -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
YAML_ESCAPES = {"\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r", "\x1b": "\\e",
                '"': '\\"', "\\": "\\\\", "/": "\\/", "\x85": "\\N", "\xa0": "\\_", "\u2028": "\\L", "\u2029": "\\P", " ": "\\ "}
HCL_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}

# Texts that may stand as numbers or booleans where a text is sent.
SCALARS = {"true": True, "false": False, "0": 0, "1": 1, "12": 12, "100": 100, "-1": -1}


def chance(rng, probability):
    return rng.random() < probability


def json_string(rng, text):
    """A JSON string: non-ASCII characters as they are or as \\uXXXX, astral ones as surrogate pairs."""
    spelled = json.dumps(text, ensure_ascii=chance(rng, 0.3))
    if chance(rng, 0.2):
        spelled = spelled.replace("/", "\\/")
    if chance(rng, 0.1):
        spelled = spelled.replace("$", "\\u0024")
    return spelled


def json_text(rng, value, indent=None):
    """JSON of lists, maps and scalars; an indent, or none."""
    def write(one, depth):
        pad = "\n" + " " * (indent * (depth + 1)) if indent is not None else ""
        end = "\n" + " " * (indent * depth) if indent is not None else ""
        between = rng.choice([": ", ":"]) if indent is None else ": "
        if isinstance(one, str):
            return json_string(rng, one)
        if isinstance(one, list) and one:
            return "[" + ",".join(pad + write(element, depth + 1) for element in one) + end + "]"
        if isinstance(one, dict) and one:
            return "{" + ",".join(pad + json_string(rng, name) + between + write(member, depth + 1) for name, member in one.items()) + end + "}"
        return json.dumps(one)
    return write(value, 0)


# ---------------------------------------------------------------------------------------------------------------------
# YAML


def yaml_string(rng, text, block=None):
    """A YAML scalar that is this text. `block`: the indent of what belongs to it, where block scalars are possible."""
    styles = ["double", "double"]
    if RAW.fullmatch(text):
        styles.append("single")
    if PLAIN.fullmatch(text) and not DISPUTED.fullmatch(text):
        styles += ["plain"] * 3
    if block is not None and text and text[0] not in " \n" and all(RAW.fullmatch(line) for line in text.split("\n")) and text.strip("\n "):
        styles.append("literal")
        if "\n" not in text and text[-1] != " ":
            styles.append("folded")
    style = rng.choice(styles)
    if style == "plain":
        return text
    if style == "single":
        return "'" + text.replace("'", "''") + "'"
    if style == "double":
        return yaml_double(rng, text)
    body = text.rstrip("\n")
    ending = len(text) - len(body)
    chomp = {0: "-", 1: ""}.get(ending, "+")
    pad = " " * block
    lines = [pad + line if line else "" for line in body.split("\n")] + [""] * max(0, ending - 1)
    return ("|" if style == "literal" else ">") + chomp + "\n" + "\n".join(lines)


def yaml_double(rng, text):
    escape_all = chance(rng, 0.1)
    spelled = []
    for character in text:
        code = ord(character)
        must = character in '"\\' or not RAW.fullmatch(character)
        if character == "\t" and chance(rng, 0.3):
            must = False
        if not must and not (escape_all and chance(rng, 0.5)):
            spelled.append(character)
            continue
        ways = [f"\\U{code:08x}"]
        if code < 0x10000:
            ways.append(f"\\u{code:04X}")
        if code < 0x100:
            ways.append(f"\\x{code:02x}")
        if character in YAML_ESCAPES:
            ways += [YAML_ESCAPES[character]] * 2
        spelled.append(rng.choice(ways))
    return '"' + "".join(spelled) + '"'


class Tagged:
    """A value with a YAML tag: `!Sub text`."""

    def __init__(self, tag, value):
        self.tag, self.value = tag, value


class Yaml:
    """Writes lists, maps, scalars and tagged values as one YAML document, block and flow style mixed."""

    def __init__(self, rng, flow=0.12):
        self.rng, self.flow_share = rng, flow
        self.step = rng.choice([2, 2, 2, 4])

    def document(self, value):
        start = self.rng.choice(["", "", "---\n", "# a template\n"])
        return start + self.after(value, 0).lstrip("\n") + "\n"

    def after(self, value, indent):
        """What follows `key:` or `-`: a scalar on the same line, or lines indented by `indent`."""
        lead = ""
        if isinstance(value, Tagged):
            lead, value = " " + value.tag, value.value
        if isinstance(value, str):
            return lead + " " + yaml_string(self.rng, value, indent if indent else None)
        if not isinstance(value, (list, dict)) or not value or chance(self.rng, self.flow_share):
            return lead + " " + self.flow(value)
        lines = []
        for line in self.elements(value, indent) if isinstance(value, list) else self.entries(value, indent):
            if chance(self.rng, 0.02):
                lines.append(" " * indent + "# why")
            lines.append(line)
        return lead + "\n" + "\n".join(lines)

    def elements(self, values, indent):
        pad = " " * indent
        for value in values:
            inner = self.after(value, indent + 2)
            compact = isinstance(value, (dict, list)) and inner.startswith("\n") and not inner.lstrip("\n ").startswith("#")
            yield pad + "- " + inner[1:].lstrip(" ") if compact else pad + "-" + inner

    def entries(self, values, indent):
        pad = " " * indent
        for name, value in values.items():
            # A list may stand right under its key.
            inner = indent if isinstance(value, list) and chance(self.rng, 0.3) else indent + self.step
            yield pad + self.key(name) + ":" + self.after(value, inner)

    def key(self, name):
        return yaml_string(self.rng, name) if not PLAIN.fullmatch(name) or DISPUTED.fullmatch(name) or chance(self.rng, 0.1) else name

    def flow(self, value):
        if isinstance(value, Tagged):
            return value.tag + " " + self.flow(value.value)
        if isinstance(value, str):
            return yaml_string(self.rng, value)
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(one) for one in value) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.key(name)}: {self.flow(one)}" for name, one in value.items()) + "}"
        return json.dumps(value)


# ---------------------------------------------------------------------------------------------------------------------
# HCL


def hcl_string(rng, text):
    """A quoted HCL template without interpolation: `${` and `%{` are escaped."""
    escape_some = chance(rng, 0.1)
    spelled = []
    for at, character in enumerate(text):
        code = ord(character)
        opens = character in "$%" and text[at + 1:at + 2] == "{"
        if opens:
            # Doubling is read from the left, so it is unsafe after the same character.
            doubled = text[at - 1:at] != character if at else True
            spelled.append(character * 2 if doubled and chance(rng, 0.7) else f"\\u{code:04x}")
        elif character == "{" and text[at - 1:at] in ("$", "%"):
            spelled.append(character)  # what was doubled is so only before a bracket
        elif character in HCL_ESCAPES:
            spelled.append(HCL_ESCAPES[character])
        elif code < 0x20 or code in (0x7F, 0x85, 0x2028, 0x2029, 0xFEFF) or escape_some and chance(rng, 0.3):
            spelled.append(f"\\u{code:04x}" if code < 0x10000 and chance(rng, 0.8) else f"\\U{code:08X}")
        else:
            spelled.append(character)
    return '"' + "".join(spelled) + '"'
