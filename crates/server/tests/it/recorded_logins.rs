//! Replays what Chroma 0.5.13 answered to callers with and without credentials, in each of its modes.
//!
//! Answers that differ on purpose are listed with the reason in `golden/auth/differences.json`; the test
//! fails for an unlisted difference and for a listed one that is gone.

#[path = "../golden/v1/answers.rs"]
mod answers;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::answers::Identities;
use crate::{
    exchange::{Answer, send},
    process::{Place, Server, huedb},
};

const RECORDING: &str = include_str!("../golden/auth/0.5.13.jsonl");
const DIFFERENCES: &str = include_str!("../golden/auth/differences.json");
const ONE_ROLE_AN_ACTION: &str = include_str!("../golden/auth/one-role-an-action.yaml");
const EXAMPLE: &str = include_str!("../golden/auth/example.yaml");
const BOUND_USERS: &str = include_str!("../golden/auth/bound-users.yaml");
const PASSWORDS_AND_ROLES: &str = include_str!("../golden/auth/passwords-and-roles.yaml");

/// The password is `admin`.
const ADMIN: &str = "admin:$2y$04$SDPbqpj1ha.FuBKCyRpSZedSd2Lgo39nE6mXpqMv2uxX8LBDh.ak6";

const BASIC: &str = "chromadb.auth.basic_authn.BasicAuthenticationServerProvider";
const TOKEN: &str = "chromadb.auth.token_authn.TokenAuthenticationServerProvider";
const ROLES: &str = "chromadb.auth.simple_rbac_authz.SimpleRBACAuthorizationProvider";

/// Modes whose server went on with the data of the one before.
const CONTINUES: [&str; 1] = ["bound users, own defaults"];

#[derive(Deserialize)]
struct Exchange {
    n: u32,
    /// How the server was started.
    mode: String,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    status: u16,
    answer: String,
}

#[derive(Deserialize)]
struct Difference {
    exchanges: Vec<u32>,
    reason: String,
}

/// Chroma's own variables for a mode of the recording.
fn environment(mode: &str) -> Vec<(&'static str, &'static str)> {
    const PROVIDER: &str = "CHROMA_SERVER_AUTHN_PROVIDER";
    const CREDENTIALS: &str = "CHROMA_SERVER_AUTHN_CREDENTIALS";
    const HEADER: &str = "CHROMA_AUTH_TOKEN_TRANSPORT_HEADER";
    let with_roles = |provider, credentials, roles| {
        vec![
            (PROVIDER, provider),
            (CREDENTIALS, credentials),
            ("CHROMA_SERVER_AUTHZ_PROVIDER", ROLES),
            ("CHROMA_SERVER_AUTHZ_CONFIG", roles),
        ]
    };
    match mode {
        "off" | "off again" => Vec::new(),
        "basic" => vec![(PROVIDER, BASIC), (CREDENTIALS, ADMIN)],
        "token" | "token again" => vec![(PROVIDER, TOKEN), (CREDENTIALS, "test-token")],
        "x-chroma-token" => {
            vec![(PROVIDER, TOKEN), (CREDENTIALS, "test-token"), (HEADER, "X-Chroma-Token")]
        }
        "one role an action" => with_roles(TOKEN, ONE_ROLE_AN_ACTION, ONE_ROLE_AN_ACTION),
        "example of Chroma" => with_roles(TOKEN, EXAMPLE, EXAMPLE),
        "passwords and roles" => with_roles(BASIC, ADMIN, PASSWORDS_AND_ROLES),
        "bound users" => with_roles(TOKEN, BOUND_USERS, BOUND_USERS),
        "bound users, own defaults" => {
            let mut variables = with_roles(TOKEN, BOUND_USERS, BOUND_USERS);
            variables.push(("CHROMA_OVERWRITE_SINGLETON_TENANT_DATABASE_ACCESS_FROM_AUTH", "True"));
            variables
        }
        _ => panic!("unknown mode `{mode}`"),
    }
}

#[test]
fn who_is_let_in_is_what_chroma_0_5_13_let_in() {
    let listed: Vec<Difference> = serde_json::from_str(DIFFERENCES).unwrap();
    assert!(listed.iter().all(|difference| !difference.reason.is_empty()));
    let mut listed: Vec<u32> = listed.into_iter().flat_map(|difference| difference.exchanges).collect();
    let mut place = Place::new();
    let (mut mode, mut server): (String, Option<Server>) = (String::new(), None);
    let mut identities = Identities::default();
    let mut problems = Vec::new();
    for line in RECORDING.lines() {
        let exchange: Exchange = serde_json::from_str(line).unwrap();
        if exchange.mode != mode {
            mode.clone_from(&exchange.mode);
            // The next one needs the data to itself.
            drop(server.take());
            if !CONTINUES.contains(&mode.as_str()) {
                place = Place::new();
            }
            server = Some(start(&place, &mode));
        }
        let ours = replay(server.as_ref().unwrap(), &exchange, &identities);
        let is_equal = ours.status == exchange.status
            && answers::are_equal(&exchange.path, &exchange.answer, &ours.body, &mut identities);
        let at = listed.iter().position(|number| *number == exchange.n);
        let is_listed = at.map(|at| listed.remove(at)).is_some();
        if is_equal == is_listed {
            let Exchange { n, mode, method, path, headers, status, answer, .. } = &exchange;
            problems.push(format!(
                "{n} [{mode}] {method} {path} {headers:?} is listed: {is_listed}\n    recorded {status} {answer}\n    \
                 received {} {}",
                ours.status, ours.body
            ));
        }
    }
    problems.extend(listed.iter().map(|number| format!("{number} is listed, but not recorded")));
    assert!(problems.is_empty(), "{} unexpected:\n{}", problems.len(), problems.join("\n"));
}

fn start(place: &Place, mode: &str) -> Server {
    let mut command = huedb(&["run", "--port", "0", "--allow-reset", "--auth-failures-per-minute", "0"]);
    place.start_with(command.envs(environment(mode)))
}

fn replay(server: &Server, exchange: &Exchange, identities: &Identities) -> Answer {
    let mut headers: String =
        exchange.headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
    if exchange.body.is_some() {
        headers += "Content-Type: application/json\r\n";
    }
    let path = identities.replace_in(&exchange.path);
    let body = exchange.body.as_deref().unwrap_or_default();
    send(&server.address, &exchange.method, &path, &headers, body)
}
