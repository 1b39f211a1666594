"""Pools as CloudFormation templates: YAML with short tags or long functions, JSON, and the CDK's JSON text."""

import json

import generate
import render
import spellings
from spellings import Tagged, chance

NO_VALUE = {"Ref": "AWS::NoValue"}


def files(batch, form, rng):
    template = Template(batch, form == "cfn-json-text", rng).document()
    if form in ("cfn-json", "cfn-json-text"):
        return {"Pool.template.json": spellings.json_text(rng, long_form(template), rng.choice([None, 1, 2]))}
    tree = short_form(rng, template) if form == "cfn-yaml" else long_form(template, rng)
    return {rng.choice(["template.yaml", "template.yml"]): spellings.Yaml(rng).document(tree)}


# ---------------------------------------------------------------------------------------------------------------------
# The two ways to write a function


def function(node):
    if isinstance(node, dict) and len(node) == 1:
        (name, argument), = node.items()
        if name in ("Ref", "Condition") or name.startswith("Fn::"):
            return name, argument
    return None, None


def short_form(rng, node):
    """`!Sub` and `!GetAtt A.B` in place of functions; some stay long, as people mix them."""
    name, argument = function(node)
    if name == "Condition" and not isinstance(argument, str):
        name = None
    if name and chance(rng, 0.92):
        if name == "Fn::GetAtt" and isinstance(argument, list) and chance(rng, 0.8):
            argument = ".".join(argument)
        return Tagged("!" + name.removeprefix("Fn::"), short_form(rng, argument))
    if isinstance(node, dict):
        return {key: short_form(rng, one) for key, one in node.items()}
    if isinstance(node, list):
        return [short_form(rng, one) for one in node]
    return node


def long_form(node, rng=None):
    if isinstance(node, dict):
        name, argument = function(node)
        if name == "Fn::GetAtt" and rng and chance(rng, 0.3):
            return {name: ".".join(argument)}  # YAML alone takes this
        return {key: long_form(one, rng) for key, one in node.items()}
    if isinstance(node, list):
        return [long_form(one, rng) for one in node]
    return node


# ---------------------------------------------------------------------------------------------------------------------
# One template


class Template:
    """Collects what the spellings need: parameters, mappings, conditions, exports."""

    def __init__(self, batch, as_json_text, rng):
        self.batch, self.as_json_text, self.rng = batch, as_json_text, rng
        self.parameters, self.mappings, self.conditions, self.outputs = {}, {}, {}, {}
        self.resources = {}
        self.count = 0

    def document(self):
        rng, batch = self.rng, self.batch
        with_pool = render.needs_pool(batch) or chance(rng, 0.8)
        self.pool_id = {"Ref": "Pool"} if with_pool else generate.POOL_ID
        if with_pool:
            self.resources["Pool"] = {"Type": "AWS::Cognito::IdentityPool", "Properties": self.pool_properties()}
        if not with_pool or "Roles" in batch.pool or batch.pool.get("RoleMappings") or chance(rng, 0.5):
            self.resources["Attachment"] = {"Type": "AWS::Cognito::IdentityPoolRoleAttachment", "Properties": self.attachment()}
        for number, tags in enumerate(batch.tag_maps, 1):
            self.resources[f"Tags{number}"] = {"Type": "AWS::Cognito::IdentityPoolPrincipalTag", "Properties": self.tags(tags)}
        for number, group in enumerate(batch.groups, 1):
            self.resources[f"Group{number}"] = {"Type": "AWS::Cognito::UserPoolGroup", "Properties": self.group(group)}
        self.declare()
        resources = list(self.resources.items())
        rng.shuffle(resources)
        sections = [("Parameters", self.parameters), ("Mappings", self.mappings), ("Conditions", self.conditions),
                    ("Resources", dict(resources)), ("Outputs", self.outputs)]
        if chance(rng, 0.3):
            rng.shuffle(sections)
        head = {"AWSTemplateFormatVersion": "2010-09-09"} if chance(rng, 0.7) else {}
        return {**head, **{name: section for name, section in sections if section}}

    def declare(self):
        """The resources that references point to, where they are in the same template."""
        kinds = {"Users": "AWS::Cognito::UserPool", "Issuer": "AWS::IAM::OIDCProvider", "Corp": "AWS::IAM::SAMLProvider"}
        for id, kind in kinds.items():
            self.resources[id] = {"Type": kind, "Properties": {}}
        for client in generate.CLIENTS:
            self.resources["Web" + client] = {"Type": "AWS::Cognito::UserPoolClient", "Properties": {"UserPoolId": {"Ref": "Users"}}}
        if chance(self.rng, 0.5):
            for name in generate.ROLE_NAMES:
                self.resources[name + "Role"] = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": name}}

    def pool_properties(self):
        pool, rng = self.batch.pool, self.rng
        made = {}
        if "AllowUnauthenticatedIdentities" in pool:
            made["AllowUnauthenticatedIdentities"] = self.flag(pool["AllowUnauthenticatedIdentities"])
        if "CognitoIdentityProviders" in pool:
            made["CognitoIdentityProviders"] = [{name: self.text(text) for name, text in one.items()}
                                                for one in pool["CognitoIdentityProviders"]]
        for name in ("OpenIdConnectProviderARNs", "SamlProviderARNs"):
            if name in pool:
                made[name] = [self.text(one) for one in pool[name]]
        for name in ("SupportedLoginProviders", "DeveloperProviderName"):
            if name in pool:
                made[name] = pool[name]
        return dict(rng.sample(list(made.items()), len(made)))

    def attachment(self):
        pool, rng = self.batch.pool, self.rng
        made = {"IdentityPoolId": self.pool_id}
        if "Roles" in pool:
            roles = {state: self.text(arn) for state, arn in pool["Roles"].items()}
            for state in ("authenticated", "unauthenticated"):
                if state not in roles and chance(rng, 0.2):
                    roles[state] = NO_VALUE
            made["Roles"] = self.maybe_if(roles, NO_VALUE)
        if "RoleMappings" in pool:
            if self.as_json_text:
                self.resources["Json"] = {"Type": "Custom::AWSCDKCfnJson", "Properties": {
                    "ServiceToken": {"Fn::GetAtt": ["Maker", "Arn"]}, "Value": self.json_text(pool["RoleMappings"])}}
                made["RoleMappings"] = {"Fn::GetAtt": ["Json", "Value"]}
            else:
                made["RoleMappings"] = {}
                for key, one in pool["RoleMappings"].items():
                    named = isinstance(key, render.Symbol) or chance(rng, 0.5)
                    label = self.fresh("Mapping") if named else key
                    made["RoleMappings"][label] = self.mapping(one, key if named else None)
        return made

    def mapping(self, one, key):
        rng = self.rng
        made = {"Type": self.text(one["Type"], 0.9)}
        if key is not None:
            made["IdentityProvider"] = self.text(key, 0.2)
        if "AmbiguousRoleResolution" in one:
            made["AmbiguousRoleResolution"] = self.text(one["AmbiguousRoleResolution"], 0.8)
        elif chance(rng, 0.2):
            made["AmbiguousRoleResolution"] = NO_VALUE
        if "RulesConfiguration" in one:
            rules = []
            for rule in one["RulesConfiguration"]["Rules"]:
                if chance(rng, 0.05):
                    rules.append({"Fn::If": [self.condition(False), self.rule(rule), NO_VALUE]})
                rules.append(self.maybe_if(self.rule(rule), NO_VALUE))
            made["RulesConfiguration"] = self.maybe_if({"Rules": self.maybe_if(rules, [])}, NO_VALUE)
        return dict(rng.sample(list(made.items()), len(made)))

    def rule(self, rule):
        made = {name: self.text(text, 0.9 if name == "MatchType" else 0.6) for name, text in rule.items()}
        if rule["Value"] in spellings.SCALARS and chance(self.rng, 0.3):
            made["Value"] = spellings.SCALARS[rule["Value"]]  # a deployment sends it as text
        return dict(self.rng.sample(list(made.items()), len(made)))

    def tags(self, tags):
        made = {"IdentityPoolId": self.pool_id, "IdentityProviderName": self.text(tags["IdentityProviderName"])}
        if "UseDefaults" in tags:
            made["UseDefaults"] = self.flag(tags["UseDefaults"])
        if "PrincipalTags" in tags:
            made["PrincipalTags"] = self.maybe_if({key: self.text(claim) for key, claim in tags["PrincipalTags"].items()}, NO_VALUE)
        return made

    def group(self, group):
        made = {"GroupName": self.text(group["GroupName"]), "UserPoolId": {"Ref": "Users"}}
        if group.get("RoleArn"):
            made["RoleArn"] = self.text(group["RoleArn"])
        if "Precedence" in group:
            made["Precedence"] = self.rng.choice([group["Precedence"], str(group["Precedence"])])
        return made

    # -----------------------------------------------------------------------------------------------------------------
    # Spellings of one value

    def fresh(self, what):
        self.count += 1
        return f"{what}{self.count}"

    def flag(self, value):
        word = "true" if value else "false"
        return self.rng.choice([value, value, word, self.parameter(word)])

    def parameter(self, text):
        name = self.fresh("Param")
        self.parameters[name] = {"Type": "String", "Default": text}
        return {"Ref": name}

    def maybe_if(self, node, other):
        if not chance(self.rng, 0.06):
            return node
        holds = chance(self.rng, 0.5)
        return {"Fn::If": [self.condition(holds), *((node, other) if holds else (other, node))]}

    def condition(self, holds):
        name = self.fresh("Is")
        self.conditions[name] = self.test(holds)
        return name

    def test(self, holds, depth=0):
        rng = self.rng
        way = rng.choice(["equals", "equals", "not", "and", "or", "named"]) if depth < 2 else "equals"
        if way == "not":
            return {"Fn::Not": [self.test(not holds, depth + 1)]}
        if way == "and":
            return {"Fn::And": [self.test(holds, depth + 1), self.test(True, depth + 1)]}
        if way == "or":
            return {"Fn::Or": [self.test(holds, depth + 1), self.test(False, depth + 1)]}
        if way == "named":
            return {"Condition": self.condition(holds)}
        left = rng.choice(["prod", "a b", "1"])
        right = left if holds else "dev"
        return {"Fn::Equals": [left if chance(rng, 0.3) else self.parameter(left), right]}

    def text(self, text, plain=0.5, depth=0):
        """Some node that comes to this text."""
        if isinstance(text, render.Symbol):
            return self.symbol(text)
        rng = self.rng
        if chance(rng, plain) or depth > 1:
            return text
        way = rng.choice(["join", "join", "sub", "sub-own", "parameter", "map", "if", "select", "split", "export"])
        def inner(piece):
            return self.text(piece, 0.8, depth + 1)
        if way == "join":
            between = rng.choice([one for one in ("", ":", "/", "-", "a") if not one or one in text])
            pieces = text.split(between) if between else self.pieces(text)
            return {"Fn::Join": [between, [inner(piece) for piece in pieces]]}
        if way == "sub":
            return {"Fn::Sub": self.literal_in_sub(text) if chance(rng, 0.7) else [self.literal_in_sub(text), {"Unused": "x"}]}
        if way == "sub-own":
            own, spelled = {}, []
            for number, piece in enumerate(self.pieces(text)):
                if "$" in piece or chance(rng, 0.5):  # `$` and `{` may meet
                    own[f"Own{number}"] = inner(piece)
                    spelled.append("${" + f"Own{number}" + "}")
                else:
                    spelled.append(self.literal_in_sub(piece))
            return {"Fn::Sub": ["".join(spelled), own]}
        if way == "parameter":
            return self.parameter(text) if chance(rng, 0.6) else {"Fn::Sub": "${" + self.parameter(text)["Ref"] + "}"}
        if way == "map":
            name = self.fresh("Map")
            self.mappings[name] = {"top": {"second": text, "third": "x"}, "other": {"second": "x"}}
            return {"Fn::FindInMap": [name, rng.choice(["top", self.parameter("top")]), "second"]}
        if way == "if":
            holds = chance(rng, 0.5)
            return {"Fn::If": [self.condition(holds), *((inner(text), "x") if holds else ("x", inner(text)))]}
        if way == "select":
            list_of = ["x", inner(text), "y"]
            return {"Fn::Select": [rng.choice([1, "1"]), list_of]}
        if way == "split" and "|" not in text:
            return {"Fn::Select": [1, {"Fn::Split": ["|", inner("x|" + text)]}]}
        if depth:
            return text  # the value of an export is literal or a reference
        name = self.fresh("Export")
        self.outputs[name] = {"Value": text, "Export": {"Name": f"stack-{name}"}}
        return {"Fn::ImportValue": f"stack-{name}"}

    def pieces(self, text):
        """The text in up to three pieces."""
        cuts = sorted(self.rng.randrange(len(text) + 1) for _ in range(self.rng.randrange(3)))
        return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]

    @staticmethod
    def literal_in_sub(text):
        """`${!x}` stands for `${x}`; what is not closed stands for itself."""
        return text.replace("${", "${!") if "}" in text[text.find("${"):] else text

    def symbol(self, symbol):
        rng = self.rng
        if len(symbol.pieces) == 1:
            return self.reference(symbol.pieces[0][1])
        way = rng.choice(["sub", "join", "join-one", "sub-own", "by-id"])
        nodes = [self.reference(text) if refers else text for refers, text in symbol.pieces]
        if way == "join":
            return {"Fn::Join": ["", nodes]}
        if way == "join-one":
            return {"Fn::Join": [":", [nodes[0], nodes[2]]]}
        if way == "sub-own":
            return {"Fn::Sub": ["${A}:${B}", {"A": nodes[0], "B": nodes[2]}]}
        if way == "by-id":
            suffix = rng.choice(["amazonaws.com", "${AWS::URLSuffix}"])
            client = str(symbol).split(":", 1)[1]
            return {"Fn::Sub": "cognito-idp.${AWS::Region}." + suffix + "/${Users}:" + client}
        return {"Fn::Sub": str(symbol)}

    def reference(self, name):
        id, _, attribute = name.partition(".")
        if chance(self.rng, 0.25):
            return {"Fn::Sub": "${" + name + "}"}
        if attribute == "ProviderName" and chance(self.rng, 0.15):
            return {"Fn::Sub": "cognito-idp.${AWS::Region}.amazonaws.com/${Users}"}
        return {"Fn::GetAtt": [id, attribute]} if attribute else {"Ref": id}

    # -----------------------------------------------------------------------------------------------------------------
    # JSON text with references in it

    def json_text(self, value):
        """The text as the CDK makes it: literal pieces and references under one `Fn::Join`."""
        nodes = []
        for is_reference, text in json_pieces(self.rng, value):
            if is_reference:
                nodes.append(self.reference(text))
            elif nodes and isinstance(nodes[-1], str):
                nodes[-1] += text
            else:
                nodes.append(text)
        if len(nodes) == 1 and chance(self.rng, 0.3):
            return nodes[0]
        spread = []
        for node in nodes:
            spread += self.pieces(node) if isinstance(node, str) and chance(self.rng, 0.3) else [node]
        return {"Fn::Join": ["", spread]}


def json_pieces(rng, value):
    if isinstance(value, render.Symbol):
        yield False, '"'
        for refers, text in value.pieces:
            yield refers, text if refers else spellings.json_string(rng, text)[1:-1]
        yield False, '"'
    elif isinstance(value, dict):
        yield False, "{"
        for number, (name, member) in enumerate(value.items()):
            if number:
                yield False, ","
            yield from json_pieces(rng, name)
            yield False, ":"
            yield from json_pieces(rng, member)
        yield False, "}"
    elif isinstance(value, list):
        yield False, "["
        for number, member in enumerate(value):
            if number:
                yield False, ","
            yield from json_pieces(rng, member)
        yield False, "]"
    elif isinstance(value, str):
        yield False, spellings.json_string(rng, value)
    else:
        yield False, json.dumps(value)
