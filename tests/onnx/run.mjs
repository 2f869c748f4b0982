// Runs a folder of ONNX files in onnxruntime, the build that browsers load, and measures how far its outputs are from
// those in cases.json: `node tests/onnx/run.mjs FOLDER`.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";

/**
 * @typedef {{shape: number[], values: number[]}} Output
 * @typedef {object} Asked
 * @property {[number, number]} shape
 * @property {number[]} input_ids
 * @property {number[]} attention_mask
 * @property {number[]|null} token_type_ids
 * @property {Record<string, Output>} outputs  What ours says.
 *
 * @typedef {"fp32"|"fp16"|"q8"} Precision
 * @typedef {{file: string, precision: Precision, batches: Asked[]}} Case
 */

/**
 * Farthest from ours that an output may be: with the same weights, the largest difference; with narrower ones, the length
 * of all differences beside that of the outputs. Eight bits are few for encoders of twelve values, whose every value counts.
 *
 * @type {Record<Precision, {measure: (got: Float32Array, ours: number[]) => number, limit: number}>}
 */
const WITHIN = {
  fp32: { measure: largest, limit: 1e-4 },
  fp16: { measure: relative, limit: 2e-3 },
  q8: { measure: relative, limit: 0.1 },
};

/** @param {Float32Array} got @param {number[]} ours */
function largest(got, ours) {
  return ours.reduce((far, value, at) => farther(far, Math.abs(got[at] - value)), 0);
}

/** @param {Float32Array} got @param {number[]} ours */
function relative(got, ours) {
  const length = (/** @type {(value: number, at: number) => number} */ of) =>
    Math.sqrt(ours.reduce((sum, value, at) => sum + of(value, at) ** 2, 0));
  return length((value, at) => got[at] - value) / length((value) => value);
}

/** The larger of two, or what is no number. @param {number} a @param {number} b */
function farther(a, b) {
  return b <= a ? a : b;
}

/** @param {Asked} asked @returns {Record<string, ort.Tensor>} */
function inputs({ shape, outputs, ...given }) {
  const present = Object.entries(given).filter((entry) => entry[1] !== null);
  const tensor = (/** @type {number[]} */ values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  return Object.fromEntries(present.map(([name, values]) => [name, tensor(/** @type {number[]} */ (values))]));
}

/** How far the outputs of a file are from ours. @param {string} folder @param {Case} of */
async function distance(folder, { file, precision, batches }) {
  const session = await ort.InferenceSession.create(readFileSync(`${folder}/${file}`));
  let far = 0;
  for (const asked of batches) {
    const outputs = await session.run(inputs(asked));
    const names = Object.keys(asked.outputs);
    if (String(session.outputNames) !== String(names)) throw new Error(`outputs ${session.outputNames}, not ${names}`);
    for (const [name, { shape, values }] of Object.entries(asked.outputs)) {
      const { dims, data } = outputs[name];
      if (String(dims) !== String(shape)) throw new Error(`${name} has the shape ${dims}, not ${shape}`);
      far = farther(far, WITHIN[precision].measure(/** @type {Float32Array} */ (data), values));
    }
  }
  await session.release();
  return far;
}

const [folder] = process.argv.slice(2);
ort.env.logLevel = "error";
ort.env.wasm.numThreads = 1;
/** @type {Case[]} */
const cases = JSON.parse(readFileSync(`${folder}/cases.json`, "utf8"));
let wrong = 0;
for (const of of cases) {
  const { limit } = WITHIN[of.precision];
  const found = await distance(folder, of).catch((error) => String(error));
  const fine = typeof found === "number" && found <= limit;
  if (!fine) wrong += 1;
  const words = typeof found === "number" ? `${found.toExponential(1)} of at most ${limit.toExponential(0)}` : found;
  console.log(`${fine ? "ok  " : "FAR "} ${of.file.padEnd(44)} ${words}`);
}
console.log(`${cases.length - wrong} of ${cases.length} files say what we say`);
process.exitCode = wrong === 0 && cases.length > 0 ? 0 : 1;
