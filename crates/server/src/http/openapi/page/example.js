"use strict";

// Names of schemas and example values, from the OpenAPI document alone.

const SCHEMAS = "#/components/schemas/";

/** The schema behind a reference. */
function resolved(schema, api) {
  const name = schema.$ref?.startsWith(SCHEMAS) && schema.$ref.slice(SCHEMAS.length);
  return name ? api.components.schemas[name] : schema;
}

/** What a schema is called in one line. */
function typeOf(schema) {
  if (schema === true || Object.keys(schema).length === 0) return "any";
  if (schema.$ref) return schema.$ref.slice(SCHEMAS.length);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf || schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(" | ");
  const types = [].concat(schema.type || "any");
  return types.map((type) => {
    if (type === "array") return `array of ${inParentheses(typeOf(schema.items || {}))}`;
    if (type === "object" && schema.additionalProperties?.type) return "object of values";
    return type;
  }).join(" | ");
}

/** A choice of types in parentheses. */
const inParentheses = (type) => (type.includes(" | ") ? `(${type})` : type);

/** A value that fits a schema: its own example, or one made from its parts. */
function exampleOf(schema, api, depth = 0) {
  schema = resolved(schema, api);
  if (schema === true || depth > 6) return null;
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choices = schema.anyOf || schema.oneOf;
  if (choices) return exampleOf(choices[0], api, depth + 1);
  switch ([].concat(schema.type)[0]) {
    case "object": return exampleObject(schema, api, depth);
    case "array": return [exampleOf(schema.items || {}, api, depth + 1)];
    case "string": return "text";
    case "integer": return 1;
    case "number": return 0.5;
    case "boolean": return true;
    default: return null;
  }
}

function exampleObject(schema, api, depth) {
  const needed = new Set(schema.required || []);
  const entries = Object.entries(schema.properties || {}).filter(([name]) => needed.has(name));
  return Object.fromEntries(entries.map(([name, part]) => [name, exampleOf(part, api, depth + 1)]));
}
