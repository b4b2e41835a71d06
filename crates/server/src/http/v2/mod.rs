//! The second generation of the API.

use crate::http::route::RouteTable;

/// Registers every route of this generation.
pub(crate) fn routes(_table: &mut RouteTable) {}
