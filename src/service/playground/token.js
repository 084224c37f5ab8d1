// Token decoding for display. Nothing is verified here.

const MEANINGS = {
  alg: "signature algorithm",
  typ: "token type",
  kid: "ID of the signing key",
  iss: "issuer",
  sub: "subject: the user or client",
  aud: "audience: the API it is for",
  client_id: "client that requested it",
  jti: "token ID",
  scope: "granted scopes",
  permissions: "granted permissions",
  cnf: "bound to the sender's key",
};

const TIMES = {
  exp: { past: "expired", future: "expires", warnIf: "past" },
  nbf: { past: "became valid", future: "becomes valid", warnIf: "future" },
  iat: { past: "issued", future: "issued", warnIf: "future" },
};

/** Header and claims, or the problem that prevents decoding. */
export function decode(token) {
  const parts = token.split(".");
  if (parts.length === 1) return { problem: "One part: this is an opaque token, which only its issuer can read." };
  if (parts.length === 5) return { problem: "Five parts: this is an encrypted token, which only its recipient can read." };
  if (parts.length !== 3) return { problem: `A signed token has three parts; this one has ${parts.length}.` };
  try {
    return { header: object(parts[0]), claims: object(parts[1]), signed: parts[2] !== "" };
  } catch {
    return { problem: "The header or the claims are not base64url-encoded JSON." };
  }
}

function object(part) {
  const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new TypeError();
  return value;
}

/** Description of a header parameter or claim: `{ text, warn }`; empty text if unknown. */
export function meaning(name, value, now) {
  const time = TIMES[name];
  if (time !== undefined && typeof value === "number") {
    const past = value <= now;
    const far = duration(Math.abs(value - now));
    const tense = past ? time.past : time.future;
    const when = far === "" ? "just now" : past ? `${far} ago` : `in ${far}`;
    return { text: `${tense} ${when}, ${clock(value)}`, warn: (past ? "past" : "future") === time.warnIf };
  }
  if (name === "alg" && typeof value === "string" && value.toLowerCase() === "none") {
    return { text: "not signed", warn: true };
  }
  return { text: MEANINGS[name] ?? "", warn: false };
}

/** A duration in its two largest units; empty below one second. */
export function duration(seconds) {
  const units = [["day", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const words = [];
  let rest = Math.floor(seconds);
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${unit === "day" && count > 1 ? "days" : unit}`);
  }
  return words.slice(0, 2).join(" ");
}

function clock(seconds) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "out of range";
  const sameDay = date.toDateString() === new Date().toDateString();
  const time = { timeStyle: "medium" };
  return sameDay
    ? `at ${date.toLocaleTimeString("en-GB", time)}`
    : `on ${date.toLocaleString("en-GB", { dateStyle: "medium", ...time })}`;
}

/** Current time in whole seconds since the epoch. */
export const now = () => Math.floor(Date.now() / 1000);
