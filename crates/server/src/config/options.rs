//! The one table of options. Parsers, `--help` and `docs/configuration.md` are made from it.

use std::path::PathBuf;

use super::{
    telemetry_options::{TELEMETRY, TelemetrySettings},
    value::{Kind, RATE_MAX, RECORDS_MAX, TENANT_BYTES_MAX},
};
use crate::auth::secret::Secret;

/// Values of all options. Every field belongs to one row of [`OPTIONS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) path: PathBuf,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) allow_reset: bool,
    pub(crate) cors_allow_origins: Vec<String>,
    pub(crate) auth: &'static str,
    pub(crate) auth_credentials: Secret,
    pub(crate) auth_credentials_file: Option<PathBuf>,
    pub(crate) auth_token_header: &'static str,
    pub(crate) authz: &'static str,
    pub(crate) authz_config: Secret,
    pub(crate) authz_config_file: Option<PathBuf>,
    pub(crate) auth_own_defaults: bool,
    pub(crate) require_auth: bool,
    pub(crate) auth_failures_per_minute: u64,
    pub(crate) auth_cache_seconds: u64,
    pub(crate) tls_certificate: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) tls_client_ca: Option<PathBuf>,
    pub(crate) tls_client_certificates: &'static str,
    pub(crate) tls_version_min: &'static str,
    pub(crate) requests_per_second_max: u64,
    pub(crate) queries_max: u64,
    pub(crate) tenant_records_max: u64,
    pub(crate) tenant_bytes_max: u64,
    pub(crate) audit_log: Option<PathBuf>,
    pub(crate) audit_file_bytes_max: u64,
    pub(crate) audit_files_max: u64,
    pub(crate) body_bytes_max: u64,
    pub(crate) body_memory_bytes_max: u64,
    pub(crate) compress_bytes_min: u64,
    pub(crate) connections_max: u64,
    pub(crate) open_files: u64,
    pub(crate) head_timeout_seconds: u64,
    pub(crate) cpu_threads: u64,
    pub(crate) memtable_bytes_max: u64,
    pub(crate) write_memory_bytes_max: u64,
    pub(crate) open_collections_max: u64,
    pub(crate) log_level: &'static str,
    pub(crate) log_format: &'static str,
    pub(crate) telemetry: TelemetrySettings,
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionSpec {
    /// Key in the file, and the flag after `--`. Files may write `_` for `-`.
    pub(crate) name: &'static str,
    /// Another name of the flag, which scripts that ran Chroma have.
    pub(crate) alias: Option<&'static str>,
    /// Name in the environment.
    pub(crate) environment: &'static str,
    /// Heading in `--help` and in the reference page.
    pub(crate) group: &'static str,
    pub(crate) kind: Kind,
    /// Read by the same rule as every other value.
    pub(crate) default: &'static str,
    /// One sentence without a final stop, for `--help`.
    pub(crate) summary: &'static str,
    /// What else a person should know, for the reference page.
    pub(crate) detail: &'static str,
    /// Whether a change takes effect only at the next start.
    pub(crate) restart: bool,
    /// Never printed; comes from a file or the environment, never from a flag.
    pub(crate) secret: bool,
}

/// What a row leaves out.
pub(super) const PLAIN: OptionSpec = OptionSpec {
    name: "",
    alias: None,
    environment: "",
    group: "",
    kind: Kind::Switch(|settings| &mut settings.allow_reset),
    default: "",
    summary: "",
    detail: "",
    restart: true,
    secret: false,
};

const MIB: u64 = 1 << 20;

/// Name of the option that bounds request bodies, as the answer to a larger one says it.
pub(crate) const BODY_OPTION: &str = "HUEDB_BODY_BYTES_MAX";

/// Every option, those of one heading after each other.
pub(crate) const OPTIONS: &[OptionSpec] = &joined::<{ GENERAL.len() + TELEMETRY.len() }>(GENERAL, TELEMETRY);

/// Tables in several files become one.
const fn joined<const LENGTH: usize>(first: &[OptionSpec], second: &[OptionSpec]) -> [OptionSpec; LENGTH] {
    let mut all = [PLAIN; LENGTH];
    let mut place = 0;
    while place < LENGTH {
        all[place] = if place < first.len() { first[place] } else { second[place - first.len()] };
        place += 1;
    }
    all
}

const GENERAL: &[OptionSpec] = &[
    OptionSpec {
        name: "path",
        environment: "HUEDB_PATH",
        group: "Data",
        kind: Kind::Path(|settings| &mut settings.path),
        default: "./huedb-data",
        summary: "Directory for all data; made when missing",
        detail: "One server at a time may use it: a second one refuses to start. `auto`, the default of the image, is \
                 whichever of /data, /chroma/chroma and /index_data is a mount.",
        ..PLAIN
    },
    OptionSpec {
        name: "allow-reset",
        environment: "HUEDB_ALLOW_RESET",
        group: "Data",
        kind: Kind::Switch(|settings| &mut settings.allow_reset),
        default: "false",
        summary: "Let clients delete everything with `reset()`",
        ..PLAIN
    },
    OptionSpec {
        name: "host",
        environment: "HUEDB_HOST",
        group: "Network",
        kind: Kind::Host(|settings| &mut settings.host),
        default: "127.0.0.1",
        summary: "Address to listen on; 0.0.0.0 is all of them",
        detail: "Of a name with several addresses the first IPv4 one is taken.",
        ..PLAIN
    },
    OptionSpec {
        name: "port",
        environment: "HUEDB_PORT",
        group: "Network",
        kind: Kind::Port(|settings| &mut settings.port),
        default: "8000",
        summary: "Port to listen on; 0 takes a free one",
        ..PLAIN
    },
    OptionSpec {
        name: "cors-allow-origins",
        environment: "HUEDB_CORS_ALLOW_ORIGINS",
        group: "Network",
        kind: Kind::Origins(|settings| &mut settings.cors_allow_origins),
        default: "[]",
        summary: "Web origins whose pages may call the server, or `*`",
        detail: "Methods and headers are not restricted, credentials are never allowed, and browsers may \
                 remember an answer for 600 seconds.",
        ..PLAIN
    },
    OptionSpec {
        name: "auth",
        environment: "HUEDB_AUTH",
        group: "Authentication",
        kind: Kind::Choice { field: |settings| &mut settings.auth, words: &["off", "basic", "token"] },
        default: "off",
        summary: "How callers prove who they are",
        detail: "[authentication.md](authentication.md) shows each of them with all clients.",
        ..PLAIN
    },
    OptionSpec {
        name: "auth-credentials",
        environment: "HUEDB_AUTH_CREDENTIALS",
        group: "Authentication",
        kind: Kind::Secret(|settings| &mut settings.auth_credentials),
        summary: "Users with their passwords or tokens",
        detail: "For `basic`, lines of `user:hash`; for `token`, one token or users with tokens as YAML.",
        secret: true,
        ..PLAIN
    },
    OptionSpec {
        name: "auth-credentials-file",
        environment: "HUEDB_AUTH_CREDENTIALS_FILE",
        group: "Authentication",
        kind: Kind::OptionalPath(|settings| &mut settings.auth_credentials_file),
        summary: "File with what `auth-credentials` would hold",
        detail: "Read again when it changes and on SIGHUP; a file with a mistake changes nothing.",
        ..PLAIN
    },
    OptionSpec {
        name: "auth-token-header",
        environment: "HUEDB_AUTH_TOKEN_HEADER",
        group: "Authentication",
        kind: Kind::Choice {
            field: |settings| &mut settings.auth_token_header,
            words: &["Authorization", "X-Chroma-Token"],
        },
        default: "Authorization",
        summary: "Header that carries a token",
        detail: "The other one does not count.",
        ..PLAIN
    },
    OptionSpec {
        name: "authz",
        environment: "HUEDB_AUTHZ",
        group: "Authentication",
        kind: Kind::Choice { field: |settings| &mut settings.authz, words: &["off", "roles"] },
        default: "off",
        summary: "Whether roles decide what a user may do",
        detail: "With `off`, a user may do everything within the tenant and databases that the user is bound to.",
        ..PLAIN
    },
    OptionSpec {
        name: "authz-config",
        environment: "HUEDB_AUTHZ_CONFIG",
        group: "Authentication",
        kind: Kind::Secret(|settings| &mut settings.authz_config),
        summary: "Roles and the users who have them, as YAML",
        secret: true,
        ..PLAIN
    },
    OptionSpec {
        name: "authz-config-file",
        environment: "HUEDB_AUTHZ_CONFIG_FILE",
        group: "Authentication",
        kind: Kind::OptionalPath(|settings| &mut settings.authz_config_file),
        summary: "File with what `authz-config` would hold",
        detail: "Chroma's `authz.yaml`; may be the same file as `auth-credentials-file`. Read again like that one.",
        ..PLAIN
    },
    OptionSpec {
        name: "auth-own-defaults",
        environment: "HUEDB_AUTH_OWN_DEFAULTS",
        group: "Authentication",
        kind: Kind::Switch(|settings| &mut settings.auth_own_defaults),
        default: "false",
        summary: "The default tenant and database mean the user's own",
        detail: "Where the user has just one: `default_tenant` and `default_database` in a request then stand for it.",
        ..PLAIN
    },
    OptionSpec {
        name: "require-auth",
        environment: "HUEDB_REQUIRE_AUTH",
        group: "Authentication",
        kind: Kind::Switch(|settings| &mut settings.require_auth),
        default: "false",
        summary: "Refuse to start without authentication",
        ..PLAIN
    },
    OptionSpec {
        name: "auth-failures-per-minute",
        environment: "HUEDB_AUTH_FAILURES_PER_MINUTE",
        group: "Authentication",
        kind: Kind::Count { field: |settings| &mut settings.auth_failures_per_minute, min: 0, max: 60_000 },
        default: "60",
        summary: "Failed logins of one address; 0 is no limit",
        detail: "Further attempts are answered with 429. Callers whose credentials were verified lately are not concerned. Behind a proxy all callers have one \
                 address: limit there, and set 0 here.",
        ..PLAIN
    },
    OptionSpec {
        name: "auth-cache-seconds",
        environment: "HUEDB_AUTH_CACHE_SECONDS",
        group: "Authentication",
        kind: Kind::Count { field: |settings| &mut settings.auth_cache_seconds, min: 1, max: 86_400 },
        default: "600",
        summary: "How long a verified credential is believed",
        detail: "Then its hash is computed again. Only keyed hashes of credentials are kept. A reload forgets them all.",
        ..PLAIN
    },
    OptionSpec {
        name: "tls-certificate",
        alias: Some("ssl-certfile"),
        environment: "HUEDB_TLS_CERT",
        group: "TLS",
        kind: Kind::OptionalPath(|settings| &mut settings.tls_certificate),
        summary: "Serve HTTPS with this certificate (PEM)",
        detail: "The server's own certificate, followed by those that lead to an authority. It is read again \
                 on SIGHUP and when it changes, as are the key and the authorities; open connections stay. \
                 The flag may also be written `--ssl-certfile`. See [tls.md](tls.md).",
        ..PLAIN
    },
    OptionSpec {
        name: "tls-key",
        alias: Some("ssl-keyfile"),
        environment: "HUEDB_TLS_KEY",
        group: "TLS",
        kind: Kind::OptionalPath(|settings| &mut settings.tls_key),
        summary: "Private key of the certificate (PEM)",
        detail: "RSA, ECDSA (P-256 or P-384) or Ed25519, not encrypted. Without it the key is looked for in \
                 the certificate's file. The flag may also be written `--ssl-keyfile`.",
        ..PLAIN
    },
    OptionSpec {
        name: "tls-client-ca",
        environment: "HUEDB_TLS_CLIENT_CA",
        group: "TLS",
        kind: Kind::OptionalPath(|settings| &mut settings.tls_client_ca),
        summary: "Authorities of client certificates (PEM)",
        detail: "With it clients must show a certificate that one of these authorities has signed.",
        ..PLAIN
    },
    OptionSpec {
        name: "tls-client-certificates",
        environment: "HUEDB_TLS_CLIENT_CERTIFICATES",
        group: "TLS",
        kind: Kind::Choice {
            field: |settings| &mut settings.tls_client_certificates,
            words: &["required", "optional"],
        },
        default: "required",
        summary: "Whether a client may come without one",
        detail: "Takes effect with `tls-client-ca` only. A certificate that is shown is always checked.",
        ..PLAIN
    },
    OptionSpec {
        name: "tls-version-min",
        environment: "HUEDB_TLS_VERSION_MIN",
        group: "TLS",
        kind: Kind::Choice { field: |settings| &mut settings.tls_version_min, words: &["1.2", "1.3"] },
        default: "1.2",
        summary: "Oldest version of TLS that is spoken",
        ..PLAIN
    },
    OptionSpec {
        name: "requests-per-second-max",
        environment: "HUEDB_REQUESTS_PER_SECOND_MAX",
        group: "Limits of a caller",
        kind: Kind::Count { field: |settings| &mut settings.requests_per_second_max, min: 0, max: RATE_MAX },
        default: "0",
        summary: "Requests a second of one caller; 0 is no limit",
        detail: "A caller is a user, or without authentication an address. As many as a second allows may come \
                 at once. Further ones are answered with 429 and `Retry-After`; probes never are.",
        ..PLAIN
    },
    OptionSpec {
        name: "queries-max",
        environment: "HUEDB_QUERIES_MAX",
        group: "Limits of a caller",
        kind: Kind::Count { field: |settings| &mut settings.queries_max, min: 0, max: RATE_MAX },
        default: "0",
        summary: "Queries of one caller at the same time; 0 is no limit",
        detail: "Counts `query`, `search` and `get`. Further ones are answered with 429 and `Retry-After`.",
        ..PLAIN
    },
    OptionSpec {
        name: "tenant-records-max",
        environment: "HUEDB_TENANT_RECORDS_MAX",
        group: "Limits of a caller",
        kind: Kind::Count { field: |settings| &mut settings.tenant_records_max, min: 0, max: RECORDS_MAX },
        default: "0",
        summary: "Records of one tenant; 0 is no limit",
        detail: "A tenant that holds as many can read and delete, and nothing else. It is counted once a \
                 second, so that writes under way can go a little beyond it.",
        ..PLAIN
    },
    OptionSpec {
        name: "tenant-bytes-max",
        environment: "HUEDB_TENANT_BYTES_MAX",
        group: "Limits of a caller",
        kind: Kind::Bytes { field: |settings| &mut settings.tenant_bytes_max, min: 0, max: TENANT_BYTES_MAX },
        default: "0",
        summary: "Bytes of one tenant; 0 is no limit",
        detail: "What its records take on disk and in memory. Deleted records count until compaction has \
                 removed them.",
        ..PLAIN
    },
    OptionSpec {
        name: "audit-log",
        environment: "HUEDB_AUDIT_LOG",
        group: "Audit",
        kind: Kind::OptionalPath(|settings| &mut settings.audit_log),
        summary: "File that records who did what",
        detail: "One line of JSON a request: time, user, address, action, tenant, database, collection, \
                 status. Documents, embeddings, metadata and secrets are not in it. Only the server's user \
                 can read it. On SIGHUP it is opened anew. See [audit.md](audit.md).",
        ..PLAIN
    },
    OptionSpec {
        name: "audit-file-bytes-max",
        environment: "HUEDB_AUDIT_FILE_BYTES_MAX",
        group: "Audit",
        kind: Kind::Bytes {
            field: |settings| &mut settings.audit_file_bytes_max,
            min: 64 << 10,
            max: 1024 * 1024 * MIB,
        },
        default: "64MiB",
        summary: "Size at which a new audit file is begun",
        detail: "The full one is renamed: `.1` after its name is the youngest.",
        ..PLAIN
    },
    OptionSpec {
        name: "audit-files-max",
        environment: "HUEDB_AUDIT_FILES_MAX",
        group: "Audit",
        kind: Kind::Count { field: |settings| &mut settings.audit_files_max, min: 1, max: 10_000 },
        default: "8",
        summary: "Audit files that are kept",
        detail: "The current one included.",
        ..PLAIN
    },
    OptionSpec {
        name: "body-bytes-max",
        environment: BODY_OPTION,
        group: "Limits",
        kind: Kind::Bytes { field: |settings| &mut settings.body_bytes_max, min: 1 << 10, max: 4096 * MIB },
        default: "256MiB",
        summary: "Largest request body; more is answered with 413",
        detail: "A request is held in memory while it is worked on, so leave room for several. Of a compressed \
                 body the decompressed bytes count.",
        ..PLAIN
    },
    OptionSpec {
        name: "body-memory-bytes-max",
        environment: "HUEDB_BODY_MEMORY_BYTES_MAX",
        group: "Limits",
        kind: Kind::Bytes {
            field: |settings| &mut settings.body_memory_bytes_max,
            min: 1 << 20,
            max: 1024 * 1024 * MIB,
        },
        default: "1GiB",
        summary: "Memory for request bodies of all connections together",
        detail: "Further bodies wait unread for up to 10 seconds and are then answered with 503 and \
                 `Retry-After`. Bodies up to 128KiB do not count. Less than twice `body-bytes-max` is taken \
                 as that.",
        ..PLAIN
    },
    OptionSpec {
        name: "compress-bytes-min",
        environment: "HUEDB_COMPRESS_BYTES_MIN",
        group: "Network",
        kind: Kind::Bytes { field: |settings| &mut settings.compress_bytes_min, min: 0, max: 1024 * MIB },
        default: "0",
        summary: "Compress answers from this size on; 0 is never",
        detail: "With gzip at its fastest level, for clients that accept it.",
        ..PLAIN
    },
    OptionSpec {
        name: "connections-max",
        environment: "HUEDB_CONNECTIONS_MAX",
        group: "Limits",
        kind: Kind::Count { field: |settings| &mut settings.connections_max, min: 1, max: 1_000_000 },
        default: "16384",
        summary: "Open connections; further ones wait",
        detail: "An idle connection takes less than 20 kB. Fewer are opened when the system allows too few \
                 open files: the server raises its limit as far as it may and keeps a part of it for data.",
        ..PLAIN
    },
    OptionSpec {
        name: "head-timeout-seconds",
        environment: "HUEDB_HEAD_TIMEOUT_SECONDS",
        group: "Limits",
        kind: Kind::Count { field: |settings| &mut settings.head_timeout_seconds, min: 1, max: 86_400 },
        default: "30",
        summary: "Seconds for the head of a request, or until one",
        detail: "An idle connection is closed after as long. A body may pause for 30 seconds, and must come at \
                 1 kB a second once it takes over a minute.",
        ..PLAIN
    },
    OptionSpec {
        name: "open-files",
        environment: "HUEDB_OPEN_FILES",
        group: "Limits",
        kind: Kind::Count { field: |settings| &mut settings.open_files, min: 0, max: 1 << 30 },
        default: "0",
        summary: "Open files to allow; 0 is all that the system allows",
        detail: "The limit is only ever raised, and no further than the system's hard limit.",
        ..PLAIN
    },
    OptionSpec {
        name: "cpu-threads",
        environment: "HUEDB_CPU_THREADS",
        group: "Limits",
        kind: Kind::Count { field: |settings| &mut settings.cpu_threads, min: 0, max: 1024 },
        default: "0",
        summary: "Threads for searches and writes; 0 is one per core",
        detail: "With 0 there are at least 2. Up to 1024 requests wait for a thread; further ones are answered with 503 and `Retry-After`.",
        ..PLAIN
    },
    OptionSpec {
        name: "memtable-bytes-max",
        environment: "HUEDB_MEMTABLE_BYTES",
        group: "Limits",
        kind: Kind::Bytes {
            field: |settings| &mut settings.memtable_bytes_max,
            min: 64 << 10,
            max: 16 * 1024 * MIB,
        },
        default: "32MiB",
        summary: "Writes in memory per collection before a flush",
        detail: "Writes are durable before they are answered, whatever this is.",
        ..PLAIN
    },
    OptionSpec {
        name: "write-memory-bytes-max",
        environment: "HUEDB_WRITE_MEMORY_BYTES_MAX",
        group: "Limits",
        kind: Kind::Bytes {
            field: |settings| &mut settings.write_memory_bytes_max,
            min: 1 << 20,
            max: 1024 * 1024 * MIB,
        },
        default: "512MiB",
        summary: "Writes in memory of all collections together",
        detail: "Beyond it the largest are flushed; beyond twice as much, writers wait for that.",
        ..PLAIN
    },
    OptionSpec {
        name: "open-collections-max",
        environment: "HUEDB_OPEN_COLLECTIONS_MAX",
        group: "Limits",
        kind: Kind::Count { field: |settings| &mut settings.open_collections_max, min: 1, max: 1_000_000 },
        default: "4096",
        summary: "Collections kept open in memory",
        detail: "Beyond it those not used for longest are closed; they open again when they are used.",
        ..PLAIN
    },
    OptionSpec {
        name: "log-level",
        environment: "HUEDB_LOG_LEVEL",
        group: "Logs",
        kind: Kind::Choice {
            field: |settings| &mut settings.log_level,
            words: &["off", "error", "warn", "info", "debug", "trace"],
        },
        default: "info",
        summary: "Least important log line that is written",
        detail: "`debug` adds one line per request. Documents, embeddings and secrets are never logged.",
        ..PLAIN
    },
    OptionSpec {
        name: "log-format",
        environment: "HUEDB_LOG_FORMAT",
        group: "Logs",
        kind: Kind::Choice { field: |settings| &mut settings.log_format, words: &["text", "json"] },
        default: "text",
        summary: "Form of a log line",
        detail: "Logs go to the standard error stream.",
        ..PLAIN
    },
];

impl Settings {
    /// Every option at its default.
    pub(crate) fn defaults() -> Self {
        let mut settings = Self::default();
        for option in OPTIONS {
            let set = option.kind.set(&mut settings, option.default);
            debug_assert!(set.is_ok(), "default of {} is not a value of it", option.name);
        }
        settings
    }
}

/// The option with this name, `_` and `-` being the same.
pub(crate) fn option_named(name: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|option| option.name == name.replace('_', "-"))
}

#[cfg(test)]
mod tests;
