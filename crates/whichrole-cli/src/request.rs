//! Builds a request from the command line: tokens, claims, groups, the clock, the choices.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use whichrole::read::{Definition, ReadOptions, Source, read};
use whichrole::{
    Choice, Claim, Claims, Clock, Evaluator, Group, GroupClaims, IdentityPool, InvalidToken, JsonLimits, Jwt, KeySet,
    Login, NotVerified, OpenPreferredRole, ProviderKey, RoleArn, RoleMapping, Semantics, Signature, TokenError,
    TokenForm, TokenLimits, find_group, text,
};

use crate::args::{ChoiceArgs, ClockArgs, RequestArgs};
use crate::failure::{Failure, Report, Result};
use crate::input;
use crate::output::Output;

/// A token as it was given.
pub struct Given {
    pub claims: Claims<'static>,
    pub form: TokenForm,
    pub open_preferred_role: Option<OpenPreferredRole>,
    pub jwt: Option<Jwt>,
    /// Whether `Bearer ` or quotes stood around the JWT.
    wrapped: bool,
}

impl Given {
    fn claims(claims: Claims<'static>) -> Self {
        Self { claims, form: TokenForm::Claims, open_preferred_role: None, jwt: None, wrapped: false }
    }

    /// What is odd about the token. Of a token that is verified, only what verification passes over is left.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.jwt.as_ref().map(Jwt::warnings).unwrap_or_default();
        if self.wrapped {
            warnings.push("the token has `Bearer ` or quotes around it, which were passed over".to_owned());
        }
        warnings
    }

    /// The login of this token.
    pub fn login<'a>(&'a self, evaluator: &'a Evaluator, provider: Option<&ProviderKey>) -> Result<Login<'a>> {
        let login = evaluator.login(provider, &self.claims, self.form);
        let login = login.map_err(|error| Failure::new(error.code(), error.to_string()))?;
        Ok(login.with_open_preferred_role(self.open_preferred_role.as_ref()))
    }
}

/// The tokens of a request, in the order given; none for a guest.
pub fn tokens(args: &RequestArgs, definition: &Definition, evaluator: &Evaluator) -> Result<Vec<Given>> {
    if args.guest {
        return Ok(Vec::new());
    }
    let limits = args.choices.limits.limits();
    let mut tokens = args.tokens.iter().map(|name| token(name, &limits)).collect::<Result<Vec<_>>>()?;
    if let Some(name) = &args.token_env {
        tokens.push(token_of_environment(name, &limits)?);
    }
    let extra = !args.claims.is_empty() || !args.member.is_empty();
    if extra && tokens.len() > 1 {
        return Err(Failure::new("usage", "`--claim` and `--member` go with one token, not with several"));
    }
    if extra && tokens.is_empty() {
        tokens.push(Given::claims(Claims::default()));
    }
    let Some(first) = tokens.first_mut() else {
        return Err(Failure::new(
            "usage",
            "no token: give a TOKEN file, `-`, `--token-env`, `--claim`, `--member` or `--guest`",
        ));
    };
    set_claims(&mut first.claims, &args.claims)?;
    if !args.member.is_empty() {
        let known = match &args.groups {
            Some(file) => groups_of_file(file)?,
            None => definition.groups.clone(),
        };
        let logins = match &known {
            Some(known) => logins_of_groups(known, evaluator, provider(&args.choices).as_ref(), first)?,
            None => Vec::new(),
        };
        first.open_preferred_role = add_groups(&mut first.claims, &args.member, known.as_deref(), &logins)?;
    }
    Ok(tokens)
}

/// Reads a token from a file or standard input.
pub fn token(name: &OsStr, limits: &TokenLimits) -> Result<Given> {
    let bytes = input::bytes(name, limits.bytes.max(limits.json.bytes))?;
    parse_token(&bytes, limits).map_err(|error| token_failure(&error, Some(&input::shown(name))))
}

pub fn token_of_environment(name: &str, limits: &TokenLimits) -> Result<Given> {
    let Some(value) = std::env::var_os(name) else {
        return Err(Failure::new("no-token", format!("the environment variable {} is not set", text::quoted(name))));
    };
    parse_token(value.as_encoded_bytes(), limits).map_err(|error| {
        let failure = token_failure(&error, None);
        if !Path::new(&value).exists() {
            return failure;
        }
        let message = format!("{error}; the variable holds the name of a file, which is to be given as TOKEN");
        Failure::new(error.code(), message)
    })
}

/// Reads a claims object or a compact JWT: claims begin with a bracket, which no JWT does.
pub fn parse_token(bytes: &[u8], limits: &TokenLimits) -> std::result::Result<Given, TokenError> {
    let most = limits.bytes.max(limits.json.bytes);
    if bytes.len() > most {
        // What is left of it may end within a character, so it is not looked at.
        let is_claims = matches!(bytes.trim_ascii_start(), [b'{' | b'[', ..] | [0xef, 0xbb, 0xbf, ..]);
        return Err(if is_claims {
            TokenError::claims_too_large(limits.json.bytes)
        } else {
            TokenError::too_large(limits.bytes)
        });
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(TokenError::not_utf8()) };
    if text.trim_start().starts_with(['{', '[', '\u{feff}']) {
        return Claims::from_json_within(text, &limits.json).map(|claims| Given::claims(claims.into_owned()));
    }
    let jwt = Jwt::decode(text, limits)?;
    Ok(Given {
        claims: jwt.claims().clone(),
        form: TokenForm::Jwt,
        open_preferred_role: None,
        jwt: Some(jwt),
        wrapped: text.trim_start().starts_with(['"', '\'']) || text.trim_start().starts_with("Bearer "),
    })
}

/// A token's fault, with the place in the file; never with the file's text.
pub fn token_failure(error: &TokenError, file: Option<&str>) -> Failure {
    let (line, column) = error.position().unzip();
    let file = file.map(text::visible);
    Failure::of(Report { file, line, column, ..Report::new(error.code(), error.to_string()) })
}

/// What is wrong with a token that is a line; which one is said by its number.
pub fn in_line(error: &TokenError) -> Report {
    let column = error.position().map(|(_, column)| column);
    Report { column, ..Report::new(error.code(), error.to_string()) }
}

/// `NAME=VALUE`, or `NAME:=JSON`. A name given twice is an error: one of the two would be lost.
pub fn set_claims(claims: &mut Claims<'static>, written: &[String]) -> Result<()> {
    let most = JsonLimits::CLAIMS.members;
    if written.len() > most {
        return Err(Failure::new("token-too-large", format!("`--claim` is given more than {most} times")));
    }
    let mut seen = BTreeSet::new();
    for argument in written {
        let Some((name, value)) = argument.split_once('=') else {
            return Err(Failure::new("usage", "`--claim` takes NAME=VALUE or NAME:=JSON"));
        };
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => (name, Claim::from_json(value).map(Claim::into_owned)),
            None => (name, guessed(value)),
        };
        if name.is_empty() {
            return Err(Failure::new("usage", "`--claim` takes NAME=VALUE or NAME:=JSON; this one has no name"));
        }
        let value =
            value.map_err(|error| Failure::new(error.code(), format!("claim {}: {error}", text::quoted(name))))?;
        if !seen.insert(name.to_owned()) {
            return Err(Failure::new("duplicate-claim", format!("claim {} is given twice", text::quoted(name))));
        }
        claims.set(name.to_owned(), value);
    }
    Ok(())
}

/// An array, object or boolean if it parses as one, else a string. What is JSON but over a limit is not a string either.
fn guessed(value: &str) -> std::result::Result<Claim<'static>, TokenError> {
    match Claim::from_json(value) {
        Ok(claim @ (Claim::Array(_) | Claim::Object(_) | Claim::Bool(_))) => Ok(claim.into_owned()),
        Err(error) if error.code() == "token-too-large" && value.trim_start().starts_with(['[', '{']) => Err(error),
        _ => Ok(Claim::from(value.to_owned())),
    }
}

/// The groups of a `list-groups` file.
pub fn groups_of_file(file: &OsStr) -> Result<Option<Vec<Group>>> {
    let name = input::shown(file);
    let source = Source { text: input::file(file, ReadOptions::default().json.bytes)?, name: name.clone() };
    let texts = vec![source.text.clone()];
    let configuration = read(&[source], &ReadOptions::default());
    if !configuration.problems.is_empty() {
        return Err(Failure::of_problems(&configuration.problems, &configuration.names, &texts));
    }
    if configuration.definitions.len() > 1 {
        let message =
            format!("{} is about several pools; give a file with the groups of one", text::quoted_whole(&name));
        return Err(Failure::new("several-pools", message));
    }
    let groups = configuration.definitions.into_iter().find_map(|definition| definition.groups);
    if groups.is_none() {
        return Err(Failure::new("no-groups", format!("{} has no groups in it", text::quoted_whole(&name))));
    }
    Ok(groups)
}

/// The names of the login whose groups count, where groups say which user pool they are of.
fn logins_of_groups(
    known: &[Group],
    evaluator: &Evaluator,
    provider: Option<&ProviderKey>,
    token: &Given,
) -> Result<Vec<ProviderKey>> {
    if known.iter().all(|group| group.user_pool.is_none()) {
        return Ok(Vec::new());
    }
    let names = evaluator.login_names(provider, &token.claims, token.form);
    names.map_err(|error| Failure::new(error.code(), error.to_string()))
}

/// Adds the claims of a member of groups of the login's user pool, which goes by these names. Where groups are known, an unknown name is an
/// error; where none are, a name is a group without a role.
pub fn add_groups(
    claims: &mut Claims<'static>,
    member: &[String],
    known: Option<&[Group]>,
    logins: &[ProviderKey],
) -> Result<Option<OpenPreferredRole>> {
    for name in [whichrole::GROUPS, whichrole::ROLES, whichrole::PREFERRED_ROLE] {
        if claims.get(name).is_some() {
            let message = format!("claim `{name}` is given twice: by the token or `--claim`, and by `--member`");
            return Err(Failure::new("duplicate-claim", message));
        }
    }
    let mut groups = Vec::new();
    for name in member {
        let Some(known) = known else {
            groups.push(Group::named(name));
            continue;
        };
        let group = find_group(known, name, logins);
        groups.push(group.map_err(|problem| Failure::new(problem.code, problem.message))?.clone());
    }
    Ok(GroupClaims::of(&groups.iter().collect::<Vec<_>>()).write_to(claims))
}

/// The choices of `--assume`.
pub fn semantics(written: &[String]) -> Result<Semantics> {
    let mut semantics = Semantics::default();
    for argument in written {
        let Some((question, choice)) = argument.split_once('=') else {
            return Err(Failure::new("usage", "`--assume` takes QUESTION=CHOICE, such as `array-claims=membership`"));
        };
        let choice = Choice::parse(question, choice).map_err(|message| Failure::new("unknown-choice", message))?;
        if semantics.assumed().contains(choice.question()) && semantics.choice(choice.question()) != choice {
            return Err(Failure::new("usage", format!("`--assume` gives `{}` two choices", choice.question().id())));
        }
        semantics = semantics.assume(choice);
    }
    Ok(semantics)
}

/// The clock of `--now` and `--leeway`.
pub fn clock(args: &ClockArgs) -> Result<Option<Clock>> {
    let now = match args.now.as_deref() {
        None => return Ok(None),
        Some("now") => jiff::Timestamp::now(),
        Some(written) => written.parse().map_err(|_| {
            Failure::new("usage", "`--now` takes `now` or an RFC 3339 time such as `2026-01-01T00:00:00Z`")
        })?,
    };
    Ok(Some(Clock { now: now.as_second(), leeway: args.leeway }))
}

/// The provider of `--provider`.
pub fn provider(args: &ChoiceArgs) -> Option<ProviderKey> {
    args.provider.as_deref().map(ProviderKey::new)
}

/// Says of a custom role that is no ARN which ARNs may be meant. The request is asked as it is: AWS compares the whole text.
pub fn note_custom_role(args: &ChoiceArgs, pool: &IdentityPool, groups: &[Group], output: &Output) {
    let Some(written) = args.custom_role_arn.as_deref().filter(|role| !role.starts_with("arn:")) else { return };
    let rules = pool.role_mappings.values().flat_map(RoleMapping::mapping_rules).map(|rule| &rule.role_arn);
    let roles = rules.chain(&pool.roles.authenticated).chain(&pool.roles.unauthenticated);
    let roles: BTreeSet<&RoleArn> = roles.chain(groups.iter().filter_map(|group| group.role_arn.as_ref())).collect();
    // What a template only refers to is written as the reference.
    if roles.iter().any(|role| role.as_str() == written) {
        return;
    }
    let called = |name: &str| -> Vec<&str> {
        let is_end_of = |role: &str| {
            role.starts_with("arn:") && role.strip_suffix(name).is_some_and(|before| before.ends_with(['/', ':']))
        };
        let is_called = |role: &RoleArn| role.names().contains(&name) || is_end_of(role.as_str());
        roles.iter().filter(|role| is_called(role)).map(|role| role.as_str()).collect()
    };
    let near = || text::nearest(written, roles.iter().flat_map(|role| role.names())).map(called).unwrap_or_default();
    let meant = Some(called(written)).filter(|roles| !roles.is_empty()).unwrap_or_else(near);
    let hint = if meant.is_empty() { String::new() } else { format!("; did you mean {}?", text::alternatives(meant)) };
    output.note(&format!("warning: `--custom-role-arn` {} is not an ARN{hint}", text::quoted(written)));
}

/// Reads a key set. Its problems are shown without the lines they are about.
fn key_set(file: &OsStr) -> Result<KeySet> {
    let name = input::shown(file);
    if name.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphabetic())) {
        return Err(Failure::new("usage", "whichrole does not fetch keys; download it first"));
    }
    let text = input::file(file, JsonLimits::CLAIMS.bytes)?;
    KeySet::from_json(&text).map_err(|error| {
        let names = [name];
        let problems: Vec<Report> = error.problems.iter().map(|problem| Report::of_problem(problem, &names)).collect();
        Failure::of(match problems.as_slice() {
            [only] => only.clone(),
            several => {
                let message = format!("{} problems in the key set", several.len());
                Report { problems, ..Report::new(error.code(), message) }
            }
        })
    })
}

/// What became of the tokens' signatures.
pub enum Signatures {
    /// Nobody asked.
    Unchecked,
    /// All are good.
    Verified,
    /// Those of these tokens, by number, are not.
    Refused(Vec<(usize, NotVerified)>),
}

impl Signatures {
    /// Verifies every token against a key set, if one is given.
    pub fn check(jwks: Option<&OsStr>, tokens: &[Given], clock: Option<Clock>, output: &Output) -> Result<Self> {
        let Some(jwks) = jwks else { return Ok(Self::Unchecked) };
        let clock = clock.ok_or_else(|| Failure::new("usage", "`--jwks` needs `--now`"))?;
        let keys = key_set(jwks)?;
        for note in keys.notes() {
            output.note(&format!("note: {}", Report::of_problem(note, &[input::shown(jwks)]).sentence()));
        }
        if tokens.is_empty() {
            return Err(Failure::new("usage", "`--jwks` needs a token to verify"));
        }
        let mut refused = Vec::new();
        for (number, token) in tokens.iter().enumerate() {
            let Some(jwt) = &token.jwt else {
                return Err(Failure::new("usage", "`--jwks` needs a JWT: a claims object has no signature"));
            };
            if token.claims != *jwt.claims() {
                let message = "`--jwks` is about what the token says; leave out `--claim` and `--member`";
                return Err(Failure::new("usage", message));
            }
            refused.extend(keys.verify(jwt, clock).err().map(|why| (number, why)));
        }
        Ok(if refused.is_empty() { Self::Verified } else { Self::Refused(refused) })
    }

    /// Why a token was refused: it gets nothing, and that is the end of it.
    pub fn fault(&self, number: usize) -> Option<InvalidToken> {
        let Self::Refused(refused) = self else { return None };
        refused.iter().find(|(at, _)| *at == number).map(|(_, why)| InvalidToken::from(why.clone()))
    }

    /// What an answer says of the signatures.
    pub fn word(&self) -> Signature {
        if matches!(self, Self::Verified) { Signature::Verified } else { Signature::Unchecked }
    }
}
