// The work that everyone is timed at: shapes of encoders, starting weights and batches, equal to the last bit for all.
// The same generator is written out in engine/weights.rs and peers/pytorch.py.

/**
 * @typedef {object} Shape  Sizes of an encoder, named as in `BertConfig`.
 * @property {number} vocab_size
 * @property {number} hidden_size
 * @property {number} num_attention_heads
 * @property {number} num_hidden_layers
 * @property {number} intermediate_size
 * @property {number} max_position_embeddings
 * @property {number} type_vocab_size
 */

/**
 * @typedef {object} Job  One thing to be timed, as every peer is given it.
 * @property {string} task  `full`, `lora` or `inference`.
 * @property {string} shape  A key of SHAPES.
 * @property {number} batch  Rows.
 * @property {number} tokens  Tokens of each row; none is padding.
 * @property {number} warmup  Steps that are not timed.
 * @property {number} steps  Timed steps at most.
 * @property {number} seconds  No step is begun later than this after the first timed one.
 */

const COMMON = { vocab_size: 30522, max_position_embeddings: 512, type_vocab_size: 2 };

/** @type {Record<string, Shape>} */
export const SHAPES = {
  /** all-MiniLM-L6-v2: 22.7 million parameters. */
  minilm: {
    ...COMMON,
    hidden_size: 384,
    num_attention_heads: 12,
    num_hidden_layers: 6,
    intermediate_size: 1536,
  },
  /** BERT base: 110 million parameters. */
  base: {
    ...COMMON,
    hidden_size: 768,
    num_attention_heads: 12,
    num_hidden_layers: 12,
    intermediate_size: 3072,
  },
};

export const CLASSES = 8;
export const LEARNING_RATE = 1e-4;
/** On matrices alone, as in transformers: biases and LayerNorm have none. */
export const WEIGHT_DECAY = 0.01;
export const LAYER_NORM_EPS = 1e-12;

/** Half the width of the uniform distribution that weights come from: its standard deviation is 0.02. */
const SPREAD = 0.0346410162;
/** Numbers of the streams that the batch comes from; those below belong to the parameters. */
const IDS = 1000;
const LABELS = 1001;

/**
 * A bijection of 32 bits that spreads every bit over all others ("lowbias32", C. Wellons, hash-prospector, 2018).
 *
 * @param {number} x
 */
function mix(x) {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * The values of a stream, each from its place alone: 24 random bits, so that f32 and f64 hold the same.
 *
 * @param {number} stream
 * @returns {(place: number) => number} From 0 up to 1.
 */
function uniform(stream) {
  const key = mix(stream + 1);
  return (place) => (mix(place ^ key) >>> 8) / 2 ** 24;
}

/**
 * Names and shapes of all parameters in the order of their streams. Dense weights are `[inputs, outputs]`.
 *
 * @param {Shape} shape
 * @returns {[name: string, shape: number[]][]}
 */
export function parameters(shape) {
  const [hidden, wide] = [shape.hidden_size, shape.intermediate_size];
  /** @type {[string, number[]][]} */
  const all = [
    ["word.w", [shape.vocab_size, hidden]],
    ["position.w", [shape.max_position_embeddings, hidden]],
    ["type.w", [shape.type_vocab_size, hidden]],
    ["norm.gamma", [hidden]],
    ["norm.beta", [hidden]],
  ];
  const dense = (/** @type {string} */ name, /** @type {number} */ from, /** @type {number} */ to) =>
    all.push([`${name}.w`, [from, to]], [`${name}.b`, [to]]);
  const norm = (/** @type {string} */ name) => all.push([`${name}.gamma`, [hidden]], [`${name}.beta`, [hidden]]);
  for (let layer = 0; layer < shape.num_hidden_layers; layer++) {
    for (const part of ["query", "key", "value", "mixed"]) dense(`${layer}.${part}`, hidden, hidden);
    norm(`${layer}.attention_norm`);
    dense(`${layer}.up`, hidden, wide);
    dense(`${layer}.down`, wide, hidden);
    norm(`${layer}.output_norm`);
  }
  dense("pooler", hidden, hidden);
  dense("head", hidden, CLASSES);
  return all;
}

/**
 * Starting weights: uniform for matrices, 1 for the gains of LayerNorm, 0 for all biases.
 *
 * @param {Shape} shape
 * @returns {Generator<[name: string, shape: number[], values: Float32Array<ArrayBuffer>]>}
 */
export function* weights(shape) {
  for (const [stream, [name, sizes]] of parameters(shape).entries()) {
    const values = new Float32Array(sizes.reduce((product, size) => product * size, 1));
    if (name.endsWith(".gamma")) values.fill(1);
    if (name.endsWith(".w")) {
      const draw = uniform(stream);
      for (let place = 0; place < values.length; place++) values[place] = (2 * draw(place) - 1) * SPREAD;
    }
    yield [name, sizes, values];
  }
}

/**
 * The one batch that every step sees, so that the loss falls.
 *
 * @param {Job} job
 * @returns {{ids: Int32Array<ArrayBuffer>, labels: Int32Array<ArrayBuffer>}}
 */
export function batchOf({ shape, batch, tokens }) {
  const pick = (/** @type {number} */ stream, /** @type {number} */ size, /** @type {number} */ below) => {
    const draw = uniform(stream);
    return Int32Array.from({ length: size }, (_, place) => Math.floor(draw(place) * below));
  };
  return { ids: pick(IDS, batch * tokens, SHAPES[shape].vocab_size), labels: pick(LABELS, batch, CLASSES) };
}

/**
 * Mean cross-entropy of logits, for the tasks that do not compute it themselves.
 *
 * @param {Float32Array} logits
 * @param {Int32Array} labels
 */
export function crossEntropy(logits, labels) {
  let sum = 0;
  for (const [row, label] of labels.entries()) {
    const own = logits.subarray(row * CLASSES, (row + 1) * CLASSES);
    const largest = Math.max(...own);
    sum += largest + Math.log(own.reduce((total, logit) => total + Math.exp(logit - largest), 0)) - own[label];
  }
  return sum / labels.length;
}
