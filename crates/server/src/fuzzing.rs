//! The parsers of requests and of files of users as functions of bytes, for the targets in `fuzz/`. Each
//! one panics when a rule of its parser is broken.

pub use crate::auth::fuzzing::{auth_basic, auth_header, auth_passwords, auth_roles, auth_tokens};
pub use crate::http::fuzzing::{
    names, v1_bodies, v1_filters, v1_metadata, v2_base64, v2_bodies, v2_metadata, v2_where, v2_where_document,
};

#[cfg(test)]
mod tests;
