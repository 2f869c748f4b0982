// Ways in which bytes and JSON come damaged, or made by somebody who means harm. The same random numbers do the same damage.

/** @typedef {() => number} Random  From 0 to 1. */

/** @param {Random} random @param {number} count @returns {number} From 0, below `count`. */
const below = (random, count) => Math.floor(random() * count);

/** What fields of a zip are set to, for they decide what is read. */
const NUMBERS = [0, 1, 0xff, 0xffff, 0x7fffffff, 0xffffffff];

/** @param {Uint8Array} bytes @param {Random} random @returns {Uint8Array} */
export function damagedBytes(bytes, random) {
  let damaged = Uint8Array.from(bytes);
  for (let left = 1 + below(random, 4); left > 0 && damaged.length > 8; left -= 1) damaged = once(damaged, random);
  return damaged;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {Random} random @returns {Uint8Array<ArrayBuffer>} */
function once(bytes, random) {
  // The list of contents is at the end, and worth most.
  const near = random() < 0.5 ? Math.max(0, bytes.length - 400) : 0;
  const at = near + below(random, bytes.length - near);
  const length = Math.min(1 + below(random, 64), bytes.length - at);
  const part = bytes.subarray(at, at + length);
  switch (below(random, 5)) {
    case 0:
      bytes[at] ^= 1 << below(random, 8);
      return bytes;
    case 1: {
      const place = Math.min(at, bytes.length - 4);
      const value = NUMBERS[below(random, NUMBERS.length)];
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(place, value, true);
      return bytes;
    }
    case 2:
      return bytes.slice(0, at);
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    default:
      return joined(bytes.subarray(0, at), part, bytes.subarray(at));
  }
}

/** @param {...Uint8Array} parts */
function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** As JSON, since some of it is what JavaScript would not write. */
const HOSTILE = [
  "null",
  "true",
  "-1",
  "0.5",
  "1e308",
  "1e999",
  "9007199254740993",
  '""',
  '"../../x"',
  '"\\u202e<img src=x onerror=alert(1)>"',
  '"\\u0000"',
  `"${"x".repeat(30_000)}"`,
  "[]",
  "{}",
  '{"__proto__":{"polluted":true},"constructor":1}',
  `[${"[],".repeat(3000)}[]]`,
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
];

/** @param {string} words JSON. @param {Random} random @returns {string} Mostly JSON. */
export function damagedJson(words, random) {
  if (random() < 0.2) {
    const bytes = damagedBytes(new TextEncoder().encode(words), random);
    return new TextDecoder().decode(bytes);
  }
  const value = JSON.parse(words);
  for (let left = 1 + below(random, 3); left > 0; left -= 1) damageWithin(value, random);
  // What stands for a hostile value is put in as it is written.
  return JSON.stringify(value).replace(/"@hostile-(\d+)@"/gu, (_, place) => HOSTILE[Number(place)]);
}

/** Changes something in an object or list. @param {any} value @param {Random} random */
function damageWithin(value, random) {
  const names = Object.keys(value);
  if (names.length === 0) return;
  const name = names[below(random, names.length)];
  const inside = value[name];
  // Mostly deeper, for there is more.
  if (typeof inside === "object" && inside !== null && random() < 0.8) return damageWithin(inside, random);
  const other = names[below(random, names.length)];
  switch (below(random, 4)) {
    case 0:
      if (Array.isArray(value)) value.splice(Number(name), 1);
      else delete value[name];
      break;
    case 1:
      if (Array.isArray(value)) value.push(...value.slice(0, 200));
      else value[name] = structuredClone(value[other]);
      break;
    default:
      value[name] = `@hostile-${below(random, HOSTILE.length)}@`;
  }
}
