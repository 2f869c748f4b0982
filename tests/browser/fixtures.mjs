// The files that the browser tests drop on the page: tiny encoders, tables, and the header of a safetensors file.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of fixtures, with a slash at the end. */
export const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** Files of a model folder that the page accepts. */
const MODEL_FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];

/** @typedef {{name: string, mimeType: string, buffer: Buffer}} Dropped  A file as Playwright hands it to the page. */

/**
 * @param {string} name
 * @param {string | Buffer} content
 * @returns {Dropped}
 */
export function file(name, content) {
  return { name, mimeType: "application/octet-stream", buffer: Buffer.from(content) };
}

/**
 * The files of a fixture's folder, some of them replaced.
 *
 * @param {string} folder
 * @param {Record<string, string | Buffer>} [replaced]
 * @returns {Dropped[]}
 */
export function modelFiles(folder, replaced = {}) {
  return MODEL_FILES.map((name) => file(name, replaced[name] ?? readFileSync(`${FIXTURES}${folder}/${name}`)));
}

const FRUITS = ["pear", "apple", "quince"];

/** A word that no other text of the page holds: a request that carries it carries the user's data. */
export const SECRET = "zanzibarkind";

/**
 * A table of three easy classes: the label is a word of the text.
 *
 * @param {number} rows
 */
export function table(rows) {
  const lines = Array.from({ length: rows }, (_, i) => {
    const fruit = FRUITS[i % FRUITS.length];
    return `"${SECRET} the ${fruit} is ${i % 2 ? "sweet, and ripe" : "good"}",${fruit}`;
  });
  return `text,label\n${lines.join("\n")}\n`;
}

/**
 * The header of a safetensors file: eight bytes of length, then JSON.
 *
 * @param {Uint8Array} bytes
 * @returns {Record<string, {dtype: string, shape: number[], data_offsets: [number, number]}>}
 */
export function safetensorsHeader(bytes) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const { __metadata__, ...tensors } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return tensors;
}
