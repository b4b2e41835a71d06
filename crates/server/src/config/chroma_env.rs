//! Chroma's settings of both generations, and what each means here. No other module knows one.
//!
//! [`ENVIRONMENT`] holds the names of 0.5.13, of its image and of the clients; [`FILE_KEYS`] the keys
//! of a 1.x configuration file, which 1.x also reads from the environment as `CHROMA_` + key, with
//! `__` between the levels of a nested one.

use super::value::parse_switch;

/// One setting of Chroma.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What it does in Chroma.
    pub(crate) meaning: &'static str,
    pub(crate) rule: Rule,
    pub(crate) effect: Effect,
}

/// What a value must look like, where that is checked although the setting has no effect.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Any,
    Switch,
    Number,
    Words(&'static [&'static str]),
    /// An empty object is no headers, which compose files pass for unset ones.
    Headers,
}

/// What a setting does here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Sets the option of this name, by that option's rules.
    Sets(&'static str),
    /// Sets an option to a word of ours for each of Chroma's; other words are refused.
    Translates(&'static str, &'static [(&'static str, &'static str)]),
    /// Nothing, and why nothing is missed.
    Nothing(&'static str),
    /// Nothing, which the start-up text says.
    Warns(&'static str),
    /// Nothing; the start-up text says so when the value is false.
    WarnsWhenFalse(&'static str),
    /// Stops the start: going on without it would do harm.
    Refused(&'static str),
}

/// What applying one setting came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Set(&'static str),
    /// An option and its value.
    SetTo(&'static str, &'static str),
    Nothing,
    Notice(&'static str),
    Refused(&'static str),
    /// The phrase follows "because it ".
    BadValue(String),
}

impl Row {
    /// Judges a value that is not empty; Chroma's compose files pass empty values for unset ones.
    pub(crate) fn judge(&self, value: &str) -> Outcome {
        if matches!(self.rule, Rule::Headers) && value.trim().trim_start_matches('{').trim() == "}" {
            return Outcome::Nothing;
        }
        if let Err(reason) = self.rule.check(value) {
            return Outcome::BadValue(reason);
        }
        match self.effect {
            Effect::Sets(option) => Outcome::Set(option),
            Effect::Translates(option, words) => match words.iter().find(|(theirs, _)| *theirs == value) {
                Some((_, ours)) => Outcome::SetTo(option, ours),
                None => Outcome::BadValue(format!("is none of {}", joined(words))),
            },
            Effect::Nothing(_) => Outcome::Nothing,
            Effect::Warns(reason) => Outcome::Notice(reason),
            Effect::WarnsWhenFalse(reason) => match parse_switch(value) {
                Ok(true) => Outcome::Nothing,
                Ok(false) => Outcome::Notice(reason),
                Err(reason) => Outcome::BadValue(reason),
            },
            Effect::Refused(reason) => Outcome::Refused(reason),
        }
    }
}

impl Rule {
    fn check(self, value: &str) -> Result<(), String> {
        match self {
            Self::Any | Self::Headers => Ok(()),
            Self::Switch => parse_switch(value).map(|_| ()),
            Self::Number => value.parse::<u64>().map(|_| ()).map_err(|_| "is not a whole number".to_owned()),
            Self::Words(words) if words.contains(&value) => Ok(()),
            Self::Words(words) => Err(format!("is none of {}", words.join(", "))),
        }
    }
}

fn joined(words: &[(&str, &str)]) -> String {
    words.iter().map(|(theirs, _)| *theirs).collect::<Vec<_>>().join(", ")
}

/// The row for a name in the environment, in any letter case as in Chroma.
pub(crate) fn row_for_environment(name: &str) -> Option<&'static Row> {
    let name = name.to_ascii_uppercase();
    if let Some(row) = ENVIRONMENT.iter().find(|row| row.name == name) {
        return Some(row);
    }
    let rest = name.strip_prefix("CHROMA_")?;
    if rest.ends_with("_API_KEY") {
        return Some(&EMBEDDING_KEY);
    }
    if let Some(row) = row_for_file_key(&rest.to_ascii_lowercase().replace("__", ".")) {
        return Some(row);
    }
    let (key, is_nested) = rest.split_once("__").map_or((rest, false), |(key, _)| (key, true));
    let row = row_for_file_key(&key.to_ascii_lowercase())?;
    let is_plain = matches!(row.effect, Effect::Sets(_));
    (!(is_nested && is_plain)).then_some(row)
}

/// The row for a key of a 1.x configuration file.
pub(crate) fn row_for_file_key(key: &str) -> Option<&'static Row> {
    FILE_KEYS.iter().find(|row| row.name == key)
}

/// Every name that may stand in the environment, for suggestions.
pub(crate) fn environment_names() -> impl Iterator<Item = String> {
    let from_file =
        FILE_KEYS.iter().map(|row| format!("CHROMA_{}", row.name.replace('.', "__").to_ascii_uppercase()));
    ENVIRONMENT.iter().map(|row| row.name.to_owned()).chain(from_file)
}

pub(super) const fn row(name: &'static str, meaning: &'static str, effect: Effect) -> Row {
    Row { name, meaning, rule: Rule::Any, effect }
}

const fn checked(name: &'static str, meaning: &'static str, rule: Rule, effect: Effect) -> Row {
    Row { name, meaning, rule, effect }
}

/// Classes of 0.5, of 0.4, and the short names of 0.4.
const AUTHENTICATORS: Effect = Effect::Translates(
    "auth",
    &[
        ("chromadb.auth.basic_authn.BasicAuthenticationServerProvider", "basic"),
        ("chromadb.auth.token_authn.TokenAuthenticationServerProvider", "token"),
        ("chromadb.auth.basic.BasicAuthServerProvider", "basic"),
        ("chromadb.auth.token.TokenAuthServerProvider", "token"),
        ("basic", "basic"),
        ("token", "token"),
    ],
);
const AUTHORIZERS: Effect = Effect::Translates(
    "authz",
    &[
        ("chromadb.auth.simple_rbac_authz.SimpleRBACAuthorizationProvider", "roles"),
        ("chromadb.auth.authz.SimpleRBACAuthorizationProvider", "roles"),
    ],
);
const TOKEN_HEADERS: Effect = Effect::Translates(
    "auth-token-header",
    &[
        ("Authorization", "Authorization"),
        ("X-Chroma-Token", "X-Chroma-Token"),
        ("AUTHORIZATION", "Authorization"),
        ("X_CHROMA_TOKEN", "X-Chroma-Token"),
    ],
);
/// Where 0.4 found users; the form of the text tells it here.
const CREDENTIALS_PROVIDERS: Rule = Rule::Words(&[
    "chromadb.auth.providers.HtpasswdFileServerAuthCredentialsProvider",
    "chromadb.auth.providers.HtpasswdConfigurationServerAuthCredentialsProvider",
    "chromadb.auth.token.TokenConfigServerAuthCredentialsProvider",
    "chromadb.auth.token.UserTokenConfigServerAuthCredentialsProvider",
    "htpasswd_file",
    "htpasswd_config",
    "token_config",
    "user_token_config",
]);
const AUTHZ_CONFIG_PROVIDERS: Rule = Rule::Words(&[
    "chromadb.auth.authz.LocalUserConfigAuthorizationConfigurationProvider",
    "local_user_config",
]);
const FORM: Effect = Effect::Nothing("the form of the credentials tells what they are");
const PLUGIN: Effect = Effect::Refused("Python plug-ins cannot be loaded, and requests would go unchecked");
/// The endpoint of 0.5.13, where traces need a granularity as well.
pub(crate) const CHROMA_ENDPOINT: &str = "CHROMA_OTEL_COLLECTION_ENDPOINT";
const CLIENT: Effect = Effect::Nothing("read by clients, not by a server");
const PARTS: Effect = Effect::Nothing("HueDB is made of other parts, and of one process");
const STORE: Effect = Effect::Nothing("HueDB has a storage format of its own");
const IMAGE: Effect = Effect::Nothing("one process serves all connections, and logs go to standard error");
const SCORECARD: Effect =
    Effect::Warns("limits here are by caller and tenant; set requests-per-second-max or queries-max instead");
const LABEL: Effect = Effect::Nothing("a label that nothing here reads");

/// Stands for `CHROMA_OPENAI_API_KEY` and the like.
static EMBEDDING_KEY: Row = row("CHROMA_*_API_KEY", "key of an embedding provider", CLIENT);

/// Names of 0.5.13 and of both generations' images and clients.
pub(crate) static ENVIRONMENT: &[Row] = &[
    row("PERSIST_DIRECTORY", "data directory", Effect::Sets("path")),
    checked("ALLOW_RESET", "enables reset", Rule::Switch, Effect::Sets("allow-reset")),
    row("CHROMA_SERVER_CORS_ALLOW_ORIGINS", "web origins, a JSON list", Effect::Sets("cors-allow-origins")),
    row("CHROMA_HOST_ADDR", "listening address in the image", Effect::Sets("host")),
    row("CHROMA_HOST_PORT", "listening port in the image", Effect::Sets("port")),
    row(
        "IS_PERSISTENT",
        "keep data on disk",
        Effect::WarnsWhenFalse("data is kept on disk anyway; point HUEDB_PATH at a temporary directory"),
    ),
    checked(
        "ANONYMIZED_TELEMETRY",
        "product telemetry",
        Rule::Switch,
        Effect::Nothing("HueDB sends no telemetry to anybody"),
    ),
    row("CHROMA_PRODUCT_TELEMETRY_IMPL", "product telemetry", Effect::Nothing("there is no such telemetry")),
    row("CHROMA_TELEMETRY_IMPL", "product telemetry", Effect::Nothing("there is no such telemetry")),
    checked("CHROMA_SERVER_NOFILE", "limit of open files", Rule::Number, Effect::Sets("open-files")),
    checked(
        "CHROMA_SERVER_THREAD_POOL_SIZE",
        "threads for blocking work",
        Rule::Number,
        Effect::Nothing("threads here follow the cores; see cpu-threads"),
    ),
    checked(
        "CHROMA_MEMORY_LIMIT_BYTES",
        "memory for loaded indexes",
        Rule::Number,
        Effect::Nothing("segments are mapped, and the system's page cache bounds itself"),
    ),
    row("CHROMA_SEGMENT_CACHE_POLICY", "which indexes stay loaded", Effect::Nothing("as above")),
    row("CHROMA_SERVER_AUTHN_PROVIDER", "who may call: the method", AUTHENTICATORS),
    row("CHROMA_SERVER_AUTH_PROVIDER", "the same before 0.5", AUTHENTICATORS),
    row("CHROMA_SERVER_AUTHN_CREDENTIALS", "who may call: the users", Effect::Sets("auth-credentials")),
    row("CHROMA_SERVER_AUTH_CREDENTIALS", "the same before 0.5", Effect::Sets("auth-credentials")),
    row(
        "CHROMA_SERVER_AUTHN_CREDENTIALS_FILE",
        "who may call: file of the users",
        Effect::Sets("auth-credentials-file"),
    ),
    row("CHROMA_SERVER_AUTH_CREDENTIALS_FILE", "the same before 0.5", Effect::Sets("auth-credentials-file")),
    checked(
        "CHROMA_SERVER_AUTH_CREDENTIALS_PROVIDER",
        "form of the users before 0.5",
        CREDENTIALS_PROVIDERS,
        FORM,
    ),
    row("CHROMA_SERVER_AUTHZ_PROVIDER", "who may do what: the method", AUTHORIZERS),
    row("CHROMA_SERVER_AUTHZ_CONFIG", "who may do what: the roles", Effect::Sets("authz-config")),
    row(
        "CHROMA_SERVER_AUTHZ_CONFIG_FILE",
        "who may do what: file of the roles",
        Effect::Sets("authz-config-file"),
    ),
    checked(
        "CHROMA_SERVER_AUTHZ_CONFIG_PROVIDER",
        "form of the roles before 0.5",
        AUTHZ_CONFIG_PROVIDERS,
        FORM,
    ),
    row("CHROMA_AUTH_TOKEN_TRANSPORT_HEADER", "header that carries a token", TOKEN_HEADERS),
    row("CHROMA_SERVER_AUTH_TOKEN_TRANSPORT_HEADER", "the same before 0.5", TOKEN_HEADERS),
    row(
        "CHROMA_SERVER_AUTH_IGNORE_PATHS",
        "paths open to all",
        Effect::Nothing("it had no effect in 0.5.13 either"),
    ),
    row(
        "CHROMA_OVERWRITE_SINGLETON_TENANT_DATABASE_ACCESS_FROM_AUTH",
        "take tenant and database from the user",
        Effect::Sets("auth-own-defaults"),
    ),
    row(CHROMA_ENDPOINT, "where traces go", Effect::Sets("otel-endpoint")),
    row(
        "CHROMA_OTEL_EXPORTER_ENDPOINT",
        "where traces go, as compose files spell it",
        Effect::Sets("otel-endpoint"),
    ),
    row("CHROMA_OTEL_SERVICE_NAME", "service name in traces", Effect::Sets("otel-service-name")),
    checked(
        "CHROMA_OTEL_COLLECTION_HEADERS",
        "headers for traces, a JSON object",
        Rule::Headers,
        Effect::Sets("otel-headers"),
    ),
    checked(
        "CHROMA_OTEL_EXPORTER_HEADERS",
        "headers for traces, as compose files spell it",
        Rule::Headers,
        Effect::Sets("otel-headers"),
    ),
    checked(
        "CHROMA_OTEL_GRANULARITY",
        "detail of traces",
        Rule::Words(&["none", "operation", "operation_and_segment", "all"]),
        Effect::Sets("otel-granularity"),
    ),
    row("CHROMA_QUOTA_PROVIDER_IMPL", "quota plug-in", PLUGIN),
    row("CHROMA_RATE_LIMITING_PROVIDER_IMPL", "rate limit plug-in", PLUGIN),
    row(
        "CHROMA_RATE_LIMIT_ENFORCER_IMPL",
        "rate limit plug-in",
        Effect::Nothing("the one that Chroma ships lets every request pass"),
    ),
    row(
        "CHROMA_DB_IMPL",
        "storage of versions before 0.4",
        Effect::Refused("it names a storage from before Chroma 0.4; unset it"),
    ),
    row("CHROMA_API_IMPL", "class of the server", PARTS),
    row("CHROMA_SYSDB_IMPL", "class of the catalog", PARTS),
    row("CHROMA_PRODUCER_IMPL", "class of the log", PARTS),
    row("CHROMA_CONSUMER_IMPL", "class of the log", PARTS),
    row("CHROMA_EXECUTOR_IMPL", "class of the executor", PARTS),
    row("CHROMA_SEGMENT_MANAGER_IMPL", "class of the index manager", PARTS),
    row("CHROMA_SEGMENT_DIRECTORY_IMPL", "class of the index directory", PARTS),
    row("CHROMA_MEMBERLIST_PROVIDER_IMPL", "class of the member list", PARTS),
    row("WORKER_MEMBERLIST_NAME", "member list of the cluster", PARTS),
    row("CHROMA_COORDINATOR_HOST", "host of the cluster's catalog", PARTS),
    row("CHROMA_SERVER_GRPC_PORT", "port between parts of the cluster", PARTS),
    row("CHROMA_LOGSERVICE_HOST", "host of the cluster's log", PARTS),
    row("CHROMA_LOGSERVICE_PORT", "port of the cluster's log", PARTS),
    row("CHROMA_LOGSERVICE_REQUEST_TIMEOUT_SECONDS", "patience with the cluster's log", PARTS),
    row("CHROMA_SYSDB_REQUEST_TIMEOUT_SECONDS", "patience with the cluster's catalog", PARTS),
    row("CHROMA_QUERY_REQUEST_TIMEOUT_SECONDS", "patience with the cluster's workers", PARTS),
    row("MIGRATIONS", "how the SQLite file is migrated", STORE),
    row("MIGRATIONS_HASH_ALGORITHM", "checksum of migrations", STORE),
    row("ENVIRONMENT", "free text", LABEL),
    row("TENANT_ID", "part of a log topic's name", LABEL),
    row("TOPIC_NAMESPACE", "part of a log topic's name", LABEL),
    row("CHROMA_CLI", "set by Chroma's own command line", LABEL),
    row("CHROMA_WORKERS", "processes in the image", IMAGE),
    row("CHROMA_LOG_CONFIG", "log configuration of the image", IMAGE),
    row("CHROMA_TIMEOUT_KEEP_ALIVE", "idle seconds of a connection", Effect::Sets("head-timeout-seconds")),
    row("CHROMA_CLIENT_AUTH_PROVIDER", "how a client authenticates", CLIENT),
    row("CHROMA_CLIENT_AUTH_CREDENTIALS", "a client's credentials", CLIENT),
    row("CHROMA_SERVER_HOST", "server that a client calls", CLIENT),
    row("CHROMA_SERVER_HTTP_PORT", "port that a client calls", CLIENT),
    row("CHROMA_SERVER_HEADERS", "headers that a client sends", CLIENT),
    row("CHROMA_SERVER_SSL_ENABLED", "whether a client uses TLS", CLIENT),
    row("CHROMA_SERVER_SSL_VERIFY", "whether a client checks certificates", CLIENT),
    row("CHROMA_SERVER_API_DEFAULT_PATH", "path that a client calls", CLIENT),
    row("CHROMA_HTTP_KEEPALIVE_SECS", "idle seconds of a client's connection", CLIENT),
    row("CHROMA_HTTP_MAX_CONNECTIONS", "connections of a client", CLIENT),
    row("CHROMA_HTTP_MAX_KEEPALIVE_CONNECTIONS", "idle connections of a client", CLIENT),
    row("CHROMA_API_KEY", "a client's key for Chroma Cloud", CLIENT),
    row("CHROMA_TENANT", "a client's tenant", CLIENT),
    row("CHROMA_DATABASE", "a client's database", CLIENT),
    row("CHROMA_HOST", "server that a client calls", CLIENT),
];

/// Keys of a 1.x configuration file.
pub(crate) static FILE_KEYS: &[Row] = &[
    row("port", "listening port", Effect::Sets("port")),
    row("listen_address", "listening address", Effect::Sets("host")),
    row("persist_path", "data directory", Effect::Sets("path")),
    row("allow_reset", "enables reset", Effect::Sets("allow-reset")),
    row("cors_allow_origins", "web origins", Effect::Sets("cors-allow-origins")),
    row("max_payload_size_bytes", "largest request body", Effect::Sets("body-bytes-max")),
    row("sqlite_filename", "name of the SQLite file", STORE),
    row("sqlitedb", "settings of the SQLite file", STORE),
    row("segment_manager", "cache of open indexes", STORE),
    row("hnsw_provider", "cache of open indexes", STORE),
    row("default_knn_index", "index of new collections", Effect::Nothing("the engine plans by itself")),
    row("enable_schema", "collection schemas", Effect::Nothing("schemas are always on")),
    row("open_telemetry.endpoint", "where traces go", Effect::Sets("otel-endpoint")),
    row("open_telemetry.service_name", "service name in traces", Effect::Sets("otel-service-name")),
    row(
        "open_telemetry.filters",
        "detail of traces by part of Chroma",
        Effect::Nothing("the parts have other names here; see otel-granularity"),
    ),
    row("stdout_tracing", "traces on standard output", Effect::Nothing("see log-level")),
    row(
        "circuit_breaker",
        "requests at a time",
        Effect::Warns("requests are bounded by connections-max and the queue instead"),
    ),
    row("scorecard_enabled", "rate limits by pattern", SCORECARD),
    row("scorecard", "rate limits by pattern", SCORECARD),
    row("sysdb", "where the catalog is", PARTS),
    row("mcmr_sysdb", "where the catalog is", PARTS),
    row("log", "where the log is", PARTS),
    row("executor", "where searches run", PARTS),
    row("collections_with_segments_provider", "cache of the catalog", PARTS),
    row("region", "name of the region", PARTS),
    row("regions_and_topologies", "names of the regions", PARTS),
    row("min_records_for_invocation", "batching of attached functions", PARTS),
    row("enable_span_indexing", "index of the distributed engine", PARTS),
    row("enable_log_scouting", "log of the distributed engine", PARTS),
    row("tenants_to_migrate_immediately", "migration inside Chroma Cloud", PARTS),
    row("tenants_to_migrate_immediately_threshold", "migration inside Chroma Cloud", PARTS),
    row("tenants_with_quantization_enabled", "experiments of Chroma Cloud", PARTS),
    row("tenants_with_maxscore_enabled", "experiments of Chroma Cloud", PARTS),
];

#[cfg(test)]
mod tests;
