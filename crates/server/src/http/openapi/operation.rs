//! What a route does, said beside its registration, for people and for programs that write clients.

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Makes a schema, or a reference to one that the generator keeps.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The description of one route.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: Vec<Parameter>,
    pub(super) body: Option<SchemaOf>,
    pub(super) success: (u16, Option<SchemaOf>),
    pub(super) errors: Vec<u16>,
}

/// One parameter after `?`. All of them may be left out.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) schema: SchemaOf,
}

impl Operation {
    /// A route that takes nothing and answers 200 with JSON of any shape.
    ///
    /// `id` is unique among all routes: generated clients name their functions by it.
    pub(crate) fn new(tag: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self { id, tag, summary, query: Vec::new(), body: None, success: (200, None), errors: Vec::new() }
    }

    /// Takes a parameter after `?`.
    pub(crate) fn query<T: JsonSchema>(mut self, name: &'static str, text: &'static str) -> Self {
        self.query.push(Parameter { name, text, schema: SchemaGenerator::subschema_for::<T> });
        self
    }

    /// Reads a JSON body.
    pub(crate) fn body<T: JsonSchema>(self) -> Self {
        Self { body: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }

    /// Answers with `status` and a `T` when all goes well.
    pub(crate) fn answers<T: JsonSchema>(self, status: u16) -> Self {
        Self { success: (status, Some(SchemaGenerator::subschema_for::<T>)), ..self }
    }

    /// May refuse with these, beside what every route of its generation may.
    pub(crate) fn errors(mut self, statuses: &[u16]) -> Self {
        self.errors.extend(statuses);
        self
    }
}
