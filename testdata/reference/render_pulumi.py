"""Pools as Pulumi programs in YAML."""

import generate
import render
import spellings
from spellings import chance

NAMES = {"Claim": "claim", "MatchType": "matchType", "Value": "value", "RoleARN": "roleArn"}


def files(batch, rng):
    return {"Pulumi.yaml": spellings.Yaml(rng).document(Program(batch, rng).document())}


class Program:
    def __init__(self, batch, rng):
        self.batch, self.rng = batch, rng
        self.variables, self.configuration, self.resources = {}, {}, {}
        self.count = 0

    def document(self):
        batch, rng = self.batch, self.rng
        with_pool = render.needs_pool(batch) or chance(rng, 0.8)
        self.pool_id = "${pool.id}" if with_pool else generate.POOL_ID
        for name, kind in {"users": "UserPool", **{"Web" + client: "UserPoolClient" for client in generate.CLIENTS}}.items():
            self.add(name, "cognito", kind, {})
        self.add("issuer", "iam", "OpenIdConnectProvider", {})
        self.add("corp", "iam", "SamlProvider", {})
        if with_pool:
            self.add("pool", "cognito", "IdentityPool", self.pool())
        if not with_pool or batch.pool.get("Roles") or batch.pool.get("RoleMappings") or chance(rng, 0.5):
            self.add("attachment", "cognito", "IdentityPoolRoleAttachment", self.attachment())
        for number, tags in enumerate(batch.tag_maps):
            self.add(f"tags{number}", "cognito", "IdentityPoolProviderPrincipalTag", self.tags(tags))
        for number, group in enumerate(batch.groups):
            made = {"name": self.text(group["GroupName"]), "userPoolId": "${users.id}"}
            if group.get("RoleArn"):
                made["roleArn"] = self.text(group["RoleArn"])
            if "Precedence" in group:
                made["precedence"] = group["Precedence"]
            self.add(f"group{number}", "cognito", "UserGroup", made)
        sections = [("config", self.configuration), ("variables", self.variables), ("resources", self.resources)]
        rng.shuffle(sections)
        return {"name": "main", "runtime": "yaml", **{name: section for name, section in sections if section}}

    def add(self, name, module, kind, properties):
        kind = self.rng.choice([f"aws:{module}:{kind}", f"aws:{module}/{kind[0].lower() + kind[1:]}:{kind}"])
        self.resources[name] = {"type": kind, "properties": properties} if properties else {"type": kind}

    def pool(self):
        pool = self.batch.pool
        made = {"identityPoolName": "main"}
        if "AllowUnauthenticatedIdentities" in pool:
            made["allowUnauthenticatedIdentities"] = pool["AllowUnauthenticatedIdentities"]
        if "CognitoIdentityProviders" in pool:
            made["cognitoIdentityProviders"] = [{"providerName": self.text(one["ProviderName"]), "clientId": self.text(one["ClientId"])}
                                                for one in pool["CognitoIdentityProviders"]]
        for name, member in (("openidConnectProviderArns", "OpenIdConnectProviderARNs"), ("samlProviderArns", "SamlProviderARNs")):
            if member in pool:
                made[name] = [self.text(one) for one in pool[member]]
        for name, member in (("supportedLoginProviders", "SupportedLoginProviders"), ("developerProviderName", "DeveloperProviderName")):
            if member in pool:
                made[name] = pool[member]
        return made

    def attachment(self):
        pool, rng = self.batch.pool, self.rng
        made = {"identityPoolId": self.pool_id, "roles": {state: self.text(arn) for state, arn in pool.get("Roles", {}).items()}}
        if "RoleMappings" in pool:
            made["roleMappings"] = []
        for key, one in pool.get("RoleMappings", {}).items():
            mapping = {"identityProvider": self.text(key, 0.3), "type": self.text(one["Type"], 0.9)}
            if "AmbiguousRoleResolution" in one:
                mapping["ambiguousRoleResolution"] = self.text(one["AmbiguousRoleResolution"], 0.8)
            if "RulesConfiguration" in one:
                mapping["mappingRules"] = [{NAMES[name]: self.text(text, 0.6) for name, text in rule.items()}
                                           for rule in one["RulesConfiguration"]["Rules"]]
            made["roleMappings"].append(dict(rng.sample(list(mapping.items()), len(mapping))))
        return made

    def tags(self, tags):
        made = {"identityPoolId": self.pool_id, "identityProviderName": self.text(tags["IdentityProviderName"])}
        use_defaults = tags.get("UseDefaults", False)
        if not use_defaults or chance(self.rng, 0.5):  # the provider's default is true
            made["useDefaults"] = use_defaults
        if "PrincipalTags" in tags:
            made["principalTags"] = {key: self.text(claim) for key, claim in tags["PrincipalTags"].items()}
        return made

    # -----------------------------------------------------------------------------------------------------------------
    # Spellings of one text

    def text(self, text, plain=0.5, depth=0):
        rng = self.rng
        if isinstance(text, render.Symbol):
            return self.symbol(text)
        if chance(rng, plain) or depth > 1:
            return literal(rng, text)
        def inner(piece):
            return self.text(piece, 0.8, depth + 1)
        way = rng.choice(["variable", "variable", "configuration", "join", "join", "select", "split", "secret", "template"])
        if way == "variable":
            return self.variable(inner(text))
        if way == "configuration":
            self.count += 1
            name = f"config{self.count}"
            self.configuration[name] = {"type": "string", "default": text}
            return "${" + name + "}"
        if way == "join":
            between = rng.choice([one for one in ("", ":", "/", "-", "a") if not one or one in text])
            pieces = text.split(between) if between else self.pieces(text)
            return {rng.choice(["fn::join", "Fn::Join"]): [between, [inner(piece) for piece in pieces]]}
        if way == "select":
            return {"fn::select": [1, ["x", inner(text), "y"]]}
        if way == "split" and "|" not in text:
            return {"fn::select": [1, {"fn::split": ["|", literal(rng, "x|" + text)]}]}
        if way == "template":
            return "".join(self.variable(inner(piece)) if chance(rng, 0.5) else literal(rng, piece, True) for piece in self.pieces(text))
        return {"fn::secret": inner(text)}

    def variable(self, value):
        self.count += 1
        self.variables[f"variable{self.count}"] = value
        return "${" + f"variable{self.count}" + "}"

    def pieces(self, text):
        cuts = sorted(self.rng.randrange(len(text) + 1) for _ in range(self.rng.randrange(3)))
        return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]

    def symbol(self, symbol):
        rng = self.rng
        references = ["${" + text + "}" if refers else text for refers, text in symbol.pieces]
        if len(references) == 1:
            return references[0] if chance(rng, 0.8) else self.variable(references[0])
        users, _, client = references
        by_id = rng.choice(["cognito-idp.${region}.amazonaws.com/${users.id}:", "cognito-idp.${aws:region}.amazonaws.com/${users.id}:"])
        return rng.choice([users + ":" + client, {"fn::join": [":", [users, client]]}, by_id + client,
                           self.variable(users) + ":" + client, {"fn::join": ["", [users, ":", client]]}])


def literal(rng, text, always=False):
    """`$$` stands for `$`; alone it needs that only before `{` or `$`."""
    if always or "$$" in text or "${" in text or chance(rng, 0.3):
        return text.replace("$", "$$")
    return text
