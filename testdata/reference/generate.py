"""Random pools and tokens that meet every statement of docs/semantics.md, from a seed.

    python3 generate.py --cases 100000          # how often the reference meets each statement, question and outcome

`generate(seed, index)` gives one `Batch`: a pool, what a command line says about it, and many claims lines. Alphabets are
small and shared between rules and claims, so that matches, near misses and differences in letter case are common.
The generator only writes text; what it means is the reference's business.
"""

import argparse
import base64
import collections
import json
import random
import sys

sys.dont_write_bytecode = True

import reference
from reference import Number

ACCOUNT = "111122223333"
POOL_ID = "us-east-1:11111111-2222-3333-4444-555555555555"
NOW = 1767225600  # 2026-01-01T00:00:00Z

ROLE_NAMES = ["Admin", "Staff", "Guest", "Auditor", "admin"]
ROLE_ARNS = [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ROLE_NAMES]

USER_POOLS = ["cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC", "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Xyz9",
              "cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Q"]
OTHER_MAPPINGS = ["cognito-idp.us-west-2.amazonaws.com/us-west-2_Other:client1", f"arn:aws:iam::{ACCOUNT}:saml-provider/Other"]
CLIENTS = ["client1", "client2", "Client1"]
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/login.example.com/tenant"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
SOCIAL = ["accounts.google.com", "graph.facebook.com", "www.amazon.com", "appleid.apple.com", "api.twitter.com"]
DEVELOPER = "cognito-identity.amazonaws.com"

OPERATORS = ["Equals", "NotEqual", "StartsWith", "Contains"]
CLAIMS = ["cognito:groups", "custom:dept", "email", "isAdmin", "https://x/y", "a", "A", "custom:level", "sub", "aud",
          "cognito:preferred_role", "cognito:roles", "user_id", "name[0]", "address.city"]
WORDS = ["a", "b", "ab", "A", "Ab", "aB", "admin", "Admin", "admins", "eng", "ENG", "eng ", " eng", "eng,ops", "a, b", "*", "en*"]
ODD_WORDS = ["İ", "i\u0307", "ı", "I", "i", "ß", "ẞ", "ss", "Σ", "σ", "ς", "ΑΣ", "ας", "ασ", "ΑΣΑ", "É", "é", "e\u0301", "ǅ", "ǆ", "\u212a", "k",
             "ﬁ", "FI", "Ⓐ", "ⓐ", "𐐀", "𐐨", "\u00a0eng", "日本", "a\u200bb", "\U0001f600", "ΑΣ.", "α.Σ", "'Σ", "\u2028"]
JSON_WORDS = ["true", "false", "null", "1", "1.0", "1e2", "1E2", "100", "-0", "0", "12", "{}", "[]", "\"a\"", "\"", "\\", "a\"b", "a\\b", "\n", "\t",
              "\u0001", "\u001f", "\x7f", "/", "\u0000", "tru", "True", "TRUE", ",", ", ", "[", "]", "[a", "b]", "NULL", "{\"a\"", "\\n", "\\u001f", "\\t"]
SYNTAX_WORDS = ["${a}", "${", "$${a}", "$", "$$", "%{a}", "%%{", "{{a}}", "#a", "a: b", "- a", "&a", "!a", "yes", "010", "1_000", "12:30", "~", "a #b", "'",
                "a'b", "\\u0041", "${A.B}:c", "a\n", "a\n\nb", "\r", "\r\n", "\ufeff", "\x85", "\u2029", "\uffff", "$a", "a$", "EOT", "|", ">", "//a"]
NUMBERS = ["0", "-0", "1", "1.0", "1.00", "12", "100", "1e2", "1E2", "1e+2", "1E-2", "-1", "0.1", "9007199254740993", "18446744073709551616",
           "-1.5E10", "1e400", "0.1e-400", "123456789012345678901234567890"]
TAG_KEYS = ["dept", "team", "username", "client", "Client", "level", "é", "Z", "a", "b:c", "user name", "\U0001f600", "\uffee"]
BAD_TAG_VALUES = ["a|b", "a;b", "a\nb", "aws:x", "AWS:x", "a*b", "x" * 257, "é" * 257, "a,b", "a\tb", "\"", "(a)"]
GOOD_TAG_VALUES = ["a b", "x" * 256, "é" * 256, "\U00010400" * 256, "a+b=c/d:e@f.g_h-i", "\u2028", "\u3000", "½", "日本", "", "xaws:"]


class Batch:
    """A pool, the options of one command line, and the lines to decide: (claims text, is a JWT)."""

    def __init__(self):
        self.pool = {}  # API JSON
        self.tag_maps = []
        self.groups = []
        self.user_pool = None  # of the groups, as the files tell it
        self.kinds = {}  # of providers that are references, by their keys
        self.provider = None
        self.custom_role_arn = None
        self.assume = {}
        self.now = None
        self.leeway = None
        self.lines = []

    def reference_pool(self):
        return {**self.pool, "PrincipalTagMaps": self.tag_maps, "SymbolicProviders": self.kinds}

    def request(self, logins):
        return {"logins": logins, "custom_role_arn": self.custom_role_arn, "now": self.now, "leeway": self.leeway or 0}

    def login(self, claims_text, jwt):
        return {"provider": self.provider, "claims": reference.parse_claims(claims_text), "jwt": jwt}


# ---------------------------------------------------------------------------------------------------------------------
# JSON text in many spellings


def compact(value):
    """One plain spelling, for rule values that should meet a claim's JSON text."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact(name)}:{compact(member)}" for name, member in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def spell(rng, value):
    """Some spelling of a value: blanks, escapes, numbers as they are."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, str):
        return spell_string(rng, value)
    if isinstance(value, list):
        return "[" + blank(rng) + ("," + blank(rng)).join(spell(rng, one) for one in value) + blank(rng) + "]"
    if isinstance(value, dict):
        members = (f"{spell_string(rng, name)}{blank(rng)}:{blank(rng)}{spell(rng, one)}" for name, one in value.items())
        return "{" + blank(rng) + ("," + blank(rng)).join(members) + blank(rng) + "}"
    return json.dumps(value)


def blank(rng):
    return rng.choice([" ", "\t", "  "]) if rng.random() < 0.1 else ""


def spell_string(rng, text):
    plain = json.dumps(text, ensure_ascii=False)
    if len(text) > 100 or rng.random() < 0.85:
        return plain
    if rng.random() < 0.5:
        return json.dumps(text)  # every non-ASCII character as \uXXXX
    spelled = []
    for character in text:
        if character == "/":
            spelled.append("\\/")
        elif ord(character) < 0x10000 and rng.random() < 0.3:
            spelled.append(rng.choice(["\\u{:04x}", "\\u{:04X}"]).format(ord(character)))
        else:
            spelled.append(json.dumps(character, ensure_ascii=False)[1:-1])
    return '"' + "".join(spelled) + '"'


def token_line(claims_text, jwt, rng):
    """A batch line: the claims themselves, or an unsigned compact JWT of them."""
    if not jwt:
        return claims_text
    def part(text):
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    return part('{"alg":"none"}') + "." + part(claims_text) + "."


# ---------------------------------------------------------------------------------------------------------------------
# Claim values


class Alphabet:
    """The few texts that one pool's rules and tokens are made of."""

    def __init__(self, rng):
        self.rng = rng
        self.words = rng.sample(WORDS, 3)
        if rng.random() < 0.5:
            self.words += rng.sample(ODD_WORDS, 2)
        if rng.random() < 0.4:
            self.words += rng.sample(JSON_WORDS, 2)
        if rng.random() < 0.25:
            self.words += rng.sample(SYNTAX_WORDS, 2)
        self.numbers = rng.sample(NUMBERS, 3)
        self.shared = []  # whole values that tokens have and whose text rules ask for
        self.shared = [self.value() for _ in range(8)]
        self.shared = [value for value in self.shared if not isinstance(value, str)][:4]

    def word(self):
        rng = self.rng
        word = rng.choice(self.words)
        chance = rng.random()
        if chance < 0.64:
            return word
        if chance < 0.76:
            return rng.choice([str.upper, str.lower, str.swapcase, str.title])(word)
        if chance < 0.86:
            return word + rng.choice(self.words)
        if chance < 0.91:
            return word[:-1]
        if chance < 0.94:
            return word[1:]
        return "" if chance < 0.955 else rng.choice(WORDS)

    def value(self, depth=0):
        """A claim value of any type; strings and arrays of strings most often."""
        rng = self.rng
        if self.shared and rng.random() < 0.12:
            return rng.choice(self.shared)
        chance = rng.random()
        if chance < 0.50:
            return self.word()
        if chance < 0.70:
            return [self.word() for _ in range(rng.choice([0, 1, 1, 2, 2, 3]))]
        if chance < 0.78 and depth < 3:
            return [self.value(depth + 1) for _ in range(rng.choice([0, 1, 2, 2, 3]))]
        if chance < 0.86:
            return Number(rng.choice(self.numbers))
        if chance < 0.91:
            return rng.random() < 0.5
        if chance < 0.95:
            return None
        if depth < 3:
            return {self.word(): self.value(depth + 1) for _ in range(rng.choice([0, 1, 1, 2]))}
        return self.word()

    def rule_value(self):
        """A text to compare with: mostly a word, sometimes a piece of some value's JSON or list text."""
        rng = self.rng
        chance = rng.random()
        if chance < 0.68:
            return self.word()
        if chance < 0.74:
            return rng.choice(self.numbers)
        if chance < 0.78:
            return rng.choice(["true", "false", "null"])
        value = rng.choice(self.shared) if self.shared and rng.random() < 0.8 else self.value()
        text = compact(value)
        if isinstance(value, list) and rng.random() < 0.5:
            text = "[" + ", ".join(one if isinstance(one, str) else compact(one) for one in value) + "]"
        if rng.random() < 0.4:
            text = text.swapcase()
        if rng.random() < 0.4:
            start = rng.randrange(len(text))
            text = text[start:start + rng.randrange(1, 6)]
        return text


# ---------------------------------------------------------------------------------------------------------------------
# Pools


def generate(seed, index, lines=200):
    rng = random.Random(f"{seed}:{index}")
    batch = Batch()
    alphabet = Alphabet(rng)
    kind = choose(rng, {"user-pool": 60, "social": 14, "oidc": 10, "saml": 10, "developer": 3})
    claim_names = rng.sample(CLAIMS, rng.randrange(2, 5))
    if rng.random() < 0.3:
        claim_names[0] = "cognito:groups"
    roles = rng.sample(ROLE_ARNS, rng.randrange(2, 5))

    batch.pool["IdentityPoolId"] = POOL_ID
    if rng.random() < 0.5:
        batch.pool["AllowUnauthenticatedIdentities"] = rng.random() < 0.5
    batch.pool["Roles"] = {state: f"arn:aws:iam::{ACCOUNT}:role/{name}" for state, name in
                           (("authenticated", "Authenticated"), ("unauthenticated", "Unauthenticated")) if rng.random() < 0.92}
    if not batch.pool["Roles"] and rng.random() < 0.5:
        del batch.pool["Roles"]

    login_key, mapping_keys, tag_key = provider_keys(rng, batch, kind)
    mappings = {key: mapping(rng, alphabet, claim_names, roles) for key in mapping_keys}
    if rng.random() < 0.25:  # a mapping that has nothing to do with the login
        mappings[rng.choice(OTHER_MAPPINGS)] = mapping(rng, alphabet, claim_names, roles)
    if mappings or rng.random() < 0.5:
        batch.pool["RoleMappings"] = mappings
    if kind != "developer" and rng.random() < 0.6:
        batch.tag_maps.append(tag_map(rng, tag_key, claim_names))
    if rng.random() < 0.15:
        batch.tag_maps.append(tag_map(rng, "appleid.apple.com" if tag_key != "appleid.apple.com" else SAML, claim_names))
    make_known(rng, batch, kind, login_key, mapping_keys)

    if rng.random() < (0.22 if mapping_keys else 0.1):
        batch.custom_role_arn = rng.choice(roles[:2] if rng.random() < 0.85 else roles + [f"arn:aws:iam::{ACCOUNT}:role/Nobody"])
    if rng.random() < 0.4:
        assume_some(rng, batch, mappings)
    if rng.random() < 0.25:
        batch.now = NOW
        if rng.random() < 0.3:
            batch.leeway = rng.choice([0, 1, 60, 300])

    for _ in range(lines):
        batch.lines.append(line(rng, batch, alphabet, kind, login_key, claim_names, roles))
    return batch


def assume_some(rng, batch, mappings):
    """Fixes a few questions, mostly such as these mappings can meet."""
    likely = set()
    for one in mappings.values():
        if one["Type"] == "Token":
            likely |= {"sole-role", "missing-role-resolution"}
        else:
            likely |= {"array-claims", "non-string-claims", "letter-case", "missing-role-resolution", "rules-custom-role"}
    if batch.tag_maps:
        likely |= {"tag-missing-claim", "tag-non-string-claim", "tag-invalid-value", "defaults-with-tags"}
    for _ in range(rng.choice([1, 2, 3, 5])):
        question = rng.choice(sorted(likely) if likely and rng.random() < 0.7 else list(reference.QUESTIONS))
        batch.assume[question] = rng.choice(reference.QUESTIONS[question])


def choose(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


def provider_keys(rng, batch, kind):
    """The login key, the keys of its mappings, the tag key; sets the provider that the command line names."""
    if kind == "user-pool":
        login_key = rng.choice(USER_POOLS)
        clients = rng.sample(CLIENTS, rng.choice([0, 1, 1, 1, 2, 3]))
        mapping_keys = [f"{login_key}:{client}" for client in clients]
        batch.provider = rng.choice(mapping_keys) if mapping_keys else login_key
        if len(mapping_keys) == 1 and rng.random() < 0.4:
            batch.provider = login_key
        return login_key, mapping_keys, login_key
    key = {"social": rng.choice(SOCIAL), "oidc": OIDC, "saml": SAML, "developer": DEVELOPER}[kind]
    batch.provider = key
    login_key = key.split(":oidc-provider/")[-1]
    mapped = kind != "developer" and rng.random() < (0.4 if kind == "saml" else 0.8)
    return login_key, [key] if mapped else [], key


def make_known(rng, batch, kind, login_key, mapping_keys):
    """Lists the provider as describe-identity-pool does: always where nothing else in the files names it."""
    named = bool(mapping_keys) or any(tags["IdentityProviderName"] == batch.provider for tags in batch.tag_maps)
    if named and rng.random() < 0.6:
        return
    if kind == "user-pool":
        clients = rng.sample(CLIENTS, rng.choice([1, 2, 3]))
        own = batch.provider.split(":")[1:]
        if rng.random() < 0.9:
            clients = list(dict.fromkeys(own + clients))
        batch.pool["CognitoIdentityProviders"] = [{"ProviderName": login_key, "ClientId": client} for client in clients]
        if rng.random() < 0.1:
            batch.provider = f"{login_key}:{rng.choice(clients)}"  # a known client, perhaps without a mapping
        return
    member, value = {
        "social": ("SupportedLoginProviders", {login_key: "app"}),
        "oidc": ("OpenIdConnectProviderARNs", [OIDC]),
        "saml": ("SamlProviderARNs", [SAML]),
        "developer": ("DeveloperProviderName", "login.my.app"),
    }[kind]
    batch.pool[member] = value


def mapping(rng, alphabet, claim_names, roles):
    made = {"Type": "Token" if rng.random() < 0.28 else "Rules"}
    if rng.random() < 0.8:
        made["AmbiguousRoleResolution"] = rng.choice(["AuthenticatedRole", "AuthenticatedRole", "Deny"])
    if made["Type"] == "Rules" or rng.random() < 0.1:
        rules = [{"Claim": rng.choice(claim_names) if rng.random() < 0.95 else rng.choice(CLAIMS),
                  "MatchType": rng.choice(OPERATORS),
                  "Value": alphabet.rule_value(),
                  "RoleARN": rng.choice(roles)} for _ in range(rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8]))]
        if rules or rng.random() < 0.5:
            made["RulesConfiguration"] = {"Rules": rules}
    return made


def tag_map(rng, key, claim_names):
    made = {"IdentityPoolId": POOL_ID, "IdentityProviderName": key}
    chance = rng.random()
    if chance < 0.35:
        made["UseDefaults"] = True
    elif chance < 0.7:
        made["UseDefaults"] = False
    if chance >= 0.2:
        keys = rng.sample(TAG_KEYS, rng.choice([0, 1, 1, 2, 3]))
        made["PrincipalTags"] = {tag: rng.choice(claim_names + ["sub", "aud"]) for tag in keys}
    return made


# ---------------------------------------------------------------------------------------------------------------------
# Tokens


def line(rng, batch, alphabet, kind, login_key, claim_names, roles):
    claims = {}
    for name in claim_names:
        if rng.random() < 0.8:
            claims[name] = alphabet.value()
    if rng.random() < 0.5:
        aim(rng, batch, alphabet, claims)
    if batch.tag_maps and rng.random() < 0.12:
        claims[rng.choice(claim_names + ["sub"])] = rng.choice(BAD_TAG_VALUES + GOOD_TAG_VALUES)
    if rng.random() < 0.6:
        claims.setdefault("sub", rng.choice(["1111", "a|b", alphabet.word(), "1111"]))
    is_token = any(one["Type"] == "Token" for one in batch.pool.get("RoleMappings", {}).values())
    if rng.random() < (0.9 if is_token else 0.15):
        role_claims(rng, claims, roles + [batch.custom_role_arn] * 2 if batch.custom_role_arn else roles, alphabet)
    if kind == "saml":
        saml_claims(rng, claims, roles, alphabet)
    if "www.amazon.com" == login_key and rng.random() < 0.5:
        claims["user_id"] = alphabet.value()

    jwt = rng.random() < 0.2
    if "aud" not in claims and rng.random() < (0.9 if jwt else 0.45):
        claims["aud"] = audience(rng, batch, kind)
    if rng.random() < 0.35:
        claims["iss"] = issuer(rng, login_key)
    if rng.random() < 0.4:
        claims["token_use"] = choose(rng, {"id": 46, "access": 2, "ID": 1, None: 1})
    if rng.random() < 0.5:
        claims["exp"] = expiry(rng, batch)
    members = list(claims.items())
    if rng.random() < 0.3:
        rng.shuffle(members)
    return spell(rng, dict(members)), jwt


def aim(rng, batch, alphabet, claims):
    """Gives the claim of some rule a value near that rule's."""
    rules = [rule for one in batch.pool.get("RoleMappings", {}).values() for rule in one.get("RulesConfiguration", {}).get("Rules", [])]
    if not rules:
        return
    rule = rng.choice(rules)
    wanted = rule["Value"]
    near = rng.choice([wanted, wanted, wanted + alphabet.word(), alphabet.word() + wanted, wanted.swapcase(), wanted.upper() + "x",
                       wanted.lower(), wanted[:-1]])
    if alphabet.shared and rng.random() < 0.15:
        claims[rule["Claim"]] = rng.choice(alphabet.shared)
    elif rng.random() < 0.55:
        claims[rule["Claim"]] = near
    elif rng.random() < 0.7:
        array = [near] + [alphabet.word() if rng.random() < 0.8 else alphabet.value(1) for _ in range(rng.choice([0, 0, 1, 2]))]
        rng.shuffle(array)
        claims[rule["Claim"]] = array
    else:
        try:
            claims[rule["Claim"]] = json.loads(wanted, parse_int=Number, parse_float=Number)
        except ValueError:
            claims[rule["Claim"]] = {wanted: near}


def role_claims(rng, claims, roles, alphabet):
    chance = rng.random()
    chosen = [rng.choice(roles) for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3]))]
    if chance < 0.55:
        claims["cognito:roles"] = chosen
    elif chance < 0.72:
        joiner = rng.choice([",", ", ", " , ", ",,", ",\t"])
        claims["cognito:roles"] = rng.choice(["", " ", "\u00a0", "\u001f"]) + joiner.join(chosen) + rng.choice(["", "", " ", ","])
    elif chance < 0.80:
        claims["cognito:roles"] = chosen + [rng.choice(["", " ", " " + roles[0], None, Number("1"), [roles[0]], True])]
    elif chance < 0.86:
        claims["cognito:roles"] = alphabet.value()
    else:
        claims.pop("cognito:roles", None)
    chance = rng.random()
    if chance < 0.25:
        claims["cognito:preferred_role"] = rng.choice(roles + ["arn:aws:iam::111122223333:role/Elsewhere"])
    elif chance < 0.35:
        claims["cognito:preferred_role"] = rng.choice(["", None, [roles[0]], Number("1"), {}, " ", "not an arn"])


def saml_claims(rng, claims, roles, alphabet):
    def pair():
        role = rng.choice(roles)
        return rng.choice([f"{role},{SAML}", f"{SAML},{role}", f"{role}, {SAML}", f"{role},{SAML}"])
    if rng.random() < 0.75:
        pairs = [pair() for _ in range(rng.choice([0, 1, 1, 2, 2, 3]))]
        if rng.random() < 0.06:
            pairs.append(rng.choice([None, Number("1"), "", roles[0], SAML, f"{roles[0]},{roles[-1]}"]))
        claims[reference.SAML_ROLE] = pairs[0] if len(pairs) == 1 and rng.random() < 0.6 else pairs
    if rng.random() < 0.6:
        claims[reference.SAML_NAME_IDENTIFIER] = alphabet.value() if rng.random() < 0.4 else "alice@example.com"


def audience(rng, batch, kind):
    own = batch.provider.split(":")[-1] if ":" in batch.provider else "client1"
    known = [key.split(":")[-1] for key in batch.pool.get("RoleMappings", {})] or ["client1"]
    if "CognitoIdentityProviders" in batch.pool and rng.random() < 0.8:
        own = rng.choice([own] + [one["ClientId"] for one in batch.pool["CognitoIdentityProviders"]])
        known = [own]
    plain = own if rng.random() < 0.72 else rng.choice(known + CLIENTS + ["client9", ""])
    chance = rng.random()
    if chance < 0.82:
        return plain
    if chance < 0.90:
        return [plain] + [rng.choice(CLIENTS) for _ in range(rng.randrange(2))]
    if chance < 0.95:
        return [rng.choice([Number("1"), None, ["client1"]]), plain]
    return rng.choice([[], Number("1"), None, {}, True, [Number("1")], ["other", Number("1")]])


def issuer(rng, login_key):
    chance = rng.random()
    if chance < 0.60:
        return "https://" + login_key
    if chance < 0.75:
        return login_key
    if chance < 0.87 and login_key in USER_POOLS[:2]:
        region, pool_id = login_key.split(".")[1], login_key.split("/")[1]
        return f"https://issuer-cognito-idp.{region}.amazonaws.com/{pool_id}"
    if chance < 0.92:
        return rng.choice([None, Number("1"), ["https://" + login_key], {}, True])
    return rng.choice(["https://" + login_key + "/", "http://" + login_key, login_key.upper(), "", "https://evil.example",
                       "https://" + USER_POOLS[0], "HTTPS://" + login_key])


def expiry(rng, batch):
    edge = NOW - (batch.leeway or 0)
    chance = rng.random()
    if chance < 0.80:
        return Number(str(NOW + rng.choice([1, 60, 3600, 10 ** 9, 2 ** 63 - 1 - NOW])))
    if chance < 0.97:
        return Number(str(rng.choice([edge - 1, edge, edge + 1, edge + 1, NOW, 0, -1, NOW - 3600])))
    return rng.choice(["never", str(NOW + 60), Number("1e300"), Number(f"{NOW + 60}.5"), [Number(str(NOW + 60))], True, {}])


# ---------------------------------------------------------------------------------------------------------------------
# Groups, several logins and guests: one evaluation each


def generate_groups(seed, index):
    """A pool with groups, and several members to evaluate (claims are made from the groups, section 5)."""
    rng = random.Random(f"{seed}:groups:{index}")
    batch = generate(f"{seed}:groups", index, lines=0)
    roles = ROLE_ARNS[:3]
    names = ["admins", "ops", "Zeta", "a", "é", "us-east-1_AbC_Google", "readers"]
    for name in rng.sample(names, rng.randrange(1, 6)):
        group = {"GroupName": name}
        if rng.random() < 0.65:
            group["RoleArn"] = rng.choice(roles[:rng.choice([1, 3])])
        if rng.random() < 0.6:
            group["Precedence"] = rng.choice([1, 1, 2, 10] if group.get("RoleArn") else [0, 0, 1, 2])
        batch.groups.append(group)
    key = USER_POOLS[0] + ":client1"
    claim_names = ["cognito:groups", "cognito:preferred_role", "cognito:roles", "sub"]
    alphabet = Alphabet(rng)
    alphabet.words += names[:3] + roles[:2]
    made = mapping(rng, alphabet, claim_names, roles)
    if rng.random() < 0.5:
        made = {"Type": "Token", "AmbiguousRoleResolution": rng.choice(["AuthenticatedRole", "Deny"])}
    batch.pool["RoleMappings"] = {key: made}
    batch.pool.pop("CognitoIdentityProviders", None)
    batch.provider, batch.custom_role_arn, batch.now, batch.leeway = key, None, None, None
    if rng.random() < 0.15:
        batch.custom_role_arn = rng.choice(roles)
    batch.tag_maps = [tag_map(rng, USER_POOLS[0], claim_names)] if rng.random() < 0.4 else []
    everyone = [group["GroupName"] for group in batch.groups]
    members = [rng.sample(everyone, rng.randrange(1, len(everyone) + 1)) for _ in range(4)]
    return batch, members


def generate_several(seed, index):
    """A pool with several providers and requests of two or three logins, each found by its own `iss`."""
    rng = random.Random(f"{seed}:several:{index}")
    batch = Batch()
    alphabet = Alphabet(rng)
    roles = ROLE_ARNS[:2]
    claim_names = rng.sample(["cognito:groups", "custom:dept", "email"], 2)
    batch.pool = {"IdentityPoolId": POOL_ID, "Roles": {"authenticated": f"arn:aws:iam::{ACCOUNT}:role/Authenticated"}}
    keys = {USER_POOLS[0]: USER_POOLS[0] + ":client1", USER_POOLS[1]: USER_POOLS[1] + ":client2",
            "accounts.google.com": "accounts.google.com", "login.example.com/tenant": OIDC}
    batch.pool["RoleMappings"] = {key: mapping(rng, alphabet, claim_names, roles) for key in keys.values() if rng.random() < 0.92}
    for login_key, key in keys.items():
        if key not in batch.pool["RoleMappings"] or rng.random() < 0.5:  # so that every key is known
            batch.tag_maps.append(tag_map(rng, login_key if login_key in USER_POOLS else key, claim_names))
    if rng.random() < 0.2:
        batch.custom_role_arn = rng.choice(roles)
    if rng.random() < 0.3:
        question = rng.choice(list(reference.QUESTIONS))
        batch.assume[question] = rng.choice(reference.QUESTIONS[question])
    requests = []
    for _ in range(4):
        logins = []
        shared = {name: alphabet.value() for name in claim_names}
        for login_key in rng.sample(list(keys), rng.choice([2, 2, 2, 3])):
            claims = dict(shared) if rng.random() < 0.6 else {name: alphabet.value() for name in claim_names}
            if rng.random() < 0.3:
                role_claims(rng, claims, roles, alphabet)
            claims["iss"] = "https://" + login_key
            if rng.random() < 0.7:
                claims["sub"] = "1111"
            if rng.random() < 0.8:
                claims["aud"] = keys[login_key].split(":")[-1] if login_key in USER_POOLS and rng.random() < 0.9 else "client9"
            if rng.random() < 0.03:
                claims["token_use"] = "access"
            logins.append((keys[login_key], spell(rng, claims)))
        requests.append(logins)
    return batch, requests


def generate_guest(seed, index):
    rng = random.Random(f"{seed}:guest:{index}")
    batch = generate(f"{seed}:guest", index, lines=0)
    batch.custom_role_arn = rng.choice([None, None, batch.pool.get("Roles", {}).get("unauthenticated"), ROLE_ARNS[0]])
    return batch


# ---------------------------------------------------------------------------------------------------------------------
# How diverse it is


def statistics(seed, cases, lines):
    seen = collections.Counter()
    readings = collections.Counter()
    answers = set()

    def count(decided, cited):
        seen.update(f"statement {one}" for one in cited)
        seen.update(f"question {one}" for one in decided["assumptions"])
        seen[f"source {decided['source']}"] += 1
        if decided["deny"]:
            seen[f"reason {decided['deny']['reason']}"] += 1
        seen[f"certain {decided['certain']}"] += 1
        seen["with tags"] += bool(decided["tags"])
        readings[min(len(decided["readings"]), 6)] += 1
        for one in decided["readings"]:
            seen.update(f"reading by {question}={choice}" for question, choice in one["assume"].items())
            seen[f"reading with {len(one['assume'])} changes"] += 1

    done = index = 0
    while done < cases:
        batch = generate(seed, index, lines)
        pool = batch.reference_pool()
        distinct = set()
        for text, jwt in batch.lines:
            cited = set()
            decided = reference.answer(pool, batch.request([batch.login(text, jwt)]), batch.assume, cited)
            count(decided, cited)
            distinct.add((decided["role"], decided["source"], decided["rule"], json.dumps(decided["deny"]), json.dumps(decided["tags"])))
        seen["distinct answers per pool, summed"] += len(distinct)
        done, index = done + len(batch.lines), index + 1
    for small in range(max(1, cases // 200)):
        batch, members = generate_groups(seed, small)
        for member in members:
            cited = set()
            login = {"provider": batch.provider, "groups": batch.groups, "member": member}
            count(reference.answer(batch.reference_pool(), batch.request([login]), batch.assume, cited), cited)
        batch, requests = generate_several(seed, small)
        for request in requests:
            cited = set()
            logins = [{"provider": key, "claims": reference.parse_claims(text)} for key, text in request]
            count(reference.answer(batch.reference_pool(), batch.request(logins), batch.assume, cited), cited)
        batch, cited = generate_guest(seed, small), set()
        request = {"guest": True, "custom_role_arn": batch.custom_role_arn}
        count(reference.answer(batch.reference_pool(), request, batch.assume, cited), cited)

    print(f"{done} batch cases in {index} pools")
    for name, times in sorted(seen.items()):
        print(f"{times:9}  {name}")
    print("readings per answer (6 = six or more):", dict(sorted(readings.items())))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="how often the reference meets each statement, question and outcome")
    parser.add_argument("--cases", type=int, default=20000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--lines-per-pool", type=int, default=200)
    options = parser.parse_args()
    statistics(options.seed, options.cases, options.lines_per_pool)
