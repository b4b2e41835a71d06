"use strict";

// Renders openapi.json, and sends requests to the server that this page came from.

const METHODS = ["get", "post", "put", "patch", "delete"];
const GENERATIONS = [
  ["API v2, as Chroma 1.5.9", (path) => path.startsWith("/api/v2")],
  ["API v1, as Chroma 0.5.13", (path) => path.startsWith("/api/v1")],
  ["Server", () => true],
];
const VALUES = { tenant: "default_tenant", database: "default_database" };

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; text is never read as HTML. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Operations as {tag, method, path, operation}, in the groups of GENERATIONS. */
function grouped(api) {
  const groups = GENERATIONS.map(([title, takes]) => ({ title, takes, tags: new Map() }));
  for (const [path, methods] of Object.entries(api.paths)) {
    const group = groups.find((candidate) => candidate.takes(path));
    for (const method of METHODS.filter((candidate) => methods[candidate])) {
      const operation = methods[method];
      const tag = operation.tags?.[0] || "Other";
      if (!group.tags.has(tag)) group.tags.set(tag, []);
      group.tags.get(tag).push({ method, path, operation });
    }
  }
  return groups.filter((group) => group.tags.size > 0);
}

/** Text in which backticks stand around code. */
function prose(text) {
  const parts = (text || "").split("`").map((part, place) => (place % 2 ? make("code", {}, part) : part));
  return make("span", {}, ...parts);
}

const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-");

function renderPath(path) {
  // A long path breaks before a slash.
  const parts = path.split("/").slice(1).flatMap((part) => {
    const name = part.startsWith("{") ? make("b", {}, part) : part;
    return [make("wbr"), "/", name];
  });
  return make("code", { class: "path" }, ...parts);
}

function schemaLink(schema) {
  const target = schema.$ref || schema.items?.$ref;
  const text = typeOf(schema);
  return target ? make("a", { href: `#schema-${target.slice(SCHEMAS.length)}` }, text) : make("span", {}, text);
}

function row(name, needed, type, text) {
  const first = make("td", {}, make("code", {}, name), needed ? make("span", { class: "needed" }, " required") : "");
  return make("tr", {}, first, make("td", {}, type), make("td", { class: "quiet" }, prose(text)));
}

function table(heading, rows) {
  const head = make("tr", {}, ...heading.map((text) => make("th", { scope: "col" }, text)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

function renderParameters(parameters) {
  if (!parameters?.length) return null;
  const rows = parameters.map((parameter) => {
    const where = parameter.in === "path" ? "in the path" : parameter.description || "in the query string";
    return row(parameter.name, parameter.required, typeOf(parameter.schema), where);
  });
  return make("div", {}, make("h3", {}, "Parameters"), table(["Name", "Type", ""], rows));
}

function renderProperties(schema) {
  const needed = new Set(schema.required || []);
  const properties = Object.entries(schema.properties || {});
  if (!properties.length) return make("p", { class: "quiet" }, typeOf(schema));
  const rows = properties.map(([name, part]) => row(name, needed.has(name), schemaLink(part), part.description));
  return table(["Field", "Type", ""], rows);
}

function renderBody(operation, api) {
  const schema = operation.requestBody?.content["application/json"].schema;
  if (!schema) return null;
  const title = make("h3", {}, "Body: ", schemaLink(schema));
  return make("div", {}, title, renderProperties(resolved(schema, api)));
}

function renderAnswers(operation) {
  const rows = Object.entries(operation.responses).map(([status, answer]) => {
    const schema = answer.content?.["application/json"]?.schema || {};
    return make("tr", {},
      make("td", {}, make("span", { class: status < 400 ? "status-ok" : "status-bad" }, status)),
      make("td", {}, answer.description), make("td", {}, schemaLink(schema)));
  });
  return make("div", {}, make("h3", {}, "Answers"), table(["Status", "Meaning", "Body"], rows));
}

/** The form of one operation, its curl line, and what came back. */
function renderTrial({ method, path, operation }, api) {
  const inputs = new Map();
  const fields = make("div", { class: "fields" });
  for (const parameter of operation.parameters || []) {
    const value = parameter.in === "path" ? VALUES[parameter.name] || "" : "";
    const input = make("input", { value, autocomplete: "off", spellcheck: "false" });
    inputs.set(parameter, input);
    fields.append(make("label", {}, parameter.name, input));
  }
  const schema = operation.requestBody?.content["application/json"].schema;
  const body = schema && make("textarea", { spellcheck: "false", rows: "8" });
  if (body) body.value = JSON.stringify(exampleOf(schema, api), null, 2);
  const curl = make("pre", { tabindex: "0", "aria-label": "The same request with curl" });
  const send = make("button", { type: "submit", class: "send" }, "Send");
  const copy = make("button", { type: "button" }, "Copy curl");
  const answer = make("div", { role: "status", "aria-live": "polite" });

  const address = () => urlOf(path, inputs);
  const showCommand = () => { curl.textContent = curlLine(method, address(), body?.value); };
  const form = make("form", {}, fields,
    body ? make("label", { class: "body" }, "Body", body) : null,
    make("div", { class: "buttons" }, send, copy), curl, answer);
  form.addEventListener("input", showCommand);
  copy.addEventListener("click", () => navigator.clipboard?.writeText(curl.textContent));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    answer.replaceChildren(await exchange(method, address(), body?.value));
    send.disabled = false;
  });
  showCommand();
  return make("div", {}, make("h3", {}, "Try it"), form);
}

function urlOf(path, inputs) {
  const query = new URLSearchParams();
  for (const [parameter, input] of inputs) {
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value) || `{${parameter.name}}`);
    else if (input.value !== "") query.set(parameter.name, input.value);
  }
  return new URL(`..${path}${query.size ? `?${query}` : ""}`, document.baseURI);
}

function curlLine(method, url, body) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ["curl"];
  if (method !== "get") parts.push("-X", method.toUpperCase());
  parts.push(quoted(decodeURI(url.href)));
  if (body !== undefined) parts.push("-H", quoted("Content-Type: application/json"), "-d", quoted(compact(body)));
  return parts.join(" ");
}

function compact(text) {
  try { return JSON.stringify(JSON.parse(text)); } catch { return text; }
}

/** Sends one request and renders its answer. */
async function exchange(method, url, body) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (byId("authorization").value) headers.Authorization = byId("authorization").value;
  if (byId("token").value) headers["X-Chroma-Token"] = byId("token").value;
  const begin = performance.now();
  try {
    const response = await fetch(url, { method: method.toUpperCase(), headers, body, credentials: "omit" });
    const text = await response.text();
    const took = Math.round(performance.now() - begin);
    const status = make("p", { class: response.ok ? "status-ok" : "status-bad" }, `${response.status} in ${took} ms`);
    return make("div", {}, status, make("pre", { tabindex: "0", "aria-label": "Answer" }, pretty(text)));
  } catch (error) {
    return make("p", { class: "status-bad" }, `No answer: ${error.message}`);
  }
}

/** JSON with indentation; numbers beyond 2^53 would change, so such texts are left as they are. */
function pretty(text) {
  if (/\d{16,}/.test(text)) return text;
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

/** One operation. What is inside is made when it is opened. */
function renderOperation(route, api) {
  const { method, path, operation } = route;
  const title = make("summary", {},
    make("span", { class: `method ${method}` }, method.toUpperCase()), renderPath(path),
    make("span", { class: "says" }, operation.summary || ""));
  const words = `${method} ${path} ${operation.operationId} ${operation.summary}`.toLowerCase();
  const details = make("details", { class: "operation", id: operation.operationId, "data-words": words }, title);
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const parts = [renderParameters(operation.parameters), renderBody(operation, api), renderAnswers(operation), renderTrial(route, api)];
    details.append(make("div", { class: "inside" }, ...parts.filter(Boolean)));
  });
  return details;
}

function renderSchemas(api) {
  const section = make("section", { id: "schemas" }, make("h2", {}, "Schemas"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    const inside = make("div", { class: "inside" });
    if (schema.description) inside.append(make("p", {}, prose(schema.description)));
    for (const part of schema.anyOf || schema.oneOf || [schema]) inside.append(renderProperties(part));
    section.append(make("details", { class: "schema", id: `schema-${name}`, "data-words": name.toLowerCase() },
      make("summary", {}, make("code", {}, name)), inside));
  }
  return section;
}

function render(api) {
  byId("version").textContent = api.info.version;
  byId("about").append(prose(api.info.description));
  const main = byId("operations");
  for (const group of grouped(api)) {
    const list = make("ul");
    for (const [tag, routes] of group.tags) {
      const id = slug(tag);
      list.append(make("li", {}, make("a", { href: `#${id}` }, tag.replace(" (v1)", ""))));
      main.append(make("section", { id }, make("h2", {}, tag), ...routes.map((route) => renderOperation(route, api))));
    }
    byId("contents").append(make("h2", {}, group.title), list);
  }
  main.append(renderSchemas(api));
  byId("contents").append(make("h2", {}, "Reference"), make("ul", {}, make("li", {}, make("a", { href: "#schemas" }, "Schemas"))));
  byId("notice").remove();
}

/** Shows what has all the words. */
function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("main > section")) {
    const items = [...section.querySelectorAll("details[data-words]")];
    for (const item of items) item.hidden = !words.every((word) => item.dataset.words.includes(word));
    section.hidden = items.every((item) => item.hidden);
  }
}

/** Opens what the address names. */
function openTarget() {
  const target = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  if (target?.tagName === "DETAILS") {
    target.open = true;
    target.scrollIntoView();
  }
}

function listen() {
  byId("search").addEventListener("submit", (event) => event.preventDefault());
  byId("filter").addEventListener("input", (event) => filter(event.target.value));
  byId("expand").addEventListener("click", (event) => {
    const open = event.target.textContent === "Open all";
    document.querySelectorAll("details.operation:not([hidden])").forEach((item) => { item.open = open; });
    event.target.textContent = open ? "Close all" : "Open all";
  });
  addEventListener("hashchange", openTarget);
}

async function start() {
  try {
    const response = await fetch("../openapi.json");
    if (!response.ok) throw new Error(`status ${response.status}`);
    render(await response.json());
    listen();
    openTarget();
  } catch (error) {
    byId("notice").textContent = `The description of the API could not be loaded: ${error.message}`;
  }
}

start();
