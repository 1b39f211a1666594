"""Pools as Terraform modules: literals, locals, variables, functions and dynamic blocks."""

import generate
import render
import spellings
from spellings import chance, hcl_string

NAMES = {"Claim": "claim", "MatchType": "match_type", "Value": "value", "RoleARN": "role_arn"}


def files(batch, rng):
    module = Module(batch, rng)
    blocks = module.blocks()
    declared = module.declarations()
    if not declared or chance(rng, 0.6):
        made = {"main.tf": "\n\n".join(declared + blocks) + "\n"}
    else:
        made = {"main.tf": "\n\n".join(blocks) + "\n", "variables.tf": "\n\n".join(declared) + "\n"}
    if chance(rng, 0.05):
        made["outputs.tf"] = rng.choice(["", "\n"])
    if module.values:
        made["terraform.tfvars"] = "\n".join(f"{name} = {value}" for name, value in module.values.items()) + "\n"
    return made


class Module:
    def __init__(self, batch, rng):
        self.batch, self.rng = batch, rng
        self.locals, self.variables, self.values = {}, {}, {}
        self.count = 0

    def fresh(self, what):
        self.count += 1
        return f"{what}{self.count}"

    def declarations(self):
        made = []
        if self.locals:
            made.append("locals {\n" + "".join(f"  {name} = {value}\n" for name, value in self.locals.items()) + "}")
        made += [f'variable "{name}" {{\n' + "".join(f"  {line}\n" for line in lines) + "}" for name, lines in self.variables.items()]
        return made

    # -----------------------------------------------------------------------------------------------------------------
    # Resources

    def blocks(self):
        batch, rng = self.batch, self.rng
        made = [self.resource(kind, name, []) for kind, name in
                [("aws_cognito_user_pool", "users"), ("aws_iam_openid_connect_provider", "issuer"), ("aws_iam_saml_provider", "corp")]
                + [("aws_cognito_user_pool_client", "Web" + name) for name in generate.CLIENTS]
                + [("aws_iam_role", name) for name in generate.ROLE_NAMES if chance(rng, 0.8)]]
        self.pool_id = "aws_cognito_identity_pool.main.id" if batch.with_pool else hcl_string(rng, generate.POOL_ID)
        if batch.with_pool:
            made.append(self.resource("aws_cognito_identity_pool", "main", self.pool_lines()))
        made.append(self.resource("aws_cognito_identity_pool_roles_attachment", "main", self.attachment_lines()))
        for number, tags in enumerate(batch.tag_maps):
            made.append(self.resource("aws_cognito_identity_pool_provider_principal_tag", f"tags{number}", self.tag_lines(tags)))
        for number, group in enumerate(batch.groups):
            lines = [f"name = {self.text(group['GroupName'])}", f"user_pool_id = {hcl_string(rng, batch.user_pool)}"]
            if group.get("RoleArn"):
                lines.append(f"role_arn = {self.text(group['RoleArn'])}")
            if "Precedence" in group:
                lines.append(f"precedence = {group['Precedence']}")
            made.append(self.resource("aws_cognito_user_group", f"group{number}", lines))
        rng.shuffle(made)
        return made

    def resource(self, kind, name, lines):
        return f'resource "{kind}" "{name}" {{\n' + indented(lines) + "}"

    def pool_lines(self):
        pool, rng = self.batch.pool, self.rng
        lines = ['identity_pool_name = "main"']
        if pool["AllowUnauthenticatedIdentities"] or chance(rng, 0.5):
            lines.append(f"allow_unauthenticated_identities = {self.flag(pool['AllowUnauthenticatedIdentities'])}")
        clients = [{"provider_name": self.text(one["ProviderName"]), "client_id": self.text(one["ClientId"])}
                   for one in pool["CognitoIdentityProviders"]]
        lines += self.repeated("cognito_identity_providers", clients)
        for name, member in (("openid_connect_provider_arns", "OpenIdConnectProviderARNs"), ("saml_provider_arns", "SamlProviderARNs")):
            if member in pool:
                lines.append(f"{name} = {self.list([self.text(one) for one in pool[member]])}")
        if "SupportedLoginProviders" in pool:
            lines.append(f"supported_login_providers = {self.map({k: hcl_string(rng, v) for k, v in pool['SupportedLoginProviders'].items()})}")
        if "DeveloperProviderName" in pool:
            lines.append(f"developer_provider_name = {self.text(pool['DeveloperProviderName'])}")
        return lines

    def attachment_lines(self):
        pool, rng = self.batch.pool, self.rng
        lines = [f"identity_pool_id = {self.pool_id}"]
        roles = {state: self.text(arn) for state, arn in pool.get("Roles", {}).items()}
        mappings = []
        for key, one in pool.get("RoleMappings", {}).items():
            mappings.append({
                "identity_provider": self.text(key, 0.2), "type": self.text(one["Type"], 0.9),
                "ambiguous_role_resolution": self.text(one["AmbiguousRoleResolution"], 0.8) if "AmbiguousRoleResolution" in one else "null",
                "mapping_rule": [self.rule(rule) for rule in one.get("RulesConfiguration", {}).get("Rules", [])]})
        blocks = self.repeated("role_mapping", mappings)
        roles = [f"roles = {self.map(roles)}"]
        return lines + (roles + blocks if chance(rng, 0.5) else blocks + roles)

    def rule(self, rule):
        made = {NAMES[name]: self.text(text, 0.9 if name == "MatchType" else 0.6) for name, text in rule.items()}
        if rule["Value"] in spellings.SCALARS and chance(self.rng, 0.3):
            made["value"] = rule["Value"]  # a bare number or boolean, which Terraform sends as text
        return made

    def tag_lines(self, tags):
        lines = [f"identity_pool_id = {self.pool_id}", f"identity_provider_name = {self.text(tags['IdentityProviderName'], 0.3)}"]
        use_defaults = tags.get("UseDefaults", False)
        if not use_defaults or chance(self.rng, 0.5):  # the provider's default is true
            lines.append(f"use_defaults = {self.flag(use_defaults)}")
        if "PrincipalTags" in tags:
            lines.append(f"principal_tags = {self.map({key: self.text(claim) for key, claim in tags['PrincipalTags'].items()})}")
        return lines

    # -----------------------------------------------------------------------------------------------------------------
    # Blocks, written or dynamic

    def repeated(self, name, objects):
        """The blocks of this name in order, some of them out of a `dynamic` block."""
        rng = self.rng
        lines, rest = [], list(objects)
        while rest:
            if chance(rng, 0.6):
                lines += self.written(name, rest.pop(0))
            else:
                count = rng.randrange(1, len(rest) + 1)
                lines += self.dynamic(name, rest[:count])
                rest = rest[count:]
        if chance(rng, 0.05):
            lines += self.dynamic(name, [])
        return lines

    def written(self, name, one):
        lines = [f"{name} {{"]
        for field, value in one.items():
            if isinstance(value, list):
                lines += ["  " + line for line in self.repeated(field, value)]
            elif value != "null" or chance(self.rng, 0.3):
                lines.append(f"  {field} = {value}")
        return lines + ["}"]

    def dynamic(self, name, objects):
        """All fields come from the collection; nested blocks out of a list in it."""
        rng = self.rng
        iterator = self.fresh("each") if chance(rng, 0.4) else name
        way = rng.choice(["list", "list", "map", "for", "concat", "conditional"])
        values = [self.object(one) for one in objects]
        if way == "map":
            each = "{" + ", ".join(f'"r{number:02}" = {value}' for number, value in enumerate(values)) + "}"
        elif way == "for":
            each = f"[for one in {self.place(self.list(values))} : one]"
        elif way == "concat":
            cut = rng.randrange(len(values) + 1)
            each = f"concat({self.list(values[:cut])}, {self.list(values[cut:])})"
        else:
            each = self.list(values)
        each = self.place(each)
        if way == "conditional":
            each = f"true ? {each} : []"
        lines = [f'dynamic "{name}" {{', f"  for_each = {each}"]
        if iterator != name:
            lines.append(f"  iterator = {iterator}")
        lines.append("  content {")
        for field, value in (objects[0] if objects else {}).items():
            access = self.access(f"{iterator}.value", field)
            if not isinstance(value, list):
                lines.append(f"    {field} = {access}")
                continue
            inner = self.fresh("inner")
            lines += [f'    dynamic "{field}" {{', f"      for_each = {access}", f"      iterator = {inner}", "      content {"]
            lines += [f"        {rule_field} = {self.access(inner + '.value', rule_field)}" for rule_field in NAMES.values()]
            lines += ["      }", "    }"]
        return lines + ["  }", "}"]

    def access(self, value, field):
        return self.rng.choice([f"{value}.{field}", f"{value}.{field}", f'{value}["{field}"]', f'lookup({value}, "{field}", null)'])

    def object(self, one):
        return self.map({field: self.list([self.object(rule) for rule in value]) if isinstance(value, list) else value
                         for field, value in one.items()}, plain=True)

    # -----------------------------------------------------------------------------------------------------------------
    # Spellings of one value

    def place(self, expression):
        """The expression itself, or a local that holds it."""
        if not chance(self.rng, 0.3):
            return expression
        name = self.fresh("local_")
        self.locals[name] = expression
        return f"local.{name}"

    def flag(self, value):
        word = "true" if value else "false"
        return self.rng.choice([word, word, f'"{word}"', f"!{'false' if value else 'true'}", self.place(word), f"{word} && true"])

    def list(self, values):
        rng = self.rng
        if values and chance(rng, 0.2):
            return "[\n" + "".join(f"{value},\n" for value in values) + "]"
        return "[" + ", ".join(values) + "]"

    def map(self, entries, plain=False):
        rng = self.rng
        def key(name):
            return name if name.isidentifier() and name.isascii() and chance(rng, 0.5) else hcl_string(rng, name)
        between = rng.choice([" = ", " = ", " : "])
        def literal(some):
            if chance(rng, 0.3):
                return "{\n" + "".join(f"{key(name)}{between}{value}\n" for name, value in some) + "}"
            return "{ " + ", ".join(f"{key(name)}{between}{value}" for name, value in some) + " }"
        entries = list(entries.items())
        if plain or chance(rng, 0.7):
            return literal(entries)
        cut = rng.randrange(len(entries) + 1)
        return rng.choice([f"merge({literal(entries[:cut])}, {literal(entries[cut:])})", self.place(literal(entries)),
                           f"{{ for k, v in {literal(entries)} : k => v }}", f"tomap({literal(entries)})"])

    def text(self, text, plain=0.5, depth=0):
        """Some expression that comes to this text."""
        rng = self.rng
        if isinstance(text, render.Symbol):
            return self.symbol(text)
        if chance(rng, plain) or depth > 1:
            return hcl_string(rng, text)
        def inner(piece):
            return self.text(piece, 0.8, depth + 1)
        way = rng.choice(["local", "variable", "variable", "join", "format", "template", "conditional", "lookup", "index", "heredoc", "function"])
        if way == "local":
            name = self.fresh("local_")
            self.locals[name] = inner(text)
            return rng.choice([f"local.{name}", f'"${{local.{name}}}"'])
        if way == "variable":
            name = self.fresh("var_")
            lines = ["type = string"] if chance(rng, 0.6) else []
            if chance(rng, 0.2):
                self.values[name] = hcl_string(rng, text)
                lines += [] if chance(rng, 0.5) else ['default = "x"']
            else:
                lines.append(f"default = {hcl_string(rng, text)}")
            self.variables[name] = lines
            return rng.choice([f"var.{name}", f'"${{var.{name}}}"'])
        if way == "join":
            between = rng.choice([one for one in ("", ":", "/", "-", "a") if not one or one in text])
            pieces = text.split(between) if between else self.pieces(text)
            return f"join({hcl_string(rng, between)}, {self.list([inner(piece) for piece in pieces])})"
        if way == "format":
            pieces = self.pieces(text)
            return f'format("{"%s" * len(pieces)}", {", ".join(inner(piece) for piece in pieces)})'
        if way == "template":
            # A literal piece may not end where a `${` begins.
            return '"' + "".join("${" + inner(piece) + "}" if "$" in piece or chance(rng, 0.5) else hcl_string(rng, piece)[1:-1]
                                 for piece in self.pieces(text)) + '"'
        if way == "conditional":
            other = hcl_string(rng, "x")
            return rng.choice([f"(true ? {inner(text)} : {other})", f'("a" == "b" ? {other} : {inner(text)})'])
        if way == "lookup":
            return f'lookup({{ a = {inner(text)}, b = "x" }}, "a", "y")'
        if way == "index":
            value = inner(text)
            return rng.choice([f'["x", {value}][1]', f'element(["x", {value}], 3)', f'{{ a = {value} }}["a"]', f"{{ a = {value} }}.a"])
        if way == "heredoc" and text and all(spellings.RAW.fullmatch(line) for line in text.split("\n")) and text.strip("\n ") \
                and "${" not in text and "%{" not in text and "EOT" not in text and depth == 0:
            name = self.fresh("local_")
            self.locals[name] = f"<<EOT\n{text}\nEOT"
            return f'trimsuffix(local.{name}, "\\n")'
        function = rng.choice(["coalesce(%)", "try(%)", "tostring(%)", 'trimprefix(%, "")', "one([%])", "strrev(strrev(%))",
                               "jsondecode(jsonencode(%))", "sensitive(%)"])
        return function.replace("%", hcl_string(rng, text)) if text else '""'

    def pieces(self, text):
        cuts = sorted(self.rng.randrange(len(text) + 1) for _ in range(self.rng.randrange(3)))
        return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]

    def symbol(self, symbol):
        rng = self.rng
        if len(symbol.pieces) == 1:
            name = symbol.pieces[0][1]
            return self.place(rng.choice([name, name, f'"${{{name}}}"']))
        values = [text if refers else hcl_string(rng, text) for refers, text in symbol.pieces]
        users, _, client = values
        spelled = rng.choice([
            '"' + "".join("${" + text + "}" if refers else text for refers, text in symbol.pieces) + '"',
            f'join(":", [{users}, {client}])', f'format("%s:%s", {users}, {client})', f'join("", [{users}, ":", {client}])',
            f'"cognito-idp.eu-west-1.amazonaws.com/${{aws_cognito_user_pool.users.id}}:${{{client}}}"',
            f'"cognito-idp.${{var.region}}.amazonaws.com/${{aws_cognito_user_pool.users.id}}:${{{client}}}"'])
        if "var.region" in spelled:
            self.variables["region"] = rng.choice([["type = string"], ['default = "eu-west-1"']])
        return self.place(spelled)


def indented(lines):
    """Two blanks before each line; what spans lines, such as a text, stays as it is."""
    return "".join(f"  {line}\n" for line in lines)
