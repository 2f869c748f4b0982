// jax-js at a job of the bench: one compiled function per step, gradients and AdamW of all parameters within it.
/// <reference path="./libraries.d.ts" />
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import {
  batchOf,
  CLASSES,
  crossEntropy,
  LAYER_NORM_EPS,
  LEARNING_RATE,
  SHAPES,
  WEIGHT_DECAY,
  weights,
} from "../work.js";

/** @typedef {import("../work.js").Job} Job */
/** @typedef {any} Tensor  Untyped, so that types can be checked where jax-js is not installed. */
/** @typedef {Record<string, Tensor>} Parameters */

/**
 * @param {Job} job
 * @param {{device: "wasm"|"webgpu"}} how
 */
export async function open(job, { device }) {
  const devices = await init(device);
  if (!devices.includes(device)) throw new Error(`jax-js cannot use ${device} here.`);
  defaultDevice(device);
  /** @type {Parameters} */
  const parameters = {};
  for (const [name, sizes, values] of weights(SHAPES[job.shape])) parameters[name] = np.array(values).reshape(sizes);
  await blockUntilReady(tree.ref(parameters));
  const steps = { full: training, inference };
  const step = steps[/** @type {keyof typeof steps} */ (job.task)](job, parameters);
  // Its wasm backend takes a worker for each core where the page is isolated, and says so nowhere.
  const threads = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  return { threads: device === "wasm" ? threads : null, step };
}

/**
 * Logits of token ids. Each use of an array uses it up, and `ref` makes it last for one more.
 *
 * @param {Job} job
 * @param {Parameters} all
 * @param {Tensor} ids
 */
function network({ shape, batch, tokens }, all, ids) {
  const { hidden_size: hidden, num_attention_heads: heads, num_hidden_layers: layers } = SHAPES[shape];
  const p = (/** @type {string} */ name) => all[name].ref;
  const dense = (/** @type {Tensor} */ x, /** @type {string} */ name) => np.dot(x, p(`${name}.w`)).add(p(`${name}.b`));
  const norm = (/** @type {Tensor} */ x, /** @type {string} */ name) => {
    const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
    const variance = np.square(centred.ref).mean(-1, { keepdims: true });
    const unit = centred.div(np.sqrt(variance.add(LAYER_NORM_EPS)));
    return unit.mul(p(`${name}.gamma`)).add(p(`${name}.beta`));
  };
  const places = p("position.w")
    .slice([0, tokens])
    .add(p("type.w").slice([0, 1]));
  // The sum comes before the reshape: this version cannot compile the gradient of a look-up that is reshaped.
  let x = norm(p("word.w").slice(ids).add(places), "norm").reshape([batch * tokens, hidden]);
  for (let layer = 0; layer < layers; layer++) {
    const [query, key, value] = ["query", "key", "value"].map((part) =>
      dense(x.ref, `${layer}.${part}`).reshape([batch, tokens, heads, hidden / heads]),
    );
    const mixed = nn.dotProductAttention(query, key, value).reshape([batch * tokens, hidden]);
    x = norm(x.add(dense(mixed, `${layer}.mixed`)), `${layer}.attention_norm`);
    const wide = nn.gelu(dense(x.ref, `${layer}.up`), { approximate: false });
    x = norm(x.add(dense(wide, `${layer}.down`)), `${layer}.output_norm`);
  }
  const first = x.reshape([batch, tokens, hidden]).slice([], 0);
  const logits = dense(np.tanh(dense(first, "pooler")), "head");
  tree.dispose(all);
  return logits;
}

/**
 * @param {Job} job
 * @param {Parameters} parameters
 */
function training(job, parameters) {
  const batch = batchOf(job);
  const ids = np.array(batch.ids, { dtype: np.int32 }).reshape([job.batch, job.tokens]);
  const labels = np.array(batch.labels, { dtype: np.int32 });
  const loss = (/** @type {Parameters} */ all, /** @type {Tensor} */ ids, /** @type {Tensor} */ labels) =>
    nn
      .logSoftmax(network(job, all, ids), -1)
      .mul(nn.oneHot(labels, CLASSES))
      .sum()
      .mul(-1 / job.batch);
  const update = jit(adamW(loss));
  const zeros = () => tree.map((/** @type {Tensor} */ p) => np.zeros(p.shape), parameters);
  let state = [parameters, zeros(), zeros()];
  let done = 0;
  return async () => {
    done += 1;
    const correction = (/** @type {number} */ beta) => np.array(1 / (1 - beta ** done));
    const [value, ...next] = update(...state, correction(0.9), correction(0.999), ids.ref, labels.ref);
    state = next;
    const got = await value.jsAsync();
    // The loss is there before the update is.
    await blockUntilReady(tree.ref(state));
    return got;
  };
}

/**
 * A step as a function of parameters, both moments, both bias corrections and the batch.
 *
 * @param {(all: Parameters, ids: Tensor, labels: Tensor) => Tensor} loss
 */
function adamW(loss) {
  return (/** @type {[Parameters, Parameters, Parameters, Tensor, Tensor, Tensor, Tensor]} */ ...inputs) => {
    const [all, first, second, correct1, correct2, ids, labels] = inputs;
    const [value, gradients] = valueAndGrad(loss)(tree.ref(all), ids, labels);
    /** @type {Parameters[]} */
    const [next, m, v] = [{}, {}, {}];
    for (const name of Object.keys(all)) {
      const gradient = gradients[name];
      m[name] = first[name].mul(0.9).add(gradient.ref.mul(0.1));
      v[name] = second[name].mul(0.999).add(np.square(gradient).mul(0.001));
      const root = np.sqrt(v[name].ref.mul(correct2.ref)).add(1e-8);
      const step = m[name].ref.mul(correct1.ref).div(root).mul(LEARNING_RATE);
      const kept = name.endsWith(".w") ? all[name].mul(1 - LEARNING_RATE * WEIGHT_DECAY) : all[name];
      next[name] = kept.sub(step);
    }
    tree.dispose([correct1, correct2]);
    return [value, next, m, v];
  };
}

/**
 * @param {Job} job
 * @param {Parameters} parameters
 */
function inference(job, parameters) {
  const batch = batchOf(job);
  const ids = np.array(batch.ids, { dtype: np.int32 }).reshape([job.batch, job.tokens]);
  const logits = jit((/** @type {Parameters} */ all, /** @type {Tensor} */ ids) => network(job, all, ids));
  return async () => crossEntropy(await logits(tree.ref(parameters), ids.ref).data(), batch.labels);
}
