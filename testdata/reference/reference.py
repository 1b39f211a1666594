"""A second, independent evaluator: which role and which tags does a token get, and what is not known about it.

It is written from docs/semantics.md alone, statement by statement, in the plainest way that works, so that it can be
read beside that page and trusted. Nothing is shared with the command it checks. Names such as R3 are statements.

    claims = parse_claims('{"sub": "1111", "custom:dept": "eng"}')
    answer(pool, {"logins": [{"provider": KEY, "claims": claims, "jwt": False}]}, {"array-claims": "membership"})

`pool` is API JSON: `Roles`, `RoleMappings`, and where known `AllowUnauthenticatedIdentities` and
`CognitoIdentityProviders` (describe-identity-pool) and `PrincipalTagMaps`, a list of get-principal-tag-attribute-map.
`SymbolicProviders` has the kind of each provider that is written as a reference (Q5b).

`request` has `logins` (each `provider`, `jwt`, and `claims` or `groups` + `member` [+ `pre_token`]; none: a guest), and
optionally `guest`, `custom_role_arn`, `now` and `leeway` in seconds.

How it works: evaluating a request *asks* the open questions of section 7 as their situations arise. `answer` evaluates
it once with every question at its default, then again for every other choice of every question that was asked, and so
on until no path is left; what differs are the readings.
"""

import json
import re
import unicodedata

# Section 7, in the order of its table; the first choice is the default.
QUESTIONS = {
    "array-claims": ["contains-element", "membership", "per-element", "json-text", "list-text"],
    "non-string-claims": ["text", "never", "json-text"],
    "letter-case": ["sensitive", "insensitive"],
    "sole-role": ["role-resolution", "use-it"],
    "missing-role-resolution": ["deny", "authenticated-role"],
    "rules-custom-role": ["matching-rule", "any-rule", "refuse"],
    "unmapped-custom-role": ["deny", "ignore"],
    "several-logins": ["must-agree", "any-one"],
    "tag-missing-claim": ["omit", "fail"],
    "tag-non-string-claim": ["fail", "omit", "first-element"],
    "tag-invalid-value": ["fail", "omit"],
    "defaults-with-tags": ["defaults-only", "merge", "custom-only"],
    "null-precedence": ["set", "unset"],
    "roleless-group": ["skip", "unset"],
}
POSITION = {question: position for position, question in enumerate(QUESTIONS)}

NOT_AUTHORIZED = "NotAuthorizedException"
INVALID_CONFIGURATION = "InvalidIdentityPoolConfigurationException"
CHECK_ROLES = "Invalid identity pool configuration. Check assigned IAM roles for this pool."

GROUPS, ROLES, PREFERRED_ROLE = "cognito:groups", "cognito:roles", "cognito:preferred_role"
SAML_ROLE = "https://aws.amazon.com/SAML/Attributes/Role"
SAML_NAME_IDENTIFIER = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"


# ---------------------------------------------------------------------------------------------------------------------
# The answer and its readings (section 7)


def answer(pool, request, assume=None, cited=None):
    """The decision object for a request. `cited`, a set, receives the statements that the default path used."""
    assume = dict(assume or {})
    for question, choice in assume.items():
        if choice not in QUESTIONS[question]:
            raise ValueError(f"no choice {choice} of {question}")

    smallest = {}  # every distinct outcome → the smallest change of choices that yields it
    default = None
    todo = [{}]
    while todo:
        changes = todo.pop()
        path = Path(assume, changes)
        outcomes = evaluate(pool, request, path)
        if default is None:
            default, default_path = outcomes[0], path
        for outcome in outcomes:
            known = smallest.get(outcome.identity())
            if known is None or rank(changes) < rank(known[0]):
                smallest[outcome.identity()] = (changes, outcome)
        # Branch at the questions asked after the last one that was changed: each path is then seen exactly once.
        after = max((path.asked.index(question) + 1 for question in changes), default=0)
        for question in path.asked[after:]:
            for choice in QUESTIONS[question][1:]:
                todo.append({**changes, question: choice})

    if cited is not None:
        cited |= default_path.cited
    others = [found for identity, found in smallest.items() if identity != default.identity()]
    others.sort(key=lambda found: rank(found[0]))
    decided = default.to_json()
    return {
        "schema": "whichrole/decision/v1",
        **decided,
        "certain": not others,
        "assumptions": sorted(default_path.asked),
        "readings": [
            {"assume": {question: changes[question] for question in sorted(changes)}, **outcome.to_json()}
            for changes, outcome in others
        ],
        "provider": default.provider,
        "signature": "unchecked",
    }


def rank(changes):
    """Orders changes of choices: fewest questions, then the earlier question, then the earlier choice."""
    return len(changes), sorted((POSITION[question], QUESTIONS[question].index(choice))
                                for question, choice in changes.items())


class Path:
    """One way through the open questions: what the user fixed, what is changed, and defaults for everything else."""

    def __init__(self, assume, changes):
        self.assume = assume
        self.changes = changes
        self.asked = []  # in order; without the questions the user fixed
        self.cited = set()

    def ask(self, question):
        if question in self.assume:
            return self.assume[question]
        if question not in self.asked:
            self.asked.append(question)
        return self.changes.get(question, QUESTIONS[question][0])

    def cite(self, statement):
        self.cited.add(statement)


class Outcome:
    """What a request gets on one path: a role and tags, or a denial."""

    def __init__(self, role=None, source=None, rule=None, deny=None, tags=None, provider=None):
        self.role, self.source, self.rule, self.deny = role, source, rule, deny
        self.tags = tags or {}
        self.provider = provider

    def identity(self):
        """Two outcomes are the same answer when decision, role, source, rule, denial reason and tags are."""
        reason = self.deny.reason if self.deny else None
        return self.role, self.source, self.rule, reason, tuple(sorted(self.tags.items()))

    def to_json(self):
        return {
            "decision": "deny" if self.deny else "assume",
            "role": self.role,
            "source": self.source,
            "rule": self.rule,
            "deny": self.deny.to_json() if self.deny else None,
            "tags": dict(sorted(self.tags.items())),
        }


class Denied(Exception):
    """The request is refused. The message is None where nobody knows AWS's."""

    def __init__(self, reason, message=None, error=NOT_AUTHORIZED):
        super().__init__(reason)
        self.reason, self.message, self.error = reason, message, error

    def to_json(self):
        return {"reason": self.reason, "error": self.error, "message": self.message}


class Undecidable(Exception):
    """The request does not say which mapping it is about (Q5): an error, never a choice."""


# ---------------------------------------------------------------------------------------------------------------------
# One request on one path


def evaluate(pool, request, path):
    """The outcomes on one path: the first is the answer; others only where any one login may answer."""
    custom_role = request.get("custom_role_arn")
    if request.get("guest") or not request.get("logins"):
        return [outcome_of(lambda: guest(pool, custom_role, path))]

    logins = sorted((Login(pool, login) for login in request["logins"]), key=lambda login: login.login_key)
    for login in logins:
        try:
            check_login(pool, login, request.get("now"), request.get("leeway", 0), path)
        except Denied as denied:
            return [Outcome(deny=denied, provider=login.name())]

    def alone(login):
        return outcome_of(lambda: evaluate_login(pool, login, custom_role, path), login.name())

    mapped = [login for login in logins if login.mapping is not None]
    if len(mapped) < 2:
        return [alone((mapped or logins)[0])]
    if path.ask("several-logins") == "any-one":
        return [alone(login) for login in mapped]
    outcomes = [alone(login) for login in mapped]
    if all((outcome.role, outcome.tags) == (outcomes[0].role, outcomes[0].tags) for outcome in outcomes):
        return outcomes[:1]
    return [Outcome(deny=Denied("logins-disagree"))]


def outcome_of(decide, provider=None):
    try:
        outcome = decide()
    except Denied as denied:
        outcome = Outcome(deny=denied)
    outcome.provider = provider
    return outcome


def guest(pool, custom_role, path):
    path.cite("S1")
    if pool.get("AllowUnauthenticatedIdentities") is False:
        raise Denied("guests-not-allowed", "Unauthenticated access is not supported for this identity pool.")
    refuse_unmapped_custom_role(custom_role, path)
    path.cite("P9")
    return Outcome(default_role(pool, "unauthenticated", path), "unauthenticated-role")


def evaluate_login(pool, login, custom_role, path):
    """A role, then its tags: a denial of the role touches no tag question."""
    outcome = choose_role(pool, login, custom_role, path)
    path.cite("P8")
    outcome.tags = principal_tags(pool, login, path)
    return outcome


# ---------------------------------------------------------------------------------------------------------------------
# Logins and their keys (section 1)

USER_POOL_KEY = re.compile(r"cognito-idp\.[^/]+\.amazonaws\.com(?:\.cn)?/([^:]+)")
OIDC_ARN = re.compile(r"arn:[^:]*:iam::[^:]*:oidc-provider/(.+)", re.DOTALL)
SYMBOLIC_USER_POOL_KEY = re.compile(r"((?:\$\{[^}]*\}|[^:$])+)(?::(.+))?")
SAML_ARN = re.compile(r"arn:[^:]*:iam::[^:]*:saml-provider/.+", re.DOTALL)
SOCIAL = {"accounts.google.com", "graph.facebook.com", "www.amazon.com", "appleid.apple.com", "api.twitter.com"}
DEVELOPER = "cognito-identity.amazonaws.com"


class Login:
    """A provider and a token: its kind, its three keys (Q2, Q3, Q4), its claims and the mapping it gets (Q5)."""

    def __init__(self, pool, login):
        key = login["provider"]
        self.jwt = login.get("jwt", False)
        self.claims = login["claims"] if "claims" in login else claims_from_groups(
            login["groups"], login["member"], login.get("pre_token"))
        self.mapping_key = None  # of the mapping in force
        mappings = pool.get("RoleMappings") or {}
        self.symbolic = False  # whether its provider is known only to a deployment (Q5b)
        kind = pool.get("SymbolicProviders", {}).get(key)
        if kind:
            self.symbolic = True
            self.kind = kind
            self.login_key = self.tag_key = self.mapping_key = key
            if kind == "user-pool":
                self.login_key, named_client = SYMBOLIC_USER_POOL_KEY.fullmatch(key).groups()
                self.tag_key = self.login_key
                self.mapping_key = self.symbolic_mapping_key(mappings, named_client)
            self.mapping = mappings.get(self.mapping_key)
            return

        user_pool, oidc_arn = USER_POOL_KEY.match(key), OIDC_ARN.fullmatch(key)
        if user_pool:
            self.kind = "user-pool"
            self.login_key = self.tag_key = user_pool.group(0)
            self.pool_id = user_pool.group(1)
            named_client = key[len(self.login_key) + 1:] or None
            self.mapping_key = self.user_pool_mapping_key(mappings, named_client)
        elif SAML_ARN.fullmatch(key):
            self.kind = "saml"
            self.login_key = self.tag_key = self.mapping_key = key
        elif key in SOCIAL:
            self.kind = "social"
            self.login_key = self.tag_key = self.mapping_key = key
        elif key == DEVELOPER:
            self.kind = "developer"
            self.login_key = self.tag_key = key
        else:
            self.kind = "oidc"
            self.login_key = oidc_arn.group(1) if oidc_arn else key
            if not oidc_arn:
                known = list(mappings) + [tags["IdentityProviderName"] for tags in pool.get("PrincipalTagMaps", [])]
                arns = [arn for arn in known if OIDC_ARN.fullmatch(arn) and OIDC_ARN.fullmatch(arn)[1] == key]
                key = arns[0] if arns else key
            self.tag_key = self.mapping_key = key
        self.mapping = mappings.get(self.mapping_key)

    def aud(self):
        """Q5: the client id is `aud`, a string or the first string of an array; anything else counts as absent."""
        aud = self.claims.get("aud")
        if isinstance(aud, list):
            return next((element for element in aud if isinstance(element, str)), None)
        return aud if isinstance(aud, str) else None

    def lacks_audience(self):
        """L1: it fails whichever of several mappings is meant, so the error of Q5 and Q5b does not arise."""
        return self.kind == "user-pool" and (self.claims.get("token_use") == "access" or (self.jwt and self.aud() is None))

    def user_pool_mapping_key(self, mappings, named_client):
        """Q5: the token's own client decides, whatever the request names."""
        client = self.aud()
        if client is None:
            client = named_client
        if client is not None:
            return f"{self.login_key}:{client}"
        candidates = [key for key in mappings if key.startswith(self.login_key + ":")]
        if len(candidates) > 1 and not self.lacks_audience():
            raise Undecidable(f"several mappings of {self.login_key} and no client named")
        return candidates[0] if len(candidates) == 1 else None

    def symbolic_mapping_key(self, mappings, named_client):
        """Q5b: a reference fits every client id, which is never empty; a literal client id fits only itself."""
        client = self.aud()
        if client is None:
            client = named_client
        if client is not None and f"{self.login_key}:{client}" in mappings:
            return f"{self.login_key}:{client}"
        if client == "":
            return None
        if named_client is not None and "${" in named_client:
            return f"{self.login_key}:{named_client}"  # the one the caller names
        candidates = [key for key in mappings if key.startswith(self.login_key + ":")]
        if client is not None:
            candidates = [key for key in candidates if "${" in key[len(self.login_key):]]
        if len(candidates) > 1 and not self.lacks_audience():
            raise Undecidable(f"several mappings of {self.login_key} fit and no client named")
        return candidates[0] if len(candidates) == 1 else None

    def name(self):
        return self.mapping_key if self.mapping is not None else self.login_key

    def read(self, claim, path):
        """The claim's value, or ABSENT. Names are literal (Q7)."""
        value = self.claims.get(claim, ABSENT)
        if isinstance(value, PreferredRoleOf):
            return preferred_role(value.groups, path)
        return value


class Absent:
    def __repr__(self):
        return "ABSENT"


ABSENT = Absent()


def check_login(pool, login, now, leeway, path):
    """L1 to L4, in order."""
    claims, aud = login.claims, login.aud()
    if login.lacks_audience():
        path.cite("L1")
        raise Denied("invalid-token", "Invalid login token. Missing a required claim: aud")

    issuer = claims.get("iss")
    if login.kind in ("user-pool", "oidc") and isinstance(issuer, str) and not login.symbolic:
        accepted = ["https://" + login.login_key, login.login_key]
        if login.kind == "user-pool":
            region = login.pool_id.split("_")[0]
            accepted.append(f"https://issuer-cognito-idp.{region}.amazonaws.com/{login.pool_id}")
        if issuer not in accepted:
            path.cite("L2")
            raise Denied("invalid-token", "Invalid login token. Issuer doesn't match providerName")

    providers = pool.get("CognitoIdentityProviders")
    if login.kind == "user-pool" and providers is not None and aud is not None and not login.symbolic:
        if not any(one["ProviderName"] == login.login_key and one["ClientId"] == aud for one in providers):
            path.cite("L3")
            raise Denied("invalid-token", "Token is not from a supported provider of this identity pool.")

    if now is not None and "exp" in claims:
        expires = claims["exp"]
        if not (isinstance(expires, Number) and expires.is_integer()):
            path.cite("L4")
            raise Denied("invalid-token")
        if int(expires.text) <= now - leeway:
            path.cite("L4")
            raise Denied("invalid-token", f"Invalid login token. Token expired: {expires.text} >= {now}")


# ---------------------------------------------------------------------------------------------------------------------
# Which source of roles applies (section 2)


def choose_role(pool, login, custom_role, path):
    if login.kind == "developer":
        path.cite("S2")
        refuse_unmapped_custom_role(custom_role, path)
        return Outcome(default_role(pool, "authenticated", path), "authenticated-role")

    if login.mapping is None:
        if login.kind == "saml":
            roles = saml_roles(login.claims.get(SAML_ROLE))
            if roles:
                path.cite("S9")
                return Outcome(choose_saml_role(roles, custom_role), "saml-role")
        path.cite("S3")
        refuse_unmapped_custom_role(custom_role, path)
        return Outcome(default_role(pool, "authenticated", path), "authenticated-role")

    if login.mapping["Type"] == "Token":
        path.cite("S4")
        return by_token(pool, login, custom_role, path)
    path.cite("S5")
    return by_rules(pool, login, custom_role, path)


def default_role(pool, state, path):
    role = (pool.get("Roles") or {}).get(state)
    if role is None:
        path.cite("S6")
        raise Denied("role-not-configured", CHECK_ROLES, INVALID_CONFIGURATION)
    return role


def refuse_unmapped_custom_role(custom_role, path):
    if custom_role is not None and path.ask("unmapped-custom-role") == "deny":
        raise Denied("custom-role-not-allowed")


def saml_roles(attribute):
    """S9: the distinct roles of `role,provider` pairs in either order, in one string or an array of strings."""
    roles = []
    for pair in attribute if isinstance(attribute, list) else [attribute]:
        if not isinstance(pair, str):
            continue
        parts = [trim(part) for part in pair.split(",")]
        others = [part for part in parts if not SAML_ARN.fullmatch(part)]
        if len(parts) == 2 and len(others) == 1 and others[0] not in roles:
            roles.append(others[0])
    return roles


def choose_saml_role(roles, custom_role):
    if len(roles) == 1:
        return roles[0]
    if custom_role in roles:
        return custom_role
    raise Denied("custom-role-required" if custom_role is None else "custom-role-not-allowed")


# ---------------------------------------------------------------------------------------------------------------------
# Type Token (section 3)


def by_token(pool, login, custom_role, path):
    roles = roles_claim(login.read(ROLES, path))
    path.cite("T7")
    if custom_role is not None:
        if custom_role in roles:
            path.cite("T1")
            return Outcome(custom_role, "custom-role")
        path.cite("T2")
        raise Denied("custom-role-not-allowed")

    preferred = login.read(PREFERRED_ROLE, path)
    if isinstance(preferred, str) and preferred != "":
        path.cite("T3")
        return Outcome(preferred, "preferred-role")
    if len(roles) == 1:
        path.cite("T5")
        if path.ask("sole-role") == "use-it":
            return Outcome(roles[0], "sole-role")
    else:
        path.cite("T4" if roles else "T6")
    return by_role_resolution(pool, login, path)


def roles_claim(value):
    """T7: the distinct roles of `cognito:roles`, an array or a comma-separated string."""
    if isinstance(value, str):
        texts = [trim(part) for part in value.split(",")]
        texts = [text for text in texts if text != ""]
    elif isinstance(value, list):
        texts = [element for element in value if isinstance(element, str)]
    else:
        texts = []
    return list(dict.fromkeys(texts))


def by_role_resolution(pool, login, path):
    path.cite("T8")
    resolution = login.mapping.get("AmbiguousRoleResolution")
    if resolution is None:
        missing = path.ask("missing-role-resolution")
        resolution = "AuthenticatedRole" if missing == "authenticated-role" else "Deny"
    if resolution == "Deny":
        raise Denied("role-resolution-denied", "The ambiguous role mapping rules denied this request")
    return Outcome(default_role(pool, "authenticated", path), "role-resolution")


WHITE_SPACE = ("\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
               "\u2028\u2029\u202f\u205f\u3000")


def trim(text):
    """Unicode's White_Space; Python's own `strip` removes U+001C to U+001F as well."""
    return text.strip(WHITE_SPACE)


# ---------------------------------------------------------------------------------------------------------------------
# Type Rules (section 4)


def by_rules(pool, login, custom_role, path):
    rules = (login.mapping.get("RulesConfiguration") or {}).get("Rules") or []
    if custom_role is not None:
        return by_custom_role(rules, login, custom_role, path)
    for number, rule in enumerate(rules, 1):
        if matches(rule, login, path):
            path.cite("R1")
            return Outcome(rule["RoleARN"], "rule", number)
    path.cite("R4")
    return by_role_resolution(pool, login, path)


def by_custom_role(rules, login, custom_role, path):
    """R5. Every rule is reached, whatever the choice."""
    path.cite("R5")
    choice = path.ask("rules-custom-role")
    matching = [matches(rule, login, path) for rule in rules]
    for number, rule in enumerate(rules, 1):
        if rule["RoleARN"] == custom_role:
            if choice == "any-rule" or (choice == "matching-rule" and matching[number - 1]):
                return Outcome(custom_role, "custom-role", number)
    raise Denied("custom-role-not-allowed")


def matches(rule, login, path):
    """Whether a rule that was reached matches."""
    operator, wanted = rule["MatchType"], rule["Value"]
    value = login.read(rule["Claim"], path)
    if value is ABSENT:
        path.cite("R3" if operator == "NotEqual" else "R2")
        return False
    if isinstance(value, str):
        path.cite("R7")
        test = text_test(operator, value, wanted)
    elif isinstance(value, list):
        path.cite("R8")
        test = array_test(operator, value, wanted, path.ask("array-claims"))
    else:
        path.cite("R9")
        test = non_string_test(operator, value, wanted, path.ask("non-string-claims"))

    as_is, lower_cased = test(same), test(str.lower)
    if as_is == lower_cased:
        return as_is
    path.cite("R10")
    return lower_cased if path.ask("letter-case") == "insensitive" else as_is


def same(text):
    return text


def never(_case):
    return False


def text_test(operator, text, wanted):
    """A test of one text, still open about letter case: `case` is applied to both sides."""
    return lambda case: holds(operator, case(text), case(wanted))


def holds(operator, text, wanted):
    """R6, R7: literally."""
    if operator == "Equals":
        return text == wanted
    if operator == "NotEqual":
        return text != wanted
    if operator == "StartsWith":
        return text.startswith(wanted)
    if operator == "Contains":
        return wanted in text
    raise ValueError(f"unknown match type {operator}")


def array_test(operator, array, wanted, choice):
    """`array-claims`. Only string elements count."""
    if choice == "json-text":
        return text_test(operator, json_text(array), wanted)
    if choice == "list-text":
        return text_test(operator, list_text(array), wanted)

    strings = [element for element in array if isinstance(element, str)]

    def some(element_operator):
        return lambda case: any(holds(element_operator, case(string), case(wanted)) for string in strings)

    if choice == "contains-element":
        return some("Contains") if operator == "Contains" else never
    if choice == "membership":
        return some("Equals") if operator == "Contains" else never
    if choice == "per-element":
        if operator == "NotEqual":
            return lambda case: not some("Equals")(case)
        return some(operator)
    raise ValueError(choice)


def non_string_test(operator, value, wanted, choice):
    """`non-string-claims`: booleans, numbers, objects, null."""
    if choice == "never":
        return never
    if choice == "text" and (value is None or isinstance(value, dict)):
        return never
    return text_test(operator, json_text(value), wanted)


# ---------------------------------------------------------------------------------------------------------------------
# JSON as written


class Number:
    """A JSON number as its text, never re-formatted (R9)."""

    def __init__(self, text):
        self.text = text

    def is_integer(self):
        return re.fullmatch(r"-?[0-9]+", self.text) is not None

    def __eq__(self, other):
        return isinstance(other, Number) and self.text == other.text

    def __hash__(self):
        return hash(self.text)

    def __repr__(self):
        return f"Number({self.text})"


def parse_claims(text):
    """Claims from JSON text: numbers keep their text, objects the order of their members."""
    claims = json.loads(text, parse_int=Number, parse_float=Number)
    if not isinstance(claims, dict):
        raise ValueError("claims are not a JSON object")
    return claims


def json_text(value):
    """Compact JSON: no blanks, members in the order written, numbers as written, escapes only where JSON demands them."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, Number):
        return value.text
    if isinstance(value, str):
        return '"' + "".join(ESCAPES.get(character, character) for character in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(json_text(element) for element in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(name)}:{json_text(member)}" for name, member in value.items()) + "}"
    raise TypeError(f"not a JSON value: {value!r}")


ESCAPES = {chr(code): f"\\u{code:04x}" for code in range(0x20)}
ESCAPES.update({'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def list_text(array):
    """`[a, b]`: strings bare, the rest as compact JSON."""
    return "[" + ", ".join(one if isinstance(one, str) else json_text(one) for one in array) + "]"


# ---------------------------------------------------------------------------------------------------------------------
# Groups (section 5)


class PreferredRoleOf:
    """Stands for the `cognito:preferred_role` that these groups give; its questions are asked where it is read."""

    def __init__(self, groups):
        self.groups = groups


def claims_from_groups(groups, member, pre_token=None, claims=None):
    """The claims of a member of these groups (list-groups entries), after a pre-token-generation response (G7)."""
    mine = sorted((group for group in groups if group["GroupName"] in member),
                  key=lambda group: (precedence(group), group["GroupName"]))
    claims = dict(claims or {})
    if mine:
        claims[GROUPS] = [group["GroupName"] for group in mine]  # G1
    if distinct_roles(mine):
        claims[ROLES] = distinct_roles(mine)  # G2
        claims[PREFERRED_ROLE] = PreferredRoleOf(mine)  # G3 to G6
    return override_claims(claims, pre_token) if pre_token else claims


def precedence(group):
    """Sorts null after every number."""
    number = group.get("Precedence")
    return (1, 0) if number is None else (0, number)


def distinct_roles(groups):
    return list(dict.fromkeys(group["RoleArn"] for group in groups if group.get("RoleArn")))


def preferred_role(groups, path):
    """G3 to G6: the role, or ABSENT."""
    with_role = [group for group in groups if group.get("RoleArn")]
    roles = distinct_roles(groups)
    if not roles:
        path.cite("G3")
        return ABSENT
    if len(roles) == 1:
        if all(group.get("Precedence") is None for group in with_role):
            path.cite("G5")
            return roles[0] if path.ask("null-precedence") == "set" else ABSENT
        path.cite("G3")
        return roles[0]

    for group in groups:
        others = [other for other in groups if other is not group]
        if not group.get("RoleArn") and all(precedence(group) < precedence(other) for other in others):
            path.cite("G6")
            if path.ask("roleless-group") == "unset":
                return ABSENT
    best = min(precedence(group) for group in with_role)
    winners = distinct_roles([group for group in with_role if precedence(group) == best])
    path.cite("G3" if len(winners) == 1 else "G4")
    return winners[0] if len(winners) == 1 else ABSENT


UNTOUCHABLE = {"sub", "aud", "iss", "exp", "iat", "token_use", "identities"}


def override_claims(claims, pre_token):
    """G7: what a pre-token-generation function's `claimsOverrideDetails` makes of the claims."""
    def touchable(name):
        return not name.startswith("cognito:") and name not in UNTOUCHABLE

    claims = dict(claims)
    for name, value in (pre_token.get("claimsToAddOrOverride") or {}).items():
        if touchable(name):
            claims[name] = value
    for name in pre_token.get("claimsToSuppress") or []:
        if touchable(name):
            claims.pop(name, None)
    if "groupOverrideDetails" in pre_token:
        details = pre_token["groupOverrideDetails"] or {}
        for name, member in ((GROUPS, "groupsToOverride"), (ROLES, "iamRolesToOverride"),
                             (PREFERRED_ROLE, "preferredRole")):
            claims.pop(name, None)
            if details.get(member):
                claims[name] = details[member]
    return claims


# ---------------------------------------------------------------------------------------------------------------------
# Principal tags (section 6)


def principal_tags(pool, login, path):
    if login.kind == "developer":
        path.cite("P9")
        return {}
    tags = {}
    attributes = tag_attributes(pool, login, path)
    for key in sorted(attributes):  # P4b: code-point order; the first failure ends it
        value = tag_value(login.read(attributes[key], path), path)
        if value is None:
            continue
        if not legal_tag_value(value):
            path.cite("P7")
            if path.ask("tag-invalid-value") == "omit":
                continue
            reject_tags()
        tags[key] = value
    return tags


def tag_attributes(pool, login, path):
    """P1 to P3: tag key → claim name."""
    path.cite("P1")
    maps = [tags for tags in pool.get("PrincipalTagMaps", []) if tags["IdentityProviderName"] == login.tag_key]
    if not maps:
        return {}
    use_defaults, custom = maps[0].get("UseDefaults", False), maps[0].get("PrincipalTags") or {}  # P2b
    if not use_defaults:
        return custom
    path.cite("P2")
    if login.kind == "saml":
        defaults = {"username": SAML_NAME_IDENTIFIER}
    elif login.login_key == "www.amazon.com":
        # Its access token names the user user_id; its ID token, as everybody's, sub.
        defaults = {"username": "user_id" if "user_id" in login.claims else "sub", "client": "aud"}
    else:
        defaults = {"username": "sub", "client": "aud"}
    if not custom:
        return defaults
    path.cite("P3")
    choice = path.ask("defaults-with-tags")
    if choice == "merge":
        return {**defaults, **custom}
    return defaults if choice == "defaults-only" else custom


def tag_value(value, path):
    """P5, P6: the tag's text, or None where the tag is omitted."""
    if value is ABSENT or value is None:
        path.cite("P5")
        if path.ask("tag-missing-claim") == "fail":
            reject_tags()
        return None
    if isinstance(value, str):
        return value

    path.cite("P6")
    choice = path.ask("tag-non-string-claim")
    if choice == "omit":
        return None
    if choice == "first-element" and isinstance(value, list):
        if not value:
            return None
        value = value[0]
    if isinstance(value, (str, bool, Number)):
        return value if isinstance(value, str) else json_text(value)
    return reject_tags()


def legal_tag_value(value):
    """P4: at most 256 code points of `[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]`, not beginning with `aws:`."""
    return (len(value) <= 256 and not value.startswith("aws:")
            and all(one in "_.:/=+-@" or unicodedata.category(one)[0] in "LZN" for one in value))


def reject_tags():
    raise Denied("tags-rejected", CHECK_ROLES, INVALID_CONFIGURATION)
