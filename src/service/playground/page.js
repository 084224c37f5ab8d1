// Page entry point: loads the API's description and wires the form, the token and the routes.

import { routeItem } from "./calls.js";
import { createKey, isAvailable } from "./dpop.js";
import { announce, byId, element } from "./elements.js";
import { decode, meaning, now } from "./token.js";

/** The token that calls are sent with, the URL that mints it if it was made here, and its DPoP key. */
let current = { token: "", recipe: null, key: null };

/** The DPoP key of this page, created when it is first needed. */
let ownKey = null;

/** Functions called each second to update relative times. */
let ticking = [];

/** The API's origin if the page's address names one. */
const elsewhere = new URLSearchParams(location.search).get("api");

const description = await describe();
if (description !== null) {
  introduce(description);
  offer(description);
  byId("maker").addEventListener("submit", (event) => {
    event.preventDefault();
    make();
  });
  byId("token").addEventListener("input", (event) => paste(event.target.value.trim()));
  byId("forget").addEventListener("click", () => {
    byId("token").value = "";
    hold("", null);
    announce("Calls are sent without a token.");
    byId("token").focus();
  });
  byId("move").addEventListener("submit", (event) => {
    // The server expects an origin; a browser would submit the address as typed.
    event.preventDefault();
    location.search = new URLSearchParams({ api: new URL(byId("address").value).origin });
  });
  // On reload, browsers may restore what was typed.
  paste(byId("token").value.trim());
  setInterval(() => ticking.forEach((tick) => tick()), 1000);
}

async function describe() {
  try {
    const response = await fetch("/playground/description.json", { cache: "no-store" });
    const own = await response.json();
    return { ...own, api: elsewhere ?? own.api };
  } catch {
    notice("This page's server does not respond. Is `dev` still running?");
    return null;
  }
}

function introduce({ api, issuer, audiences, origins }) {
  byId("api").textContent = api;
  byId("issuer").textContent = issuer;
  byId("audience").textContent = audiences.join(", ");
  byId("address").value = api;
  byId("for-audience").placeholder = audiences[0];
  if (!origins.includes(location.origin)) {
    notice(`The API allows calls from pages at ${origins.join(" and ")}; this page is at ${location.origin}. Open the page there, or start dev with CORS_ORIGINS=${location.origin}.`);
  }
}

function notice(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = false;
}

function offer({ scopes, defects, routes }) {
  for (const scope of scopes) {
    const box = element("input", { type: "checkbox", name: "scope", value: scope });
    byId("scopes").append(element("label", { class: "choice" }, box, " ", element("code", {}, scope)));
  }
  for (const defect of defects) {
    const button = element("input", { type: "radio", name: "defect", value: defect.name });
    byId("defects").append(element("label", { class: "choice" }, button, ` ${defect.name.replaceAll("-", " ")}`));
  }
  byId("defects").addEventListener("change", ({ target }) => {
    const chosen = defects.find((defect) => defect.name === target.value);
    byId("defect-meaning").textContent = chosen?.description ?? "A valid token.";
  });
  if (!isAvailable) {
    byId("bind").disabled = true;
    byId("bind-hint").textContent = "Not available: browsers offer keys only on https and loopback pages.";
  }
  byId("routes").replaceChildren(...routes.map((route) => routeItem(route, description, () => current)));
}

/** Requests a token from the issuer as the form describes it. */
async function make() {
  const query = new URLSearchParams();
  const ticked = [...document.querySelectorAll("[name=scope]:checked")].map((box) => box.value);
  const wishes = {
    scope: [...ticked, byId("scope").value.trim()].filter((scope) => scope !== "").join(" "),
    subject: byId("subject").value.trim(),
    permissions: byId("permissions").value.trim(),
    audience: byId("for-audience").value.trim(),
    lifetime: byId("lifetime").value.trim(),
    defect: document.querySelector("[name=defect]:checked").value,
  };
  const bind = byId("bind").checked;
  if (bind) wishes.jkt = (ownKey ??= await createKey()).thumbprint;
  for (const [name, value] of Object.entries(wishes)) if (value !== "") query.set(name, value);
  // Both characters are allowed in a query and make the curl line easier to read.
  const readable = query.toString().replaceAll("%3A", ":").replaceAll("%2F", "/");
  const address = readable === "" ? "/token" : `/token?${readable}`;
  try {
    const response = await fetch(address, { cache: "no-store" });
    const text = await response.text();
    if (!response.ok) throw new Error(JSON.parse(text).error_description);
    byId("notice").hidden = true;
    byId("token").value = text.trim();
    // Another client can mint the token again, but not use it.
    if (bind) hold(text.trim(), null, ownKey);
    else hold(text.trim(), location.origin + address);
    announce("Token issued. Calls are sent with it.");
  } catch (error) {
    notice(`The issuer did not issue a token: ${error.message}.`);
  }
}

/**
 * Uses a token that was not made here, unless the page's address names the API: then a link could
 * send it to a stranger.
 */
function paste(token) {
  if (token !== "" && elsewhere !== null) {
    byId("token").value = "";
    hold("", null);
    notice(`Pasted tokens are not sent to ${elsewhere}, because this page's address names it. Remove ?api= from the address to use your own token.`);
    return;
  }
  hold(token, null);
}

/** Sends calls with this token from now on. */
function hold(token, recipe, key = null) {
  current = { token, recipe, key };
  // Earlier responses stay for comparison; they belong to an earlier token.
  for (const words of document.querySelectorAll(".sent-with")) words.textContent = "with an earlier token";
  byId("forget").hidden = token === "";
  byId("sent").textContent = token === ""
    ? "Calls are sent without a token."
    : key === null ? "Calls are sent with the token." : "Calls are sent with the token and a new proof each.";
  ticking = [];
  byId("decoded").replaceChildren(...(token === "" ? [] : decoded(token)));
}

function decoded(token) {
  const { header, claims, signed, problem } = decode(token);
  if (problem !== undefined) return [element("p", { class: "words warn" }, problem)];
  return [
    element("h3", {}, "Header"),
    members(header),
    element("h3", {}, "Claims"),
    members(claims),
    element("p", { class: signed ? "hint" : "hint warn" }, signed
      ? "Only the API can verify the signature."
      : "The token has no signature."),
  ];
}

function members(object) {
  const rows = Object.entries(object).map(([name, value]) => {
    const words = element("span", { class: "meaning" });
    const tick = () => {
      const { text, warn } = meaning(name, value, now());
      if (words.textContent !== text) words.textContent = text;
      words.classList.toggle("warn", warn);
    };
    tick();
    ticking.push(tick);
    const shown = typeof value === "string" ? value : JSON.stringify(value);
    return element("div", {}, element("dt", {}, name), element("dd", {}, element("code", {}, shown), words));
  });
  return element("dl", { class: "members" }, ...rows);
}
