// Route list: a call button for each route, and the response.

import { explain } from "./answer.js";
import { announce, copyButton, element } from "./elements.js";

/** Response header fields to show, in this order. */
const FIELDS = ["www-authenticate", "retry-after", "content-type", "cache-control", "x-request-id"];

/** The list item of a route. `credentials()` returns the token and the URL that mints it. */
export function routeItem(route, description, credentials) {
  const kind = typeof route.policy === "string" ? route.policy : Object.keys(route.policy)[0];
  const names = [...route.path.matchAll(/\{([^}:]+)[^}]*\}/g)].map(([, name]) => name);
  const inputs = names.map((name) => element("input", { "aria-label": name, placeholder: name, required: "" }));
  const body = ["POST", "PUT", "PATCH"].includes(route.method)
    ? element("textarea", { rows: "3", "aria-label": "JSON body", placeholder: "{}", spellcheck: "false" })
    : null;
  const address = () => {
    const values = inputs.map((input) => encodeURIComponent(input.value));
    return description.api + route.path.replaceAll(/\{[^}]*\}/g, () => values.shift());
  };
  const call = () => ({ method: route.method, address: address(), body: body?.value ?? "", ...credentials() });

  const answer = element("div", { class: "answer" });
  const button = element("button", { type: "button", class: "call", "aria-label": `Call ${route.method} ${route.path}` }, "Call");
  button.addEventListener("click", async () => {
    button.disabled = true;
    const made = call();
    answer.replaceChildren(...await answered(made, route, description));
    button.disabled = false;
    button.focus();
  });
  return element("li", { class: "card route", "data-route": `${route.method} ${route.path}` },
    element("div", { class: "route-row" },
      element("div", { class: "route-name" },
        element("h3", {}, element("span", { class: "method" }, route.method), " ", element("code", {}, ...breakable(route.path))),
        element("p", { class: `policy ${kind}` }, route.policy_text)),
      button),
    inputs.length === 0 && body === null ? null : element("div", { class: "parameters" }, ...inputs, body),
    answer);
}

async function answered(call, route, description) {
  const headers = new Headers();
  if (call.token !== "") headers.set("Authorization", `Bearer ${call.token}`);
  if (call.body !== "") headers.set("Content-Type", "application/json");
  const options = { method: call.method, headers, cache: "no-store", credentials: "omit", redirect: "manual" };
  if (call.body !== "") options.body = call.body;
  const begin = performance.now();
  try {
    const response = await fetch(call.address, options);
    const body = await response.text();
    const time = Math.max(1, Math.round(performance.now() - begin));
    return shown({ call, route, description, response, body, time });
  } catch {
    announce("No answer.");
    return [
      element("p", { class: "status c5" }, "No answer"),
      element("p", { class: "words" }, `No readable response from ${description.api}. Either the API is not running there, or its CORS_ORIGINS does not include ${location.origin}.`),
      ...curlLine(call),
    ];
  }
}

function shown({ call, route, description, response, body, time }) {
  const { status, headers } = response;
  const data = parsed(body);
  const status_line = `${status} ${response.statusText}`.trim();
  const words = explain({ status, headers, problem: data }, route, call.token, description);
  announce(`${call.method} ${route.path}: ${status_line}. ${words.join(" ")}`);
  const fields = FIELDS.filter((name) => headers.has(name));
  return [
    element("p", { class: "status-row" },
      element("span", { class: `status c${Math.floor(status / 100)}` }, status_line),
      element("span", { class: "time" }, `${time} ms`),
      call.token === ""
        ? element("span", { class: "time" }, "without a token")
        : element("span", { class: "time sent-with" }, "with the token")),
    ...words.map((sentence, place) => element("p", { class: place === 0 ? "words first" : "words" }, sentence)),
    fields.length === 0 ? null : element("h4", {}, "Headers"),
    fields.length === 0 ? null : element("dl", { class: "fields" },
      ...fields.map((name) => element("div", {}, element("dt", {}, name), element("dd", {}, ...breakable(headers.get(name)))))),
    body === "" ? null : element("h4", {}, "Body"),
    body === "" ? null : element("pre", { class: "body", tabindex: "0" }, data === null ? body : JSON.stringify(data, null, 2)),
    ...curlLine(call),
  ].filter((part) => part !== null);
}

function curlLine(call) {
  const line = curl(call);
  return [
    element("div", { class: "label-row" }, element("h4", {}, "Equivalent curl command"), copyButton("Copy", () => line)),
    element("pre", { class: "curl", tabindex: "0" }, line),
  ];
}

/** The call as a shell command. A token made here is minted again, which keeps the line short. */
export function curl({ method, address, body, token, recipe }) {
  const words = ["curl -i"];
  if (method !== "GET") words.push(`-X ${method}`);
  if (token !== "") {
    words.push(recipe === null
      ? `-H ${quoted(`Authorization: Bearer ${token}`)}`
      : `-H "Authorization: Bearer $(curl -s '${recipe}')"`);
  }
  if (body !== "") words.push(`-H 'Content-Type: application/json' -d ${quoted(body)}`);
  words.push(/^[\w:/.~-]+$/.test(address) ? address : quoted(address));
  return words.join(" ");
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The text with a line-break opportunity after each slash, for narrow screens. */
function breakable(text) {
  return text.split(/(?<=\/)/).flatMap((piece) => [piece, element("wbr")]);
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
