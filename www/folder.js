// What a model folder holds: the files, what each is for, and how large each may be.

/** @typedef {"config"|"tokenizer"|"weights"|"tokenizer_config"} Part  As ModelFiles in protocol.js names them. */

/** The files of a model folder, the parts that they are, and the most bytes that are read of each. */
export const MODEL_FILES = /** @type {const} */ ([
  { part: "config", file: "config.json", required: true, limit: 4e6 },
  { part: "tokenizer", file: "tokenizer.json", required: true, limit: 64e6 },
  { part: "tokenizer_config", file: "tokenizer_config.json", required: false, limit: 4e6 },
  // Training holds the weights, their gradients and two moments: about four times this in 4 GB of wasm memory.
  { part: "weights", file: "model.safetensors", required: true, limit: 800e6 },
]);
