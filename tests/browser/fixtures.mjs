// The files that the browser tests drop on the page: tiny encoders, tables, and the header of a safetensors file.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";

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

/**
 * The weights of a fixture in two files, as large models have them, and the list that goes with them.
 *
 * @param {string} folder
 * @returns {Dropped[]}
 */
export function shardedWeights(folder) {
  const whole = readFileSync(`${FIXTURES}${folder}/model.safetensors`);
  const start = 8 + Number(whole.readBigUInt64LE());
  const tensors = Object.entries(safetensorsHeader(whole));
  const names = [1, 2].map((place) => `model-0000${place}-of-00002.safetensors`);
  const files = names.map((name, place) => {
    const mine = tensors.filter((_, at) => at % 2 === place);
    const data = mine.map(
      ([
        ,
        {
          data_offsets: [from, to],
        },
      ]) => whole.subarray(start + from, start + to),
    );
    return file(name, safetensors(mine, data));
  });
  const weight_map = Object.fromEntries(tensors.map(([name], at) => [name, names[at % 2]]));
  return [...files, file("model.safetensors.index.json", JSON.stringify({ metadata: {}, weight_map }))];
}

/** @param {[string, {dtype: string, shape: number[]}][]} tensors @param {Uint8Array[]} data Of each. */
function safetensors(tensors, data) {
  let end = 0;
  const entries = tensors.map(([name, { dtype, shape }], at) => {
    const data_offsets = [end, (end += data[at].length)];
    return [name, { dtype, shape, data_offsets }];
  });
  // The data begins at a multiple of eight bytes.
  const json = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...data]);
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
 * An Excel workbook with a sheet of each table.
 *
 * @param {string} name
 * @param {Record<string, string[][]>} sheets  Rows of words that need no escape.
 * @returns {Dropped}
 */
export function workbook(name, sheets) {
  const relation = (/** @type {string} */ id, /** @type {string} */ kind, /** @type {string} */ part) =>
    `<Relationship Id="${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${kind}" Target="${part}"/>`;
  const relations = (/** @type {string[]} */ all) => `<Relationships>${all.join("")}</Relationships>`;
  const cell = (/** @type {string} */ text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`;
  const row = (/** @type {string[]} */ cells) => `<row>${cells.map(cell).join("")}</row>`;
  const names = Object.keys(sheets);
  const list = names.map((name, at) => `<sheet name="${name}" sheetId="${at + 1}" r:id="rId${at}"/>`).join("");
  const parts = {
    "_rels/.rels": relations([relation("rId1", "officeDocument", "xl/workbook.xml")]),
    "xl/workbook.xml": `<workbook><sheets>${list}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relations(names.map((_, at) => relation(`rId${at}`, "worksheet", `sheet${at}.xml`))),
    ...Object.fromEntries(
      Object.values(sheets).map((rows, at) => [
        `xl/sheet${at}.xml`,
        `<worksheet><sheetData>${rows.map(row).join("")}</sheetData></worksheet>`,
      ]),
    ),
  };
  const files = Object.entries(parts).map(([path, xml]) => [path, strToU8(xml)]);
  return file(name, Buffer.from(zipSync(Object.fromEntries(files))));
}

/** A label that would be an element, if it were markup; no white space, so that it may stand in a CoNLL file. */
export const ELEMENT = "<img/src=x/onerror=alert(1)>";

/**
 * A small table for a task whose answers are words of the texts.
 *
 * @param {"multi_label"|"regression"|"tokens"|"answers"|"pairs"|"embedding"|"language"} kind
 * @returns {Dropped}
 */
export function taskTable(kind) {
  const rows = (/** @type {string} */ head, /** @type {(fruit: string, place: number) => string} */ row) =>
    file(`${kind}.csv`, `${head}\n${Array.from({ length: 24 }, (_, i) => row(FRUITS[i % 3], i)).join("\n")}\n`);
  const next = (/** @type {number} */ place) => FRUITS[(place + 1) % 3];
  switch (kind) {
    case "multi_label":
      return rows("text,labels", (fruit, i) =>
        i % 2 ? `the ${fruit} and ${next(i)},${fruit}|${next(i)}` : `a ${fruit},${fruit}`,
      );
    case "regression":
      return rows(
        "text,score",
        (fruit, i) => `the ${fruit} is ${i % 2 ? "sweet" : "good"} ${i},${(i / 7 + 0.01).toFixed(2)}`,
      );
    case "pairs":
      return rows(
        "premise,hypothesis,label",
        (fruit, i) => `the ${fruit} is good ${i},a ${i % 2 ? fruit : next(i)},${i % 2 ? "same" : "other"}`,
      );
    case "embedding":
      return rows("anchor,positive", (fruit, i) => `the ${fruit} is good ${i},a good ${fruit} ${i}`);
    case "language":
      return rows("text,id", (fruit, i) => `the ${fruit} is sweet and ripe,${i}`);
    case "tokens":
      return file("fruit.conll", FRUITS.flatMap((fruit) => sentences(fruit)).join("\n"));
    case "answers":
      return file(
        "fruit.json",
        JSON.stringify({ version: "v2.0", data: [{ title: "fruit", paragraphs: FRUITS.map(paragraph) }] }),
      );
  }
}

/** Eight sentences as a CoNLL file has them. @param {string} fruit */
function sentences(fruit) {
  return Array.from(
    { length: 8 },
    (_, i) => `the O\n👋 O\n${fruit} B-FRUIT\nis O\n${i} ${i % 4 ? "O" : `B-${ELEMENT}`}\n`,
  );
}

/** A context with seven questions that it answers, and one that it does not. @param {string} fruit */
function paragraph(fruit) {
  const context = `👋 the ${fruit} is sweet and ripe`;
  // Characters, as SQuAD counts them: the hand is one.
  const answers = [{ text: fruit, answer_start: 6 }];
  const qas = Array.from({ length: 8 }, (_, i) => ({
    id: `${fruit}-${i}`,
    question: `what is sweet ${i}`,
    answers: i === 7 ? [] : answers,
    is_impossible: i === 7,
  }));
  return { context, qas };
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
