// A token as its holder can read it: no secret is needed for that, and nothing is verified here.

const MEANINGS = {
  alg: "how it is signed",
  typ: "what it is",
  kid: "which of the issuer's keys signed it",
  iss: "who issued it",
  sub: "whom it speaks for",
  aud: "which API it is for",
  client_id: "the application that asked for it",
  jti: "its own number",
  scope: "what the application was granted",
  permissions: "what its subject may do",
};

const TIMES = {
  exp: { past: "ended", future: "ends", warnIf: "past" },
  nbf: { past: "began", future: "begins", warnIf: "future" },
  iat: { past: "issued", future: "issued", warnIf: "future" },
};

/** Header and claims, or in words why they cannot be read. */
export function decode(token) {
  const parts = token.split(".");
  if (parts.length === 1) return { problem: "It has one part: an opaque token, which only its issuer can read." };
  if (parts.length === 5) return { problem: "It has five parts: an encrypted token, which only its recipient can read." };
  if (parts.length !== 3) return { problem: `A signed token has three parts; this has ${parts.length}.` };
  try {
    return { header: object(parts[0]), claims: object(parts[1]), signed: parts[2] !== "" };
  } catch {
    return { problem: "Its header or its claims are not JSON in base64url." };
  }
}

function object(part) {
  const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new TypeError();
  return value;
}

/** What a header parameter or a claim says, in words: `{ text, warn }`; no text if it is unknown. */
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
    return { text: "nobody signed it", warn: true };
  }
  return { text: MEANINGS[name] ?? "", warn: false };
}

/** Seconds in words, the two largest units; empty below one second. */
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
  if (Number.isNaN(date.getTime())) return "beyond any calendar";
  const sameDay = date.toDateString() === new Date().toDateString();
  const time = { timeStyle: "medium" };
  return sameDay
    ? `at ${date.toLocaleTimeString("en-GB", time)}`
    : `on ${date.toLocaleString("en-GB", { dateStyle: "medium", ...time })}`;
}

/** The present, in whole seconds since the epoch. */
export const now = () => Math.floor(Date.now() / 1000);
