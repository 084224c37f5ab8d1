// What an answer means, in words for whoever made the call.

import { decode, meaning, now } from "./token.js";

/** The parameters of a Bearer challenge (RFC 6750 section 3); nothing in them is ever escaped. */
export function challenge(field) {
  if (field === null || !/^bearer\b/i.test(field)) return null;
  return Object.fromEntries([...field.matchAll(/([a-z_]+)="([^"]*)"/gi)].map(([, name, value]) => [name, value]));
}

/** Sentences that explain the answer, the most important first. */
export function explain({ status, headers, problem }, route, token, api) {
  const asked = challenge(headers.get("www-authenticate"));
  if (status < 300) return admitted(route, token);
  if (status === 503) {
    const wait = headers.get("retry-after");
    const again = wait === null ? "Try again later." : `Try again in ${wait} s.`;
    return [problem?.detail ?? "The API cannot answer at the moment.", again];
  }
  if (asked === null) return [problem?.detail ?? problem?.title ?? "The API says no more than this status."];
  switch (asked.error) {
    case undefined:
      return ["The API asks for an access token, and the request had none.", ...need(asked.scope)];
    case "insufficient_scope":
      return ["The token is good, and it does not grant enough.", ...lacking(asked.scope, token, problem)];
    case "invalid_token":
      return [`The API does not believe the token: ${asked.error_description ?? "it is not valid"}.`, ...suspects(token, api)];
    case "invalid_request":
      return [`The API cannot read the request's credentials: ${asked.error_description ?? "they are malformed"}.`];
    default:
      return [`The API says ${asked.error}.`];
  }
}

function admitted(route, token) {
  const policy = typeof route.policy === "string" ? route.policy : Object.keys(route.policy)[0];
  switch (policy) {
    case "public":
      return [token === "" ? "Anybody may call this." : "Anybody may call this, so the token was not looked at."];
    case "optional":
      return [token === "" ? "Anybody may call this, and nobody was named." : "The token is good."];
    case "requires":
      return [`The token is good, and it has what the route needs: ${route.policy_text}.`];
    default:
      return ["The token is good, and the route needs no more."];
  }
}

function need(scope) {
  return scope === undefined ? [] : [`It should have ${named(scope)}.`];
}

function lacking(scope, token, problem) {
  if (scope === undefined) return problem?.detail === undefined ? [] : [`${problem.detail}.`];
  const held = decode(token).claims?.scope;
  const has = typeof held === "string" && held !== "" ? `has ${named(held)}` : "has no scope";
  return [`The route needs ${named(scope)}; the token ${has}.`, "Tick what is missing, and make another token."];
}

function named(scope) {
  const scopes = scope.split(" ");
  return `${scopes.length === 1 ? "the scope" : "the scopes"} ${scopes.join(", ")}`;
}

/** What in the token looks wrong from here. The API alone can judge its signature. */
function suspects(token, api) {
  const { header, claims, signed, problem } = decode(token);
  if (problem !== undefined) return [problem];
  const found = [];
  if (!signed || String(header.alg).toLowerCase() === "none") found.push("It has no signature.");
  for (const name of ["exp", "nbf", "iat"]) {
    const { text, warn } = meaning(name, claims[name], now());
    if (warn) found.push(`Its ${name}: ${text}.`);
  }
  if (claims.iss !== api.issuer) found.push(`Its issuer is ${claims.iss}; the API trusts ${api.issuer}.`);
  if (![claims.aud].flat().some((audience) => api.audiences.includes(audience))) {
    found.push(`It is for ${[claims.aud].flat().join(", ")}; the API is ${api.audiences.join(" or ")}.`);
  }
  const rest = "Issuer, audience and times look right from here, so it is the key or the signature.";
  return found.length === 0 ? [rest] : found;
}
