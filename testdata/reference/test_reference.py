"""Checks the reference itself, by examples worked out by hand: at least one for every statement and every choice.

    python3 testdata/reference/test_reference.py
"""

import itertools
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import generate
import reference
from reference import DEVELOPER, Number, SAML_NAME_IDENTIFIER, SAML_ROLE, parse_claims

KEY = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC"
MAPPED = KEY + ":web"
GOOGLE = "accounts.google.com"
OIDC = "arn:aws:iam::111122223333:oidc-provider/login.example.com/tenant"
SAML = "arn:aws:iam::111122223333:saml-provider/Corp"
AUTH, UNAUTH = "arn:aws:iam::111122223333:role/Auth", "arn:aws:iam::111122223333:role/Unauth"
A, B, C = (f"arn:aws:iam::111122223333:role/{name}" for name in "ABC")
CHECK_ROLES = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
INVALID = "InvalidIdentityPoolConfigurationException"


def rule(claim, operator, value, role=A):
    return {"Claim": claim, "MatchType": operator, "Value": value, "RoleARN": role}


def rules(*given, resolution="Deny"):
    made = {"Type": "Rules", "RulesConfiguration": {"Rules": list(given)}}
    return {**made, "AmbiguousRoleResolution": resolution} if resolution else made


def token(resolution="Deny"):
    return {"Type": "Token", "AmbiguousRoleResolution": resolution} if resolution else {"Type": "Token"}


def pool(mapping=None, key=MAPPED, tags=None, **more):
    made = {"Roles": {"authenticated": AUTH, "unauthenticated": UNAUTH}, "RoleMappings": {key: mapping} if mapping else {}}
    if tags is not None:
        made["PrincipalTagMaps"] = [{"IdentityProviderName": key.split(":web")[0], **tags}]
    return {**made, **more}


def ask(pool, claims="{}", provider=MAPPED, jwt=False, assume=None, custom=None, **more):
    login = {"provider": provider, "claims": parse_claims(claims), "jwt": jwt}
    return reference.answer(pool, {"logins": [login], "custom_role_arn": custom, **more}, assume)


def short(decided):
    """The role (its last letters), or the reason of the denial."""
    return decided["deny"]["reason"] if decided["deny"] else decided["role"].split("/")[-1]


class Case(unittest.TestCase):
    maxDiff = None

    def gives(self, decided, expected, source=None, rule=None, assumptions=None, readings=None, tags=None, message=None, error=None):
        self.assertEqual(short(decided), expected)
        self.assertEqual(decided["decision"], "deny" if decided["deny"] else "assume")
        if source is not None:
            self.assertEqual(decided["source"], source)
        if rule is not None:
            self.assertEqual(decided["rule"], rule)
        if assumptions is not None:
            self.assertEqual(decided["assumptions"], assumptions)
        if readings is not None:
            self.assertEqual([(one["assume"], short(one)) for one in decided["readings"]], readings)
        if tags is not None:
            self.assertEqual(decided["tags"], tags)
        if message is not None:
            self.assertEqual(decided["deny"]["message"], message)
        if error is not None:
            self.assertEqual(decided["deny"]["error"], error)
        self.assertEqual(decided["certain"], not decided["readings"])


class Request(Case):
    def test_q1_no_logins_is_a_guest(self):
        self.gives(reference.answer(pool(), {"logins": []}), "Unauth", "unauthenticated-role")

    def test_q2_q4_the_tag_key_of_a_user_pool_has_no_client_and_of_oidc_is_the_arn(self):
        self.gives(ask(pool(token("AuthenticatedRole"), tags={"PrincipalTags": {"d": "dept"}}), '{"dept": "x"}'), "Auth", tags={"d": "x"})
        self.gives(ask(pool(key=OIDC, tags={"PrincipalTags": {"d": "dept"}}), '{"dept": "x"}', OIDC), "Auth", tags={"d": "x"})

    def test_q3_two_clients_have_two_mappings(self):
        both = pool(RoleMappings={MAPPED: rules(rule("a", "Equals", "x", A)), KEY + ":app": rules(rule("a", "Equals", "x", B))})
        self.gives(ask(both, '{"a": "x", "aud": "web"}', KEY), "A", "rule", 1)
        self.gives(ask(both, '{"a": "x", "aud": "app"}', KEY), "B", "rule", 1)

    def test_q5_the_tokens_client_beats_the_named_one(self):
        mapped = pool(rules(rule("a", "Equals", "x")))
        self.gives(ask(mapped, '{"a": "x", "aud": "other"}'), "Auth", "authenticated-role")
        self.gives(ask(mapped, '{"a": "x", "aud": "web"}', KEY + ":other"), "A", "rule")
        self.gives(ask(mapped, '{"a": "x", "aud": [1, "web", "other"]}'), "A", "rule")
        self.gives(ask(mapped, '{"a": "x", "aud": 7}'), "A", "rule")
        self.gives(ask(mapped, '{"a": "x"}', KEY), "A", "rule")
        with self.assertRaises(reference.Undecidable):
            ask(pool(RoleMappings={MAPPED: token(), KEY + ":app": token()}), "{}", KEY)

    def test_q7_claim_names_are_literal(self):
        for claims in ('{"Dept": "x"}', '{"a": {"dept": "x"}}'):
            self.gives(ask(pool(rules(rule("dept", "Equals", "x"), rule("a.dept", "Equals", "x"))), claims), "role-resolution-denied")
        self.gives(ask(pool(rules(rule("https://x/y", "Equals", "x"))), '{"https://x/y": "x"}'), "A")


class LoginChecks(Case):
    def test_l1_access_tokens_and_jwts_without_aud(self):
        text = "Invalid login token. Missing a required claim: aud"
        self.gives(ask(pool(), '{"token_use": "access", "aud": "web"}'), "invalid-token", message=text, error="NotAuthorizedException")
        self.gives(ask(pool(), '{"sub": "1"}', jwt=True), "invalid-token", message=text)
        self.gives(ask(pool(), '{"aud": [1]}', jwt=True), "invalid-token", message=text)
        self.gives(ask(pool(), '{"sub": "1"}'), "Auth")
        self.gives(ask(pool(), '{"token_use": "access"}', GOOGLE, jwt=True), "Auth")

    def test_l2_the_issuer(self):
        text = "Invalid login token. Issuer doesn't match providerName"
        newer = "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC"
        for issuer in ("https://" + KEY, KEY, newer):
            self.gives(ask(pool(), f'{{"iss": "{issuer}"}}'), "Auth")
        self.gives(ask(pool(), f'{{"iss": "https://{KEY}/"}}'), "invalid-token", message=text)
        self.gives(ask(pool(), '{"iss": 1}'), "Auth")
        self.gives(ask(pool(), '{"iss": "https://login.example.com/tenant"}', OIDC), "Auth")
        self.gives(ask(pool(), '{"iss": "https://login.example.com"}', OIDC), "invalid-token", message=text)
        self.gives(ask(pool(), '{"iss": "https://evil.example"}', GOOGLE), "Auth")

    def test_l3_the_provider_list(self):
        known = pool(CognitoIdentityProviders=[{"ProviderName": KEY, "ClientId": "web"}])
        self.gives(ask(known, '{"aud": "web"}'), "Auth")
        self.gives(ask(known, '{"aud": "other"}'), "invalid-token", message="Token is not from a supported provider of this identity pool.")
        self.gives(ask(known, "{}"), "Auth")
        self.gives(ask(pool(CognitoIdentityProviders=[]), '{"aud": "web"}'), "invalid-token")
        self.gives(ask(pool(), '{"aud": "other"}'), "Auth")

    def test_l4_the_clock(self):
        self.gives(ask(pool(), '{"exp": 100}'), "Auth")
        self.gives(ask(pool(), '{"exp": 101}', now=100), "Auth")
        self.gives(ask(pool(), '{"exp": 100}', now=100), "invalid-token", message="Invalid login token. Token expired: 100 >= 100")
        self.gives(ask(pool(), '{"exp": 91}', now=100, leeway=10), "Auth")
        self.gives(ask(pool(), '{"exp": 90}', now=100, leeway=10), "invalid-token")
        self.gives(ask(pool(), '{"exp": "soon"}', now=100), "invalid-token")
        self.gives(ask(pool(), "{}", now=100), "Auth")

    def test_checks_come_before_any_role(self):
        self.gives(ask(pool(), '{"token_use": "access"}', custom=A), "invalid-token", assumptions=[], readings=[])


class Sources(Case):
    def test_s1_guests(self):
        def guest(made, **more):
            return reference.answer(made, {"guest": True, **more})
        refused = "Unauthenticated access is not supported for this identity pool."
        self.gives(guest(pool(AllowUnauthenticatedIdentities=False)), "guests-not-allowed", message=refused)
        self.gives(guest(pool(AllowUnauthenticatedIdentities=True)), "Unauth", "unauthenticated-role", tags={})
        self.gives(guest(pool(Roles={})), "role-not-configured", error=INVALID, message=CHECK_ROLES)
        self.gives(guest(pool(), custom_role_arn=A), "custom-role-not-allowed", assumptions=["unmapped-custom-role"],
                   readings=[({"unmapped-custom-role": "ignore"}, "Unauth")])

    def test_s2_developer_identities(self):
        made = pool(key=DEVELOPER, tags={"PrincipalTags": {"d": "dept"}})
        self.gives(ask(made, '{"dept": "x", "cognito:preferred_role": "x"}', DEVELOPER), "Auth", "authenticated-role", tags={})

    def test_s3_without_a_mapping_role_claims_are_ignored(self):
        self.gives(ask(pool(), f'{{"cognito:preferred_role": "{A}", "cognito:roles": ["{A}"]}}'), "Auth", "authenticated-role", readings=[])

    def test_s4_type_token_for_another_provider(self):
        self.gives(ask(pool(token(), GOOGLE), f'{{"cognito:preferred_role": "{A}"}}', GOOGLE), "A", "preferred-role")

    def test_s5_rules_do_not_read_role_claims_unless_they_name_them(self):
        claims = f'{{"cognito:preferred_role": "{A}"}}'
        self.gives(ask(pool(rules(resolution="AuthenticatedRole")), claims), "Auth", "role-resolution")
        self.gives(ask(pool(rules(rule("cognito:preferred_role", "Equals", A, B))), claims), "B", "rule")

    def test_s6_no_default_role(self):
        self.gives(ask(pool(Roles={"unauthenticated": UNAUTH})), "role-not-configured", error=INVALID, message=CHECK_ROLES)

    def test_s8_a_group_role_replaces_the_default(self):
        self.gives(ask(pool(token()), f'{{"cognito:preferred_role": "{A}"}}'), "A")

    def test_s9_saml_roles(self):
        def saml(value, custom=None, mapping=None):
            return ask(pool(mapping, SAML), f'{{"{SAML_ROLE}": {value}}}', SAML, custom=custom)
        self.gives(saml(f'"{A},{SAML}"'), "A", "saml-role")
        self.gives(saml(f'["{SAML},{A}"]'), "A", "saml-role")
        both = f'["{A},{SAML}", "{SAML},{B}"]'
        self.gives(saml(both), "custom-role-required")
        self.gives(saml(both, B), "B", "saml-role", assumptions=[])
        self.gives(saml(both, C), "custom-role-not-allowed", assumptions=[])
        self.gives(saml(f'["{A},{SAML}", "{SAML},{A}"]'), "A", "saml-role")
        self.gives(saml("[]"), "Auth", "authenticated-role")
        self.gives(saml(f'"{A},{SAML}"', mapping=token("AuthenticatedRole")), "Auth", "role-resolution")
        self.gives(ask(pool(), f'{{"{SAML_ROLE}": "{A},{SAML}"}}', GOOGLE), "Auth", "authenticated-role")


class TypeToken(Case):
    def test_t1_a_custom_role_of_the_token_comes_first(self):
        claims = f'{{"cognito:roles": ["{A}", "{B}"], "cognito:preferred_role": "{A}"}}'
        self.gives(ask(pool(token()), claims, custom=B), "B", "custom-role", assumptions=[], readings=[])

    def test_t2_another_custom_role_is_refused_without_resolution(self):
        self.gives(ask(pool(token("AuthenticatedRole")), f'{{"cognito:roles": ["{A}"]}}', custom=B), "custom-role-not-allowed", readings=[])
        self.gives(ask(pool(token("AuthenticatedRole")), "{}", custom=B), "custom-role-not-allowed")

    def test_t3_the_preferred_role_need_not_be_a_member(self):
        self.gives(ask(pool(token()), f'{{"cognito:roles": ["{A}"], "cognito:preferred_role": "{B}"}}'), "B", "preferred-role", readings=[])

    def test_t4_several_roles(self):
        self.gives(ask(pool(token("AuthenticatedRole")), f'{{"cognito:roles": ["{A}", "{B}"]}}'), "Auth", "role-resolution", assumptions=[])

    def test_t5_a_sole_role(self):
        self.gives(ask(pool(token()), f'{{"cognito:roles": ["{A}"]}}'), "role-resolution-denied", assumptions=["sole-role"],
                   readings=[({"sole-role": "use-it"}, "A")])
        self.gives(ask(pool(token()), f'{{"cognito:roles": ["{A}"]}}', assume={"sole-role": "use-it"}), "A", "sole-role",
                   assumptions=[], readings=[])

    def test_t6_neither_claim(self):
        self.gives(ask(pool(token()), "{}"), "role-resolution-denied", assumptions=[], readings=[])

    def test_t7_spellings_of_the_roles(self):
        self.assertEqual(reference.roles_claim(" a , b,,a ,"), ["a", "b"])
        self.assertEqual(reference.roles_claim([" a ", "b,c", "", Number("1"), None, "b,c"]), [" a ", "b,c", ""])
        self.assertEqual(reference.roles_claim({"a": "b"}), [])
        self.assertEqual(reference.roles_claim("\u00a0a\x1f"), ["a\x1f"])
        for preferred in ('""', "1", "null", f'["{A}"]'):
            self.gives(ask(pool(token()), f'{{"cognito:preferred_role": {preferred}}}'), "role-resolution-denied", readings=[])

    def test_t8_role_resolution(self):
        text = "The ambiguous role mapping rules denied this request"
        self.gives(ask(pool(token("Deny")), "{}"), "role-resolution-denied", message=text, error="NotAuthorizedException")
        self.gives(ask(pool(token("AuthenticatedRole"), Roles={}), "{}"), "role-not-configured")
        self.gives(ask(pool(token(None)), "{}"), "role-resolution-denied", assumptions=["missing-role-resolution"],
                   readings=[({"missing-role-resolution": "authenticated-role"}, "Auth")])


class TypeRules(Case):
    def match(self, operator, value, claim, assume=None):
        """True, False, or the readings' choices where it is not certain."""
        decided = ask(pool(rules(rule("c", operator, value))), f'{{"c": {claim}}}', assume=assume)
        return short(decided) == "A"

    def test_r1_the_first_match(self):
        made = pool(rules(rule("a", "Equals", "z"), rule("a", "StartsWith", "x", B), rule("a", "Equals", "x", C)))
        self.gives(ask(made, '{"a": "x"}'), "B", "rule", 2, readings=[])

    def test_r2_r3_absent_claims_match_nothing(self):
        for operator in generate.OPERATORS:
            self.gives(ask(pool(rules(rule("a", operator, ""))), "{}"), "role-resolution-denied", assumptions=[])

    def test_r4_no_match(self):
        self.gives(ask(pool(rules(rule("a", "Equals", "x"), resolution="AuthenticatedRole")), '{"a": "y"}'), "Auth", "role-resolution")
        self.gives(ask(pool({"Type": "Rules"}), "{}"), "role-resolution-denied", assumptions=["missing-role-resolution"])

    def test_r5_a_custom_role_under_rules(self):
        made = pool(rules(rule("a", "Equals", "x", A), rule("a", "Equals", "y", B), rule("a", "StartsWith", "x", B), resolution="AuthenticatedRole"))
        decided = ask(made, '{"a": "x"}', custom=B)
        self.gives(decided, "B", "custom-role", 3, assumptions=["rules-custom-role"],
                   readings=[({"rules-custom-role": "any-rule"}, "B"), ({"rules-custom-role": "refuse"}, "custom-role-not-allowed")])
        self.assertEqual(decided["readings"][0]["rule"], 2)
        self.gives(ask(made, '{"a": "y"}', custom=A), "custom-role-not-allowed", readings=[({"rules-custom-role": "any-rule"}, "A")])
        self.gives(ask(made, '{"a": "y"}', custom=C), "custom-role-not-allowed", assumptions=["rules-custom-role"], readings=[])

    def test_r5_every_rule_is_reached(self):
        made = pool(rules(rule("a", "Equals", "x", A), rule("n", "Equals", "1", B), rule("l", "Equals", "1", B)))
        decided = ask(made, '{"a": "x", "n": 1, "l": []}', custom=A)
        self.assertEqual(decided["assumptions"], ["array-claims", "non-string-claims", "rules-custom-role"])
        self.assertEqual(ask(made, '{"a": "x", "n": 1, "l": []}')["assumptions"], [])

    def test_r6_r7_text_is_compared_literally(self):
        self.assertTrue(self.match("Equals", "a", '"a"'))
        self.assertFalse(self.match("Equals", "a*", '"ab"'))
        self.assertFalse(self.match("Equals", "a", '"a "'))
        self.assertFalse(self.match("Equals", "a,b", '"a"'))
        self.assertTrue(self.match("NotEqual", "a", '""'))
        self.assertFalse(self.match("NotEqual", "a", '"a"'))
        self.assertTrue(self.match("StartsWith", "ab", '"abc"'))
        self.assertFalse(self.match("StartsWith", "b", '"abc"'))
        self.assertTrue(self.match("Contains", "b", '"abc"'))
        self.assertTrue(self.match("Contains", "", '""'))
        self.assertTrue(self.match("Equals", "a", '"\\u0061"'))

    def test_r8_array_claims(self):
        array = '["admins", "x y", 12, ["q"], null]'
        json_text, list_text = '["admins","x y",12,["q"],null]', '[admins, x y, 12, ["q"], null]'
        expected = {
            ("contains-element", "Contains"): ["min", "admins", ""],
            ("membership", "Contains"): ["admins"],
            ("per-element", "Equals"): ["admins"],
            ("per-element", "NotEqual"): ["min", "12", "", "q", json_text, list_text, "[", "ADMINS"],
            ("per-element", "StartsWith"): ["admins", ""],
            ("per-element", "Contains"): ["min", "admins", ""],
            ("json-text", "Equals"): [json_text],
            ("json-text", "NotEqual"): ["min", "admins", "12", "", "q", list_text, "[", "ADMINS"],
            ("json-text", "StartsWith"): [json_text, "", "["],
            ("json-text", "Contains"): ["min", "admins", "12", "", "q", json_text, "["],
            ("list-text", "Equals"): [list_text],
            ("list-text", "NotEqual"): ["min", "admins", "12", "", "q", json_text, "[", "ADMINS"],
            ("list-text", "StartsWith"): [list_text, "", "["],
            ("list-text", "Contains"): ["min", "admins", "12", "", "q", list_text, "["],
        }
        values = ["min", "admins", "12", "", "q", json_text, list_text, "[", "ADMINS"]
        for choice in reference.QUESTIONS["array-claims"]:
            for operator in generate.OPERATORS:
                with self.subTest(choice=choice, operator=operator):
                    matched = [value for value in values if self.match(operator, value, array, {"array-claims": choice})]
                    self.assertEqual(sorted(matched), sorted(expected.get((choice, operator), [])))
        self.assertTrue(self.match("NotEqual", "a", "[]", {"array-claims": "per-element"}))
        self.assertFalse(self.match("Contains", "", "[]", {"array-claims": "contains-element"}))

    def test_r8_the_question_is_touched_even_where_all_agree(self):
        self.gives(ask(pool(rules(rule("c", "Contains", "z"), rule("d", "Equals", "x"))), '{"c": [], "d": "x"}'), "A",
                   assumptions=["array-claims"], readings=[])
        self.gives(ask(pool(rules(rule("c", "Equals", "[a]"))), '{"c": ["a"]}'), "role-resolution-denied",
                   readings=[({"array-claims": "list-text"}, "A")])

    def test_r9_non_string_claims(self):
        expected = {  # (value, text): Equals under text, never, json-text
            ("true", "true"): (True, False, True),
            ("false", "False"): (False, False, False),
            ("1.0", "1.0"): (True, False, True),
            ("1.0", "1"): (False, False, False),
            ("-0", "-0"): (True, False, True),
            ("1E5", "1E5"): (True, False, True),
            ("null", "null"): (False, False, True),
            ('{"b" : 1.0, "a" : [ ]}', '{"b":1.0,"a":[]}'): (False, False, True),
        }
        for (claim, value), answers in expected.items():
            for choice, answer in zip(reference.QUESTIONS["non-string-claims"], answers):
                with self.subTest(claim=claim, choice=choice):
                    self.assertEqual(self.match("Equals", value, claim, {"non-string-claims": choice}), answer)
        for choice, answers in {"text": (True, False, False), "never": (False, False, False), "json-text": (True, True, True)}.items():
            for claim, answer in zip(("1", "null", "{}"), answers):
                self.assertEqual(self.match("NotEqual", "x", claim, {"non-string-claims": choice}), answer)
        self.gives(ask(pool(rules(rule("c", "Equals", "x"))), '{"c": null}'), "role-resolution-denied",
                   assumptions=["non-string-claims"], readings=[])

    def test_r10_letter_case(self):
        made = pool(rules(rule("c", "Equals", "Admin")))
        self.gives(ask(made, '{"c": "admin"}'), "role-resolution-denied", assumptions=["letter-case"],
                   readings=[({"letter-case": "insensitive"}, "A")])
        self.gives(ask(made, '{"c": "Admin"}'), "A", assumptions=[])
        self.gives(ask(made, '{"c": "other"}'), "role-resolution-denied", assumptions=[])
        # One element matches as it is, so the outcome of the test as a whole does not change.
        self.gives(ask(pool(rules(rule("c", "Contains", "Admin"))), '{"c": ["ADMIN", "Admins"]}'), "A", assumptions=["array-claims"])
        self.assertTrue(self.match("Equals", "i\u0307", '"İ"', {"letter-case": "insensitive"}))
        self.assertTrue(self.match("Equals", "ας", '"ΑΣ"', {"letter-case": "insensitive"}))
        self.assertFalse(self.match("Equals", "ασ", '"ΑΣ"', {"letter-case": "insensitive"}))
        self.assertFalse(self.match("Equals", "ss", '"ß"', {"letter-case": "insensitive"}))
        self.assertTrue(self.match("Equals", "TRUE", "true", {"letter-case": "insensitive"}))

    def test_r11_no_limit_of_rules(self):
        many = [rule("c", "Equals", str(number), B) for number in range(30)] + [rule("c", "Equals", "x")]
        self.gives(ask(pool(rules(*many)), '{"c": "x"}'), "A", rule=31)

    def test_compact_json_text(self):
        value = parse_claims('{"v": {"\\u00e9\\/" : "\\u0000\\u001f\\b\\f\\n\\r\\t\\"\\\\\\u007f\\u2028", "n" : [ 1e2 , -0 , true, null ] }}')["v"]
        self.assertEqual(reference.json_text(value),
                         '{"é/":"\\u0000\\u001f\\b\\f\\n\\r\\t\\"\\\\\x7f\u2028","n":[1e2,-0,true,null]}')
        self.assertEqual(reference.list_text(["a", ["b"], Number("1.0")]), '[a, ["b"], 1.0]')


class CustomRolesAndSeveralLogins(Case):
    def test_a_custom_role_without_a_mapping(self):
        for provider in (MAPPED, GOOGLE, DEVELOPER, SAML):
            self.gives(ask(pool(), "{}", provider, custom=A), "custom-role-not-allowed", assumptions=["unmapped-custom-role"],
                       readings=[({"unmapped-custom-role": "ignore"}, "Auth")])

    def several(self, *logins, assume=None, **more):
        made = {"Roles": {"authenticated": AUTH}, "RoleMappings": {
            GOOGLE: rules(rule("r", "Equals", "a", A), rule("r", "Equals", "b", B)),
            MAPPED: rules(rule("r", "Equals", "b", B), rule("r", "Equals", "a", A))}, **more}
        return reference.answer(made, {"logins": [{"provider": key, "claims": parse_claims(claims)} for key, claims in logins]}, assume)

    def test_several_logins_that_agree(self):
        decided = self.several((MAPPED, '{"r": "a"}'), (GOOGLE, '{"r": "a"}'))
        self.gives(decided, "A", "rule", 1, assumptions=["several-logins"], readings=[({"several-logins": "any-one"}, "A")])
        self.assertEqual(decided["readings"][0]["rule"], 2)

    def test_several_logins_that_disagree(self):
        disagree = ((MAPPED, '{"r": "b"}'), (GOOGLE, '{"r": "a"}'))
        decided = self.several(*disagree)
        self.gives(decided, "logins-disagree", assumptions=["several-logins"])
        self.assertEqual(sorted(short(one) for one in decided["readings"]), ["A", "B"])
        self.gives(self.several(*disagree, assume={"several-logins": "any-one"}), "A", assumptions=[], readings=[({}, "B")])
        self.gives(self.several((MAPPED, '{"r": "z"}'), (GOOGLE, '{"r": "z"}')), "role-resolution-denied", readings=[])

    def test_a_single_mapped_login_touches_nothing(self):
        self.gives(self.several((MAPPED, '{"r": "b"}'), (SAML, "{}")), "B", assumptions=[])
        self.gives(self.several((MAPPED, '{"r": "b"}'), (GOOGLE, '{"r": "b"}'), RoleMappings={}), "Auth", assumptions=[])

    def test_an_invalid_login_denies_the_request(self):
        self.gives(self.several((GOOGLE, '{"r": "a"}'), (MAPPED, '{"r": "a", "token_use": "access"}')), "invalid-token", readings=[])


def group(name, role=None, precedence=None):
    made = {"GroupName": name}
    if role:
        made["RoleArn"] = role
    if precedence is not None:
        made["Precedence"] = precedence
    return made


class Groups(Case):
    def member(self, *groups, mapping=None, assume=None, tags=None, member=None, custom=None):
        login = {"provider": MAPPED, "groups": list(groups), "member": member or [one["GroupName"] for one in groups]}
        return reference.answer(pool(mapping or token(), tags=tags), {"logins": [login], "custom_role_arn": custom}, assume)

    def test_g1_g2_order_and_presence(self):
        claims = reference.claims_from_groups([group("z", B, 5), group("b", A), group("a", A), group("c", B, 0), group("not mine", C, 0)],
                                              ["z", "b", "a", "c"])
        self.assertEqual(claims["cognito:groups"], ["c", "z", "a", "b"])
        self.assertEqual(claims["cognito:roles"], [B, A])
        self.assertEqual(reference.claims_from_groups([group("a", A)], []), {})
        self.assertEqual(reference.claims_from_groups([group("a")], ["a"]), {"cognito:groups": ["a"]})

    def test_g3_the_best_precedence(self):
        self.gives(self.member(group("a", A, 1), group("b", B, 0), group("c", C)), "B", "preferred-role", readings=[])
        self.gives(self.member(group("a", A, 1), group("b", A)), "A", "preferred-role", assumptions=[])
        self.gives(self.member(group("a")), "role-resolution-denied", assumptions=[])

    def test_g4_a_tie(self):
        self.gives(self.member(group("a", A, 1), group("b", B, 1)), "role-resolution-denied", assumptions=[])
        self.gives(self.member(group("a", A, 1), group("b", A, 1), group("c", B, 2)), "A", assumptions=[])
        self.gives(self.member(group("a", A), group("b", B)), "role-resolution-denied", assumptions=[])

    def test_g5_null_precedence(self):
        self.gives(self.member(group("a", A), group("b", A)), "A", "preferred-role", assumptions=["null-precedence"],
                   readings=[({"null-precedence": "unset"}, "role-resolution-denied"),
                             ({"sole-role": "use-it", "null-precedence": "unset"}, "A")])

    def test_g6_a_better_group_without_a_role(self):
        groups = (group("boss", None, 0), group("a", A, 1), group("b", B, 2))
        self.gives(self.member(*groups), "A", assumptions=["roleless-group"], readings=[({"roleless-group": "unset"}, "role-resolution-denied")])
        self.gives(self.member(*groups, group("boss2", None, 0)), "A", assumptions=[])
        self.gives(self.member(group("boss", None, 0), group("a", A, 1)), "A", assumptions=[])

    def test_group_questions_are_touched_only_where_the_claim_is_read(self):
        made = rules(rule("cognito:groups", "Equals", "z"), resolution="AuthenticatedRole")
        self.gives(self.member(group("a", A), mapping=made), "Auth", assumptions=["array-claims"])
        self.gives(self.member(group("a", A), custom=A), "A", "custom-role", assumptions=[])
        made = rules(rule("cognito:preferred_role", "Equals", A, B))
        self.gives(self.member(group("a", A), mapping=made), "B", assumptions=["null-precedence"])
        made = rules(resolution="AuthenticatedRole")
        self.gives(self.member(group("a", A), mapping=made, tags={"PrincipalTags": {"r": "cognito:preferred_role"}}), "Auth",
                   assumptions=["null-precedence"], tags={"r": A})

    def test_g7_pre_token_generation(self):
        def made(pre_token):
            return reference.claims_from_groups([group("a", A, 1)], ["a"], pre_token, {"sub": "1", "x": "1"})
        details = {"groupsToOverride": ["g"], "iamRolesToOverride": [B], "preferredRole": C}
        self.assertEqual(made({"groupOverrideDetails": details}),
                         {"sub": "1", "x": "1", "cognito:groups": ["g"], "cognito:roles": [B], "cognito:preferred_role": C})
        self.assertEqual(made({"groupOverrideDetails": None}), {"sub": "1", "x": "1"})
        self.assertEqual(made({"groupOverrideDetails": {}}), {"sub": "1", "x": "1"})
        both = {"claimsToAddOrOverride": {"x": "2", "y": "3", "sub": "2", "cognito:groups": "z"}, "claimsToSuppress": ["y", "sub"]}
        claims = made(both)
        self.assertEqual((claims["sub"], claims["x"], "y" in claims, claims["cognito:groups"]), ("1", "2", False, ["a"]))


class Tags(Case):
    def tagged(self, tags, claims, key=MAPPED, assume=None):
        return ask(pool(rules(resolution="AuthenticatedRole"), key, tags), claims, key, assume=assume)

    def test_p1_inactive_defaults_custom(self):
        self.gives(ask(pool(), '{"sub": "1"}'), "Auth", tags={})
        self.gives(self.tagged({"UseDefaults": True}, '{"sub": "1", "aud": "web"}'), "Auth", tags={"username": "1", "client": "web"})
        self.gives(self.tagged({"UseDefaults": False, "PrincipalTags": {"k": "c"}}, '{"c": "v", "sub": "1"}'), "Auth", tags={"k": "v"})

    def test_p2_defaults_by_provider(self):
        self.gives(self.tagged({"UseDefaults": True}, '{"sub": "1", "aud": "x"}', OIDC), "Auth", tags={"username": "1", "client": "x"})
        self.gives(self.tagged({"UseDefaults": True}, '{"sub": "1", "user_id": "2", "aud": "x"}', "www.amazon.com"), "Auth",
                   tags={"username": "2", "client": "x"})
        self.gives(self.tagged({"UseDefaults": True}, f'{{"sub": "1", "{SAML_NAME_IDENTIFIER}": "n", "aud": "x"}}', SAML), "Auth",
                   tags={"username": "n"})

    def test_p2b_defaults_are_off_unless_said(self):
        self.gives(self.tagged({"PrincipalTags": {}}, '{"sub": "1", "aud": "x"}', GOOGLE), "Auth", tags={}, assumptions=[])

    def test_p3_defaults_with_tags(self):
        both = {"UseDefaults": True, "PrincipalTags": {"k": "c", "username": "c"}}
        decided = self.tagged(both, '{"sub": "1", "aud": "x", "c": "v"}', GOOGLE)
        self.gives(decided, "Auth", tags={"username": "1", "client": "x"}, assumptions=["defaults-with-tags"],
                   readings=[({"defaults-with-tags": "merge"}, "Auth"), ({"defaults-with-tags": "custom-only"}, "Auth")])
        self.assertEqual([one["tags"] for one in decided["readings"]],
                         [{"client": "x", "k": "v", "username": "v"}, {"k": "v", "username": "v"}])
        self.gives(self.tagged({"UseDefaults": True, "PrincipalTags": {}}, '{"sub": "1", "aud": "x"}', GOOGLE), "Auth", assumptions=[])

    def test_p4b_the_first_failure_ends_it(self):
        made = {"PrincipalTags": {"b": "missing", "Z": "array"}}  # Z comes before b
        self.gives(self.tagged(made, '{"array": []}'), "tags-rejected", assumptions=["tag-non-string-claim"])

    def test_p5_absent_and_null_claims(self):
        for claims in ("{}", '{"c": null}'):
            self.gives(self.tagged({"PrincipalTags": {"k": "c"}}, claims), "Auth", tags={}, assumptions=["tag-missing-claim"],
                       readings=[({"tag-missing-claim": "fail"}, "tags-rejected")])

    def test_p6_claims_that_are_not_strings(self):
        expected = {  # the tag, None where it is omitted, ! where it fails; under fail, omit, first-element
            "1.0": ("1.0", None, "1.0"), "true": ("true", None, "true"), '["x", "y"]': ("!", None, "x"), "[]": ("!", None, None),
            "[null]": ("!", None, "!"), "[[1]]": ("!", None, "!"), "[1e2]": ("!", None, "1e2"), "[true]": ("!", None, "true"), "{}": ("!", None, "!"),
        }
        for claim, answers in expected.items():
            for choice, answer in zip(reference.QUESTIONS["tag-non-string-claim"], answers):
                with self.subTest(claim=claim, choice=choice):
                    decided = self.tagged({"PrincipalTags": {"k": "c"}}, f'{{"c": {claim}}}', assume={"tag-non-string-claim": choice})
                    if answer == "!":
                        self.gives(decided, "tags-rejected", error=INVALID, message=CHECK_ROLES, tags={})
                    else:
                        self.gives(decided, "Auth", tags={} if answer is None else {"k": answer})
            self.assertEqual(self.tagged({"PrincipalTags": {"k": "c"}}, f'{{"c": {claim}}}')["assumptions"], ["tag-non-string-claim"])

    def test_p7_illegal_values(self):
        for value in ("a|b", "a;b", "aws:x", "x" * 257, "a\\nb", "a,b", "\\u0000"):
            self.gives(self.tagged({"PrincipalTags": {"k": "c"}}, f'{{"c": "{value}"}}'), "tags-rejected", assumptions=["tag-invalid-value"],
                       readings=[({"tag-invalid-value": "omit"}, "Auth")])
        for value in ("", "x" * 256, "\U00010400" * 256, "a b_.:/=+-@1", "日本½", "xaws:"):
            self.gives(self.tagged({"PrincipalTags": {"k": "c"}}, f'{{"c": "{value}"}}'), "Auth", tags={"k": value}, assumptions=[])

    def test_p8_tags_do_not_depend_on_the_role_and_denials_have_none(self):
        tags = {"PrincipalTags": {"k": "c"}}
        self.gives(ask(pool(rules(rule("c", "Equals", "v")), tags=tags), '{"c": "v"}'), "A", tags={"k": "v"})
        self.gives(ask(pool(tags=tags), '{"c": "v"}', KEY), "Auth", "authenticated-role", tags={"k": "v"})
        self.gives(ask(pool(rules(rule("c", "Equals", "v")), tags=tags), "{}"), "role-resolution-denied", tags={}, assumptions=[])

    def test_p9_guests_have_none(self):
        self.assertEqual(reference.answer(pool(tags={"PrincipalTags": {"k": "c"}}), {"guest": True})["tags"], {})


class Readings(Case):
    def test_a_choice_can_lead_to_another_question(self):
        # The null claim of rule 2 is tested only where rule 1 does not match.
        made = pool(rules(rule("c", "Contains", "a"), rule("n", "Equals", "null", B)))
        self.gives(ask(made, '{"c": ["ab"], "n": null}'), "A", assumptions=["array-claims"], readings=[
            ({"array-claims": "membership"}, "role-resolution-denied"),
            ({"array-claims": "membership", "non-string-claims": "json-text"}, "B")])

    def test_the_smallest_change_is_the_earlier_choice(self):
        made = pool(rules(rule("c", "StartsWith", "[", A)))
        self.gives(ask(made, '{"c": ["a"]}'), "role-resolution-denied", readings=[({"array-claims": "json-text"}, "A")])

    def test_the_smallest_change_is_the_earlier_question(self):
        made = pool(rules(rule("c", "Equals", "x", A), rule("s", "Equals", "Y", A), resolution=None), Roles={"authenticated": A})
        decided = ask(made, '{"c": ["x"], "s": "y"}')
        readings = [(one["assume"], one["rule"]) for one in decided["readings"]]
        self.assertEqual(readings, [({"array-claims": "per-element"}, 1), ({"letter-case": "insensitive"}, 2),
                                    ({"missing-role-resolution": "authenticated-role"}, None)])

    def test_fixed_questions_are_neither_explored_nor_listed(self):
        made = pool(rules(rule("c", "Contains", "a")))
        self.gives(ask(made, '{"c": ["ab"]}', assume={"array-claims": "membership"}), "role-resolution-denied", assumptions=[], readings=[])
        self.gives(ask(made, '{"c": ["ab"]}', assume={"array-claims": "contains-element"}), "A", assumptions=[], readings=[])

    def test_the_paths_are_all_combinations_of_choices(self):
        """The same readings as from trying every combination for every question that any of them touches."""
        compared = 0
        for index in range(150):
            made = generate.generate("combinations", index, 3)
            for text, jwt in made.lines:
                request, made_pool = made.request([made.login(text, jwt)]), made.reference_pool()
                touched, combinations = set(), [{}]
                while True:
                    outcomes, before = {}, set(touched)
                    for changes in combinations:
                        path = reference.Path(made.assume, changes)
                        (outcome,) = reference.evaluate(made_pool, request, path)
                        touched |= set(path.asked)
                        changed = {one: choice for one, choice in changes.items() if choice != reference.QUESTIONS[one][0]}
                        outcomes[outcome.identity()] = min(outcomes.get(outcome.identity(), changed), changed, key=reference.rank)
                    if touched == before:
                        break
                    combinations = [dict(zip(sorted(touched), one)) for one in
                                    itertools.product(*(reference.QUESTIONS[question] for question in sorted(touched)))]
                    if len(combinations) > 2000:
                        break
                if len(combinations) > 2000:
                    continue
                decided = reference.answer(made_pool, request, made.assume)
                smallest = sorted((changes for changes in outcomes.values() if changes), key=reference.rank)
                self.assertEqual([one["assume"] for one in decided["readings"]], smallest)
                compared += 1
        self.assertGreater(compared, 400)

    def test_the_shape_of_a_decision(self):
        decided = ask(pool(rules(rule("c", "Equals", "x"))), '{"c": ["x"]}')
        self.assertEqual(list(decided), ["schema", "decision", "role", "source", "rule", "deny", "tags", "certain", "assumptions",
                                         "readings", "provider", "signature"])
        self.assertEqual(decided["schema"], "whichrole/decision/v1")
        self.assertEqual(decided["provider"], MAPPED)
        self.assertEqual(decided["signature"], "unchecked")
        self.assertEqual(decided["readings"], [{"assume": {"array-claims": "per-element"}, "decision": "assume", "role": A, "source": "rule",
                                                "rule": 1, "deny": None, "tags": {}}])


class Generator(Case):
    def test_equal_seeds_give_equal_cases(self):
        one, two = generate.generate("s", 3, 20), generate.generate("s", 3, 20)
        self.assertEqual((one.pool, one.lines, one.assume), (two.pool, two.lines, two.assume))
        self.assertNotEqual(one.lines, generate.generate("s", 4, 20).lines)

    def test_every_outcome_occurs(self):
        sources, reasons, questions = set(), set(), set()

        def see(made, logins):
            decided = reference.answer(made.reference_pool(), made.request(logins), made.assume)
            sources.add(decided["source"])
            reasons.add(decided["deny"] and decided["deny"]["reason"])
            questions.update(decided["assumptions"])

        for index in range(120):
            made = generate.generate("all", index, 25)
            for text, jwt in made.lines:
                see(made, [made.login(text, jwt)])
            made, members = generate.generate_groups("all", index)
            for member in members:
                see(made, [{"provider": made.provider, "groups": made.groups, "member": member}])
            made, requests = generate.generate_several("all", index)
            for request in requests:
                see(made, [{"provider": key, "claims": parse_claims(text)} for key, text in request])
            see(generate.generate_guest("all", index), [])
        self.assertEqual(sources, {"rule", "preferred-role", "custom-role", "role-resolution", "authenticated-role",
                                   "unauthenticated-role", "sole-role", "saml-role", None})
        self.assertEqual(reasons, {"guests-not-allowed", "role-resolution-denied", "custom-role-not-allowed", "role-not-configured",
                                   "invalid-token", "tags-rejected", "logins-disagree", "custom-role-required", None})
        self.assertEqual(questions, set(reference.QUESTIONS))


if __name__ == "__main__":
    unittest.main()
