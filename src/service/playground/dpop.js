// DPoP (RFC 9449): a key that stays in this browser, and proofs signed with it.

import { now } from "./token.js";

/** Whether the browser offers WebCrypto here: only in secure contexts (https or loopback). */
export const isAvailable = globalThis.crypto?.subtle !== undefined;

/** Creates a key whose private part cannot be exported, with its thumbprint (RFC 7638). */
export async function createKey() {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  // RFC 7638 section 3: the required members in lexicographic order, without spaces.
  const thumbprint = base64url(await sha256(JSON.stringify({ crv, kty, x, y })));
  return { privateKey: pair.privateKey, jwk: { kty, crv, x, y }, thumbprint };
}

/** A proof for one request with a bound token (RFC 9449 section 4.2). */
export async function createProof(key, { method, address, token, nonce }) {
  const target = new URL(address);
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: key.jwk };
  const claims = {
    jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
    htm: method,
    htu: target.origin + target.pathname,
    iat: now(),
    ath: base64url(await sha256(token)),
    ...(nonce === undefined ? {} : { nonce }),
  };
  const input = [header, claims].map((part) => base64url(utf8(JSON.stringify(part)))).join(".");
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, utf8(input));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

const utf8 = (text) => new TextEncoder().encode(text);

const sha256 = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
