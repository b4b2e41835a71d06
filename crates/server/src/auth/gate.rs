//! The gate in front of every route: who is calling, and may that user do this at all.
//!
//! It decides by the head of a request; nobody has read a byte of the body yet. Which tenant, database
//! or collection is meant is decided by the [`Access`] that it hands out.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::http::HeaderMap;
use huedb_engine::{Engine, Lookups};
use tokio::sync::oneshot;

use super::{
    access::Access,
    action::{Action, Reach},
    cache::{Cache, LookupCounter},
    credentials::{self, Credentials, Proof},
    expiry::Expiry,
    header::{self, Given},
    identity::Identity,
    settings::{AuthSettings, Method, TokenHeader},
    throttle::{Source, Throttle},
    token::{Fingerprint, FingerprintKey},
};
use crate::{
    http::{Generation, app::CpuPool},
    reload::Reload,
    telemetry::metrics::Counter,
};

/// Credentials whose verdict is remembered, for each of the two verdicts.
const VERDICTS_MAX: usize = 8192;

/// Password checks that may wait. A check takes as long as the hash's cost says, often 0.1 s.
const CHECKS_WAITING_MAX: usize = 64;

/// Why a request goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No credentials, or wrong ones; which part was wrong is nobody's business.
    Unauthenticated { method: Method, is_password_too_long: bool },
    /// The user may not do this, anywhere.
    Denied,
    /// Too many failed attempts from this source.
    Throttled { wait: Duration },
    /// Too many passwords are being checked; nothing is known about this one.
    Overloaded,
}

/// Users and roles as they were read, for a [`Gate`].
pub(crate) struct Guard {
    settings: AuthSettings,
    key: FingerprintKey,
    credentials: Credentials,
}

impl Guard {
    /// Reads users and roles.
    ///
    /// # Errors
    /// A sentence for the person who starts the server.
    pub(crate) fn load(settings: AuthSettings) -> Result<Self, String> {
        let key = FingerprintKey::random();
        let credentials = Credentials::load(&settings, key.clone())?;
        Ok(Self { settings, key, credentials })
    }
}

/// Admits requests. A clone is a reference count.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    engine: Engine,
    settings: AuthSettings,
    key: FingerprintKey,
    state: RwLock<Arc<State>>,
    throttle: Throttle,
    /// On a server without authentication.
    everybody: Identity,
    /// Whoever calls a route that needs no credentials.
    stranger: Identity,
    /// Whether a verdict was known already.
    lookups: LookupCounter,
    /// Checks passwords, away from the threads that serve connections and from those that search.
    checks: Option<CpuPool>,
    /// How often a password was checked against a hash.
    checks_done: Arc<Counter>,
}

/// What a reload replaces, together with every verdict that came from it.
struct State {
    credentials: Credentials,
    verified: Cache<Verified>,
    refused: Cache<()>,
    /// Checks that are under way, and who waits for each.
    pending: Mutex<HashMap<Fingerprint, Vec<oneshot::Sender<Verdict>>>>,
}

#[derive(Clone, Debug)]
struct Verified {
    identity: Identity,
    expires: Option<Expiry>,
}

impl Verified {
    fn is_expired(&self) -> bool {
        self.expires.is_some_and(Expiry::is_past)
    }
}

/// What a check came to; `None` where it was not done.
type Verdict = Option<Result<Verified, ()>>;

impl State {
    fn new(credentials: Credentials, lifetime: Duration) -> Self {
        Self {
            credentials,
            verified: Cache::new(VERDICTS_MAX, lifetime),
            refused: Cache::new(VERDICTS_MAX, lifetime),
            pending: Mutex::new(HashMap::new()),
        }
    }

    // No code panics while it holds the lock, and every state of the table is a valid one.
    fn pending(&self) -> MutexGuard<'_, HashMap<Fingerprint, Vec<oneshot::Sender<Verdict>>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody who waits for the check of `credential`.
    fn settle(&self, credential: &Fingerprint, verdict: &Verdict) {
        for waiting in self.pending().remove(credential).into_iter().flatten() {
            // Who has gone does not want to know.
            let _ = waiting.send(verdict.clone());
        }
    }
}

impl Gate {
    /// Guards `engine`, with `threads` threads for passwords where there are some.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub(crate) fn new(engine: Engine, guard: Guard, threads: usize) -> std::io::Result<Self> {
        let Guard { settings, key, credentials } = guard;
        let checks = match settings.method {
            Method::Basic => Some(CpuPool::with_queue("password", threads, CHECKS_WAITING_MAX)?),
            _ => None,
        };
        let state = RwLock::new(Arc::new(State::new(credentials, settings.cache_lifetime)));
        let throttle = Throttle::new(settings.failures_max);
        let lookups = LookupCounter::default();
        let (everybody, stranger) = (Identity::everybody(), Identity::powerless(""));
        let checks_done = Arc::default();
        Ok(Self(Arc::new(Inner {
            engine,
            settings,
            key,
            state,
            throttle,
            everybody,
            stranger,
            lookups,
            checks,
            checks_done,
        })))
    }

    /// Whether everybody may do everything.
    pub(crate) fn is_open(&self) -> bool {
        self.method() == Method::Off
    }

    /// How callers say who they are.
    pub(crate) fn method(&self) -> Method {
        self.0.settings.method
    }

    /// How often a password was checked against a hash since the start.
    pub(crate) fn checks_done(&self) -> u64 {
        self.0.checks_done.get()
    }

    /// What is in force, in a few words.
    pub(crate) fn describe(&self) -> String {
        let (count, settings) = (self.state().credentials.len(), &self.0.settings);
        let method = match settings.method {
            Method::Off => return "off".to_owned(),
            Method::Basic => format!("passwords (Authorization: Basic), users: {count}"),
            Method::Token(TokenHeader::Authorization) => {
                format!("tokens (Authorization: Bearer), tokens: {count}")
            }
            Method::Token(TokenHeader::XChromaToken) => format!("tokens (X-Chroma-Token), tokens: {count}"),
        };
        let roles = if settings.has_roles { "roles decide" } else { "no roles" };
        format!("{method}, {roles}")
    }

    /// What the person who starts the server should know.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.state().credentials.notices.clone()
    }

    /// How often the verdict on a credential was known already.
    pub(crate) fn lookups(&self) -> Lookups {
        self.0.lookups.get()
    }

    /// Ends the threads that check passwords.
    pub(crate) fn stop(&self) {
        if let Some(checks) = &self.0.checks {
            checks.stop();
        }
    }

    /// Lets a request through, as somebody who has `action` somewhere.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) async fn admit(
        &self,
        generation: Generation,
        action: Action,
        headers: &HeaderMap,
        source: Option<Source>,
    ) -> Result<Access, Refusal> {
        let identity = match (self.0.settings.method, action.reach()) {
            (Method::Off, _) => self.0.everybody.clone(),
            (_, Reach::Open) => self.0.stranger.clone(),
            (method, _) => self.authenticate(method, generation, headers, source).await?,
        };
        // Everybody may ask who they are.
        let is_free = matches!(action.reach(), Reach::Open) || action == Action::Identity;
        if !is_free && !identity.has(action) {
            return Err(Refusal::Denied);
        }
        Ok(Access::new(self.0.engine.clone(), identity, action, self.0.settings.defaults_are_own))
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.0.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn authenticate(
        &self,
        method: Method,
        generation: Generation,
        headers: &HeaderMap,
        source: Option<Source>,
    ) -> Result<Identity, Refusal> {
        let refused = Refusal::Unauthenticated { method, is_password_too_long: false };
        let now = Instant::now();
        let given = match header::given(method, generation, headers) {
            Given::Nothing => return Err(refused),
            Given::Nonsense => {
                self.fail(source, now)?;
                return Err(refused);
            }
            Given::Credential(given) => given,
        };
        let state = self.state();
        let credential = self.0.key.of(given.as_bytes());
        if let Some(verified) = state.verified.get(&credential, now) {
            self.0.lookups.hit();
            return if verified.is_expired() { Err(refused) } else { Ok(verified.identity) };
        }
        if state.refused.get(&credential, now).is_some() {
            self.0.lookups.hit();
            self.fail(source, now)?;
            return Err(refused);
        }
        self.0.lookups.miss();
        // Counted as failed until it is known better, so that many at a time are counted too.
        self.fail(source, now)?;
        match self.check(&state, credential, given).await {
            Some(Ok(verified)) => {
                self.forgive(source);
                if verified.is_expired() { Err(refused) } else { Ok(verified.identity) }
            }
            Some(Err(())) => {
                let is_password_too_long = header::is_password_too_long(method, given);
                Err(Refusal::Unauthenticated { method, is_password_too_long })
            }
            None => {
                self.forgive(source);
                Err(Refusal::Overloaded)
            }
        }
    }

    /// Notes a failure, unless there were too many already.
    fn fail(&self, source: Option<Source>, now: Instant) -> Result<(), Refusal> {
        let Some(source) = source else { return Ok(()) };
        self.0.throttle.check(source, now).map_err(|wait| Refusal::Throttled { wait })?;
        self.0.throttle.failed(source, now);
        Ok(())
    }

    fn forgive(&self, source: Option<Source>) {
        if let Some(source) = source {
            self.0.throttle.forgive(source);
        }
    }

    async fn check(&self, state: &Arc<State>, credential: Fingerprint, given: &str) -> Verdict {
        match &state.credentials.proof {
            Proof::None => None,
            Proof::Tokens(tokens) => {
                let owner = tokens
                    .owner(given)
                    .map(|owner| Verified { identity: owner.identity.clone(), expires: owner.expires });
                let verdict = owner.ok_or(());
                remember(state, credential, &verdict);
                Some(verdict)
            }
            Proof::Passwords { .. } => self.check_password(state, credential, given).await,
        }
    }

    /// Checks a password on the pool, once for all who bring the same one at the same time.
    async fn check_password(&self, state: &Arc<State>, credential: Fingerprint, given: &str) -> Verdict {
        let Some((user, password)) = header::user_and_password(given) else {
            let verdict = Err(());
            remember(state, credential, &verdict);
            return Some(verdict);
        };
        let (settled, verdict) = oneshot::channel();
        let is_first = {
            let mut pending = state.pending();
            let waiting = pending.entry(credential).or_default();
            waiting.push(settled);
            waiting.len() == 1
        };
        if is_first {
            let (checked, checks_done) = (Arc::clone(state), Arc::clone(&self.0.checks_done));
            let seed = u64::from_le_bytes(
                self.0.key.of(user.expose().as_bytes())[..8].try_into().unwrap_or_default(),
            );
            let job = move || {
                let proof = &checked.credentials.proof;
                let verify = || verify(proof, user.expose(), password.expose(), seed, &checks_done);
                let verdict = catch_unwind(AssertUnwindSafe(verify)).ok();
                if let Some(verdict) = &verdict {
                    remember(&checked, credential, verdict);
                }
                checked.settle(&credential, &verdict);
            };
            let is_queued = self.0.checks.as_ref().is_some_and(|checks| checks.push(Box::new(job)));
            if !is_queued {
                state.settle(&credential, &None);
            }
        }
        // The channel closes without a verdict when the pool has stopped.
        verdict.await.unwrap_or(None)
    }
}

impl Reload for Gate {
    fn name(&self) -> &'static str {
        "users and roles"
    }

    fn files(&self) -> Vec<PathBuf> {
        credentials::files(&self.0.settings)
    }

    /// Requests that were admitted go on as who they were.
    fn reload(&self) -> Result<String, String> {
        let credentials = Credentials::load(&self.0.settings, self.0.key.clone())?;
        for notice in &credentials.notices {
            tracing::warn!(notice, "users and roles");
        }
        let state = Arc::new(State::new(credentials, self.0.settings.cache_lifetime));
        *self.0.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(self.describe())
    }
}

/// Checks one hash whoever asks, so that strangers and users with a wrong password wait alike.
fn verify(proof: &Proof, user: &str, password: &str, seed: u64, checks: &Counter) -> Result<Verified, ()> {
    let Proof::Passwords { passwords, users } = proof else { return Err(()) };
    let (hash, is_known) = passwords.hash_of(user, seed);
    let is_right = hash.matches(password, checks);
    match users.get(user) {
        Some(user) if is_known && is_right => {
            Ok(Verified { identity: user.identity.clone(), expires: user.expires })
        }
        _ => Err(()),
    }
}

fn remember(state: &State, credential: Fingerprint, verdict: &Result<Verified, ()>) {
    let now = Instant::now();
    match verdict {
        Ok(verified) => state.verified.insert(credential, verified.clone(), now),
        Err(()) => state.refused.insert(credential, (), now),
    }
}

#[cfg(test)]
mod tests;
