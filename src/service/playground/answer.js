// Explanations of the API's responses.

import { decode, meaning, now } from "./token.js";

/**
 * Parameters of the challenge that explains most: the one with an error, or else the first (RFC 9110
 * section 11.6.1). The API never escapes characters in them.
 */
export function challenge(field) {
  const challenges = [];
  for (const [, scheme, name, value] of (field ?? "").matchAll(/(Bearer|DPoP)(?= |,|$)|([a-z_]+)="([^"]*)"/gi)) {
    if (scheme !== undefined) challenges.push({});
    else if (challenges.length > 0) challenges.at(-1)[name] = value;
  }
  return challenges.find(({ error }) => error !== undefined) ?? challenges[0] ?? null;
}

/** Sentences that explain the response, most important first. */
export function explain({ status, headers, problem }, route, token, api) {
  const asked = challenge(headers.get("www-authenticate"));
  if (status < 300) return admitted(route, token);
  if (status === 503) {
    const wait = headers.get("retry-after");
    const again = wait === null ? "Try again later." : `Try again in ${wait} s.`;
    return [problem?.detail ?? "The API is temporarily unavailable.", again];
  }
  if (asked === null) return [problem?.detail ?? problem?.title ?? "The API gave no reason beyond the status."];
  switch (asked.error) {
    case undefined:
      return ["The API requires an access token, and the request had none.", ...need(asked.scope)];
    case "insufficient_scope":
      return ["The token is valid but does not grant access to this route.", ...lacking(asked.scope, token, problem)];
    case "invalid_token":
      return [`The API rejected the token: ${asked.error_description ?? "it is not valid"}.`, ...suspects(token, api)];
    case "invalid_dpop_proof":
      return [`The API rejected the proof: ${asked.error_description ?? "it is not valid"}.`];
    case "use_dpop_nonce":
      return ["The API requires its nonce in the proof."];
    case "invalid_request":
      return [`The API could not parse the credentials: ${asked.error_description ?? "they are malformed"}.`];
    default:
      return [`The API answered ${asked.error}.`];
  }
}

function admitted(route, token) {
  const policy = typeof route.policy === "string" ? route.policy : Object.keys(route.policy)[0];
  switch (policy) {
    case "public":
      return [token === "" ? "Anyone may call this route." : "Anyone may call this route; the token was not checked."];
    case "optional":
      return [token === "" ? "Anyone may call this route; no caller was identified." : "The token is valid."];
    case "requires":
      return [`The token is valid and satisfies the route's policy: ${route.policy_text}.`];
    default:
      return ["The token is valid; this route requires nothing more."];
  }
}

function need(scope) {
  return scope === undefined ? [] : [`It needs ${named(scope)}.`];
}

function lacking(scope, token, problem) {
  if (scope === undefined) return problem?.detail === undefined ? [] : [`${problem.detail}.`];
  const held = decode(token).claims?.scope;
  const has = typeof held === "string" && held !== "" ? `has ${named(held)}` : "has no scope";
  return [`The route requires ${named(scope)}; the token ${has}.`, "Select what is missing and make a new token."];
}

function named(scope) {
  const scopes = scope.split(" ");
  return `${scopes.length === 1 ? "the scope" : "the scopes"} ${scopes.join(", ")}`;
}

/** Probable reasons, from the token's readable parts. Only the API can verify the signature. */
function suspects(token, api) {
  const { header, claims, signed, problem } = decode(token);
  if (problem !== undefined) return [problem];
  const found = [];
  if (!signed || String(header.alg).toLowerCase() === "none") found.push("It has no signature.");
  for (const name of ["exp", "nbf", "iat"]) {
    const { text, warn } = meaning(name, claims[name], now());
    if (warn) found.push(`${name}: ${text}.`);
  }
  if (claims.iss !== api.issuer) found.push(`Its issuer is ${claims.iss}; the API trusts ${api.issuer}.`);
  if (![claims.aud].flat().some((audience) => api.audiences.includes(audience))) {
    found.push(`Its audience is ${[claims.aud].flat().join(", ")}; the API expects ${api.audiences.join(" or ")}.`);
  }
  const rest = "Issuer, audience and times look right, so the cause is the key or the signature.";
  return found.length === 0 ? [rest] : found;
}
