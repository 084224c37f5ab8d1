// The page: it asks this server what there is to try, and puts the pieces together.

import { routeItem } from "./calls.js";
import { announce, byId, element } from "./elements.js";
import { decode, meaning, now } from "./token.js";

/** The token that calls are sent with, and the address that makes such a token, if one does. */
let current = { token: "", recipe: null };

/** What to do each second: the words for times go on. */
let ticking = [];

const description = await describe();
if (description !== null) {
  introduce(description);
  offer(description);
  byId("maker").addEventListener("submit", (event) => {
    event.preventDefault();
    make();
  });
  byId("token").addEventListener("input", (event) => hold(event.target.value.trim(), null));
  byId("forget").addEventListener("click", () => {
    byId("token").value = "";
    hold("", null);
    announce("Calls are sent without a token.");
    byId("token").focus();
  });
  byId("move").addEventListener("submit", (event) => {
    // A browser sends the address as typed; the server takes an origin.
    event.preventDefault();
    location.search = new URLSearchParams({ api: new URL(byId("address").value).origin });
  });
  // A browser that reloads the page may have kept what was typed.
  hold(byId("token").value.trim(), null);
  setInterval(() => ticking.forEach((tick) => tick()), 1000);
}

async function describe() {
  try {
    const response = await fetch("/playground/description.json", { cache: "no-store" });
    const text = await response.json();
    return { ...text, api: new URLSearchParams(location.search).get("api") ?? text.api };
  } catch {
    notice("This page's own server does not answer. Is `dev` still running?");
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
    notice(`The API lets pages of ${origins.join(" and ")} call it, and this page is of ${location.origin}. Open it there, or start dev with CORS_ORIGINS=${location.origin}.`);
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
    byId("defect-meaning").textContent = chosen?.description ?? "A good token.";
  });
  byId("routes").replaceChildren(...routes.map((route) => routeItem(route, description, () => current)));
}

/** Asks the issuer for a token as the form describes it. */
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
  for (const [name, value] of Object.entries(wishes)) if (value !== "") query.set(name, value);
  // Both characters may stand in a query, and the line to copy is easier to read with them.
  const readable = query.toString().replaceAll("%3A", ":").replaceAll("%2F", "/");
  const address = readable === "" ? "/token" : `/token?${readable}`;
  try {
    const response = await fetch(address, { cache: "no-store" });
    const text = await response.text();
    if (!response.ok) throw new Error(JSON.parse(text).error_description);
    byId("notice").hidden = true;
    byId("token").value = text.trim();
    hold(text.trim(), location.origin + address);
    announce("The token is made. Calls are sent with it.");
  } catch (error) {
    notice(`The issuer made no token: ${error.message}.`);
  }
}

/** From now on calls are sent with this token. */
function hold(token, recipe) {
  current = { token, recipe };
  // Answers stay for comparison, and are no longer those to this token.
  for (const words of document.querySelectorAll(".sent-with")) words.textContent = "with an earlier token";
  byId("forget").hidden = token === "";
  byId("sent").textContent = token === "" ? "Calls are sent without a token." : "Calls are sent with the token.";
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
      ? "Whether the signature is good, the API alone can say."
      : "There is no signature."),
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
