// Route list: a call button for each route, and the response.

import { challenge, explain } from "./answer.js";
import { createProof } from "./dpop.js";
import { announce, copyButton, element } from "./elements.js";
import { decode } from "./token.js";

/** Response header fields to show, in this order. */
const FIELDS = ["www-authenticate", "retry-after", "content-type", "cache-control", "dpop-nonce", "x-request-id"];

/** The list item of a route. `credentials()` returns the token, the URL that mints it, and its key. */
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
  const send = async (made) => {
    button.disabled = true;
    answer.replaceChildren(...await answered(made, route, description, send));
    button.disabled = false;
    button.focus();
  };
  button.addEventListener("click", () => send(call()));
  return element("li", { class: "card route", "data-route": `${route.method} ${route.path}` },
    element("div", { class: "route-row" },
      element("div", { class: "route-name" },
        element("h3", {}, element("span", { class: "method" }, route.method), " ", element("code", {}, ...breakable(route.path))),
        element("p", { class: `policy ${kind}` }, route.policy_text)),
      button),
    inputs.length === 0 && body === null ? null : element("div", { class: "parameters" }, ...inputs, body),
    answer);
}

/** Sends a call and returns the elements that show the response. A call with a proof is a replay. */
async function answered(call, route, description, send) {
  try {
    if (call.key !== null && call.proof === undefined) call = { ...call, proof: await createProof(call.key, call) };
    const begin = performance.now();
    const response = await request(call);
    const body = await response.text();
    const time = Math.max(1, Math.round(performance.now() - begin));
    const nonce = response.headers.get("dpop-nonce");
    // RFC 9449 section 9: repeat the request with the nonce, once.
    if (call.key !== null && call.nonce === undefined && nonce !== null
      && challenge(response.headers.get("www-authenticate"))?.error === "use_dpop_nonce") {
      return answered({ ...call, proof: undefined, nonce }, route, description, send);
    }
    return [...shown({ call, route, description, response, body, time }), ...proofShown(call, send)];
  } catch {
    announce("No answer.");
    return [
      element("p", { class: "status c5" }, "No answer"),
      element("p", { class: "words" }, `No readable response from ${description.api}. Either the API is not running there, or its CORS_ORIGINS does not include ${location.origin}.`),
      ...curlLine(call),
    ];
  }
}

function request({ method, address, token, key, proof, body }) {
  const headers = new Headers();
  if (token !== "") headers.set("Authorization", `${key === null ? "Bearer" : "DPoP"} ${token}`);
  if (proof !== undefined) headers.set("DPoP", proof);
  if (body !== "") headers.set("Content-Type", "application/json");
  const options = { method, headers, cache: "no-store", credentials: "omit", redirect: "manual" };
  if (body !== "") options.body = body;
  return fetch(address, options);
}

/** The proof of a call, with a button that sends it again, as a thief would. */
function proofShown(call, send) {
  if (call.proof === undefined) return [];
  const { header, claims } = decode(call.proof);
  const replay = element("button", { type: "button", class: "quiet replay" }, "Send this proof again");
  replay.addEventListener("click", () => send(call));
  return [
    element("div", { class: "label-row" }, element("h4", {}, "Proof (DPoP)"), replay),
    element("pre", { class: "proof", tabindex: "0" }, JSON.stringify({ ...header, ...claims }, null, 2)),
  ];
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
    element("div", { class: "label-row" },
      element("h4", {}, call.proof === undefined ? "Equivalent curl command" : "Equivalent curl command (replays the proof)"),
      copyButton("Copy", () => line)),
    element("pre", { class: "curl", tabindex: "0" }, line),
  ];
}

/** The call as a shell command. A token made here is minted again, which keeps the line short. */
export function curl({ method, address, body, token, recipe, proof }) {
  const words = ["curl -i"];
  if (method !== "GET") words.push(`-X ${method}`);
  if (proof !== undefined) {
    words.push(`-H ${quoted(`Authorization: DPoP ${token}`)} -H ${quoted(`DPoP: ${proof}`)}`);
  } else if (token !== "") {
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
