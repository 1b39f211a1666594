//! `whichrole eval`: the role, and nothing else on standard output.

use std::ffi::OsString;

use whichrole::explain::cautions;
use whichrole::trust::{TrustPolicies, Verdict};
use whichrole::{Answer, Claim, Denial, Evaluator, InvalidToken, Login, Request, Source};

use crate::args::{Args, ConfigArgs, RequestArgs};
use crate::failure::{Exit, Failure, Result};
use crate::input::{self, Loaded};
use crate::json::json;
use crate::output::Output;
use crate::{render, request};

pub fn run(args: &Args, config: &ConfigArgs, asked: &RequestArgs, output: &mut Output) -> Result<Exit> {
    let question = Question::new(config, asked, output)?;
    let logins = question.logins()?;
    let answer = question.answer(&logins, output);
    if args.wants_json() {
        output.line(&json(&answer)?);
    } else {
        match answer.decision.role() {
            Some(role) => output.text(&whichrole::text::visible(role)),
            None => output.error(&render::explain::denial(&answer.decision)),
        }
        if answer.decision.source() == Some(Source::PreferredRole)
            && answer.decision.role().is_some_and(|role| !role.starts_with("arn:") && !role.contains("${"))
        {
            output.note("warning: `cognito:preferred_role` is not an ARN (T3)");
        }
        if let Some(oddity) = logins.iter().find_map(Login::odd_groups) {
            output.note(&format!("warning: {oddity}"));
        }
        if !question.is_refused() {
            for caution in logins.iter().flat_map(|login| cautions(&question.evaluator, login)) {
                output.note(&format!("warning: {caution}"));
            }
        }
        if !answer.is_certain() {
            output.note(&render::explain::uncertainty(&answer));
        }
    }
    Ok(exit(&answer, asked.choices.strict))
}

/// The exit code of an answer.
pub fn exit(answer: &Answer<'_>, strict: bool) -> Exit {
    match answer.decision.role() {
        _ if strict && !answer.is_certain() => Exit::NotCertain,
        Some(_) => Exit::Yes,
        None => Exit::No,
    }
}

/// What `eval` and `explain` are asked.
pub struct Question<'q> {
    pub evaluator: Evaluator,
    /// The groups that are known: of `--groups`, else of the configuration.
    pub groups: Vec<whichrole::Group>,
    loaded: Loaded,
    pool: Option<&'q str>,
    asked: &'q RequestArgs,
    tokens: Vec<request::Given>,
    clock: Option<whichrole::Clock>,
    signature: request::Signatures,
}

impl<'q> Question<'q> {
    pub fn new(config: &'q ConfigArgs, asked: &'q RequestArgs, output: &Output) -> Result<Self> {
        let files = [Some(&config.config), asked.groups.as_ref(), asked.jwks.as_ref()];
        input::refuse_two_stdins(files.into_iter().flatten().chain(&asked.tokens).map(OsString::as_os_str))?;
        let semantics = request::semantics(&asked.choices.assume)?;
        let clock = request::clock(&asked.choices.clock)?;
        let loaded = Loaded::read(config)?;
        let definition = loaded.definition(config.pool.as_deref(), output)?;
        let evaluator = Evaluator::new(definition.pool.clone(), semantics);
        let tokens = request::tokens(asked, definition, &evaluator)?;
        if tokens.is_empty() {
            loaded.refuse_unknown_guests(definition)?;
        }
        for token in &tokens {
            for warning in token.warnings() {
                output.note(&format!("warning: {warning}"));
            }
        }
        let signature = request::Signatures::check(asked.jwks.as_deref(), &tokens, clock, output)?;
        let groups = match &asked.groups {
            Some(file) => request::groups_of_file(file)?.unwrap_or_default(),
            None => definition.groups.clone().unwrap_or_default(),
        };
        request::note_custom_role(&asked.choices, &definition.pool, &groups, output);
        Ok(Self { groups, evaluator, pool: config.pool.as_deref(), loaded, asked, tokens, clock, signature })
    }

    /// What STS would say to the role of an answer; `None` where its trust policy is not in the files.
    pub fn ask_sts(&self, request: &Request<'_>, answer: &Answer<'_>) -> Option<Verdict> {
        let configuration = &self.loaded.configuration;
        let definition = configuration.choose(self.pool).ok()?;
        TrustPolicies::of(configuration, definition).of_answer(&self.evaluator, request, answer)
    }

    /// The role that a person means.
    pub fn find_role(&self, written: &str) -> Result<String> {
        self.loaded.find_role(self.evaluator.pool(), &self.groups, written)
    }

    /// The names of the configuration's files, by number.
    pub fn names(&self) -> &[String] {
        &self.loaded.configuration.names
    }

    /// The logins of the request; each finds its own provider.
    pub fn logins(&self) -> Result<Vec<Login<'_>>> {
        let provider = request::provider(&self.asked.choices);
        // With several tokens one name cannot be right for all: those whose issuer says otherwise find their own.
        let named = |token: &request::Given| {
            if self.tokens.len() > 1 && token.claims.get("iss").and_then(Claim::as_text).is_some() {
                None
            } else {
                provider.as_ref()
            }
        };
        let mut logins: Vec<Login<'_>> = Vec::new();
        for (number, token) in self.tokens.iter().enumerate() {
            let login = token.login(&self.evaluator, named(token))?;
            logins.push(match self.signature.fault(number) {
                Some(fault) => login.refused(fault),
                None => login,
            });
        }
        for (n, login) in logins.iter().enumerate() {
            let key = |login: &Login<'_>| login.provider().map(|key| key.login_key().to_owned());
            if logins.iter().take(n).any(|earlier| key(earlier) == key(login)) {
                return Err(Failure::new(
                    "usage",
                    "two tokens are for the same provider; a request has one login for each",
                ));
            }
        }
        Ok(logins)
    }

    pub fn request<'a>(&'a self, logins: &'a [Login<'a>]) -> Request<'a> {
        Request::of(logins).choosing(self.asked.choices.custom_role_arn.as_deref()).at(self.clock)
    }

    pub fn answer<'a>(&'a self, logins: &'a [Login<'a>], output: &Output) -> Answer<'a> {
        let answer = self.evaluator.answer(&self.request(logins));
        // What L1 refuses is refused under every mapping.
        let needs_none = matches!(answer.decision.denial(), Some(Denial::InvalidToken(InvalidToken::MissingAudience)));
        for login in logins {
            if !login.is_mapped()
                && !needs_none
                && let Some(key) = login.provider()
                && !self.evaluator.provider_keys().iter().any(|known| known == key.as_str())
            {
                // Which provider that is stands in the token, so it is not said here.
                output
                    .note("note: the configuration has no role mapping for this token; `whichrole explain` says more");
            }
        }
        self.sign(answer)
    }

    /// Whether a signature is not good.
    pub fn is_refused(&self) -> bool {
        matches!(self.signature, request::Signatures::Refused(_))
    }

    /// Says what became of the signatures.
    pub fn sign<'a>(&self, answer: Answer<'a>) -> Answer<'a> {
        Answer { signature: self.signature.word(), ..answer }
    }
}
