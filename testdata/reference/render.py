"""Writes a random pool as people write pools: CloudFormation, the CDK's JSON text, Terraform, Pulumi, the API's JSON.

    files, meant = render(batch, "terraform", rng)      # the pool in files: name → text
    batch = symbolic(batch, "terraform", rng)           # before that: roles and providers that only a deployment knows

Every text is spelled in a way chosen by chance. `meant` is the batch that these files mean, which differs from the one
given where a format has no way to say it: what Terraform leaves out has a default.
"""

import copy
import unicodedata

import generate
import render_cloudformation
import render_pulumi
import render_terraform
import spellings

FORMS = ["api", "cfn-yaml", "cfn-yaml-long", "cfn-json", "cfn-json-text", "terraform", "pulumi"]


def render(batch, form, rng):
    if form == "api":
        return render_api(batch, rng), batch
    if form == "terraform":
        batch = as_terraform_means(batch, rng)
        batch.user_pool = generate.USER_POOLS[0].split("/")[1]
        return render_terraform.files(batch, rng), batch
    batch = copy.copy(batch)
    batch.user_pool = "${" + STYLES["pulumi" if form == "pulumi" else "cloudformation"][1] + "}"
    if form == "pulumi":
        return render_pulumi.files(batch, rng), batch
    return render_cloudformation.files(batch, form, rng), batch


def render_api(batch, rng):
    """One file for the pool, one for each tag map and one for the groups, as JSON or YAML."""
    documents = {"pool": batch.pool}
    documents.update({f"tags-{number}": tags for number, tags in enumerate(batch.tag_maps, 1)})
    if batch.groups:
        documents["groups"] = {"Groups": batch.groups}
    files = {}
    for name, document in documents.items():
        if rng.random() < 0.6:
            files[name + ".json"] = spellings.json_text(rng, document, rng.choice([None, 1, 2]))
        else:
            files[name + ".yaml"] = spellings.Yaml(rng).document(document)
    return files


# ---------------------------------------------------------------------------------------------------------------------
# What a format means by what it leaves out


def as_terraform_means(batch, rng):
    """Texts in Unicode's form NFC; a pool resource without clients has none, and without a flag no guests."""
    batch = copy.deepcopy(batch)
    batch.pool = composed(batch.pool)
    batch.tag_maps = composed(batch.tag_maps)
    batch.with_pool = needs_pool(batch) or rng.random() < 0.15
    if batch.with_pool:
        batch.pool.setdefault("AllowUnauthenticatedIdentities", False)
        batch.pool.setdefault("CognitoIdentityProviders", [])
    return batch


def needs_pool(batch):
    """Whether something is said that only the pool's own resource can say."""
    return bool(set(batch.pool) - {"IdentityPoolId", "Roles", "RoleMappings"})


def composed(value):
    """Terraform composes characters: `e` and an accent become one."""
    if isinstance(value, Symbol):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(one) for one in value]
    if isinstance(value, dict):
        return {composed(name): composed(one) for name, one in value.items()}
    return value


# ---------------------------------------------------------------------------------------------------------------------
# Roles and providers that only a deployment knows


class Symbol(str):
    """A text with references in it, `${Users.ProviderName}:${Web}`; its pieces are (is a reference, text)."""

    def __new__(cls, *pieces):
        made = super().__new__(cls, "".join("${" + text + "}" if refers else text for refers, text in pieces))
        made.pieces = pieces
        return made

    def __deepcopy__(self, _memo):
        return self


def login_key_of(symbol):
    """The first piece: without the client."""
    return Symbol(symbol.pieces[0])


def ref(text):
    return Symbol((True, text))


STYLES = {  # role, user pool, app client, OIDC provider, SAML provider
    "cloudformation": ("{}Role.Arn", "Users.ProviderName", "{}", "Issuer", "Corp"),
    "terraform": ("aws_iam_role.{}.arn", "aws_cognito_user_pool.users.endpoint", "aws_cognito_user_pool_client.{}.id",
                  "aws_iam_openid_connect_provider.issuer.arn", "aws_iam_saml_provider.corp.arn"),
    "pulumi": ("{}Role.arn", "users.endpoint", "{}.id", "issuer.arn", "corp.arn"),
}


def symbolic(batch, form, rng):
    """The batch with references in place of its roles, and mostly of its provider."""
    role, users, client, oidc, saml = STYLES["cloudformation" if form.startswith("cfn") else form]
    names = {}

    for arn in generate.ROLE_ARNS + [f"arn:aws:iam::{generate.ACCOUNT}:role/{name}"
                                     for name in ("Authenticated", "Unauthenticated", "Nobody", "Elsewhere")]:
        if rng.random() < 0.9:
            names[arn] = ref(role.format(arn.rsplit("/", 1)[1]))
    kinds = {}
    if rng.random() < 0.85:
        names[generate.OIDC], names[generate.SAML] = ref(oidc), ref(saml)
        kinds = {names[generate.OIDC]: "oidc", names[generate.SAML]: "saml"}
        clients_too = rng.random() < 0.8
        login_key = next((key for key in generate.USER_POOLS if batch.provider.startswith(key)), None)
        if login_key:
            names[login_key] = ref(users)
            kinds[names[login_key]] = "user-pool"
            for name in generate.CLIENTS:
                piece = (True, client.format("Web" + name)) if clients_too else (False, name)
                names[f"{login_key}:{name}"] = Symbol((True, users), (False, ":"), piece)
                kinds[names[f"{login_key}:{name}"]] = "user-pool"
                if clients_too:
                    names[name] = Symbol(piece)
    batch = copy.deepcopy(batch)
    batch.kinds = kinds

    def place(text):
        return names.get(text, text)

    def mapping(one):
        for rule in one.get("RulesConfiguration", {}).get("Rules", []):
            rule["RoleARN"] = place(rule["RoleARN"])
        return one

    pool = batch.pool
    if "Roles" in pool:
        pool["Roles"] = {state: place(arn) for state, arn in pool["Roles"].items()}
    if "RoleMappings" in pool:
        pool["RoleMappings"] = {place(key): mapping(one) for key, one in pool["RoleMappings"].items()}
    for member in ("OpenIdConnectProviderARNs", "SamlProviderARNs"):
        if member in pool:
            pool[member] = [place(arn) for arn in pool[member]]
    for one in pool.get("CognitoIdentityProviders", []):
        one["ProviderName"], one["ClientId"] = place(one["ProviderName"]), place(one["ClientId"])
    for tags in batch.tag_maps:
        tags["IdentityProviderName"] = place(tags["IdentityProviderName"])
    for group in batch.groups:
        if group.get("RoleArn"):
            group["RoleArn"] = place(group["RoleArn"])
    batch.provider = place(batch.provider)
    if isinstance(batch.provider, Symbol) and batch.provider not in pool.get("RoleMappings", {}) and login_key_of(batch.provider) in kinds:
        batch.provider = login_key_of(batch.provider)  # Q5b does not say what a reference means that no mapping has
    batch.custom_role_arn = place(batch.custom_role_arn)
    return batch
