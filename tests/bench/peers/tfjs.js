// TensorFlow.js at a job of the bench. It is eager, and has Adam but no AdamW: without decay, losses differ by 1e-5.
/// <reference path="./libraries.d.ts" />
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-backend-webgpu";
import { getThreadsCount, setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { batchOf, CLASSES, crossEntropy, LAYER_NORM_EPS, LEARNING_RATE, SHAPES, weights } from "../work.js";

/** @typedef {import("../work.js").Job} Job */
/** @typedef {any} Tensor  Untyped, so that types can be checked where TensorFlow.js is not installed. */

/**
 * @param {Job} job
 * @param {{device: "wasm"|"webgpu", tuned: boolean}} how
 */
export async function open(job, { device, tuned }) {
  setWasmPaths("/wasm/");
  if (tuned) useAllCores();
  if (tuned) tuneProducts();
  await tf.setBackend(device);
  await tf.ready();
  /** @type {Record<string, Tensor>} */
  const p = {};
  for (const [name, sizes, values] of weights(SHAPES[job.shape])) {
    p[name] = tf.variable(tf.tensor(values, sizes), true, name);
  }
  const { ids, labels } = batchOf(job);
  const logits = network(job, p, tf.tensor1d(ids, "int32"));
  const steps = { full: training(logits, labels), inference: inference(logits, labels) };
  return {
    threads: device === "wasm" ? threads() : null,
    step: steps[/** @type {keyof typeof steps} */ (job.task)],
  };
}

/** Its wasm backend never takes more threads than half of what the browser names as cores. */
function useAllCores() {
  const cores = navigator.hardwareConcurrency;
  Object.defineProperty(navigator, "hardwareConcurrency", { value: 2 * cores });
  setThreadsCount(cores);
}

/** Threads of its wasm backend; it has more than one only where shared memory is allowed. */
function threads() {
  return self.crossOriginIsolated ? getThreadsCount() : 1;
}

/**
 * A product's gradient written so that no factor is asked for transposed, since the wasm backend has a fast product
 * only for those that lie as they are.
 */
function tuneProducts() {
  const transposed = (/** @type {Tensor} */ x) => {
    const axes = x.shape.map((/** @type {number} */ _, /** @type {number} */ axis) => axis);
    return tf.transpose(x, [...axes.slice(0, -2), axes.at(-1), axes.at(-2)]);
  };
  tf.registerGradient({
    kernelName: "BatchMatMul",
    inputsToSave: ["a", "b"],
    gradFunc(/** @type {Tensor} */ dy, /** @type {Tensor[]} */ [a, b], /** @type {Tensor} */ { transposeB }) {
      if (transposeB) return { a: () => tf.matMul(dy, b), b: () => tf.matMul(transposed(dy), a) };
      return { a: () => tf.matMul(dy, transposed(b)), b: () => tf.matMul(transposed(a), dy) };
    },
  });
}

/** Rows of a table. The library's own gradient transposes the whole table twice, which takes longer than a layer. */
const lookUp = (/** @type {Tensor} */ ids) =>
  tf.customGrad((/** @type {Tensor} */ table) => ({
    value: tf.gather(table, ids),
    gradFunc: (/** @type {Tensor} */ dy) => tf.scatterND(tf.expandDims(ids, 1), dy, table.shape),
  }));

/**
 * @param {Job} job
 * @param {Record<string, Tensor>} p
 * @param {Tensor} ids
 * @returns {() => Tensor} Logits.
 */
function network({ shape, batch, tokens }, p, ids) {
  const { hidden_size: hidden, num_attention_heads: heads, num_hidden_layers: layers } = SHAPES[shape];
  const words = lookUp(ids);
  const dense = (/** @type {Tensor} */ x, /** @type {string} */ name) =>
    tf.add(tf.matMul(x, p[`${name}.w`]), p[`${name}.b`]);
  const norm = (/** @type {Tensor} */ x, /** @type {string} */ name) => {
    const { mean, variance } = tf.moments(x, -1, true);
    const unit = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, LAYER_NORM_EPS)));
    return tf.add(tf.mul(unit, p[`${name}.gamma`]), p[`${name}.beta`]);
  };
  const gelu = (/** @type {Tensor} */ x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  const split = (/** @type {Tensor} */ x) =>
    tf.transpose(tf.reshape(x, [batch, tokens, heads, hidden / heads]), [0, 2, 1, 3]);
  return () => {
    const places = tf.add(tf.slice(p["position.w"], [0, 0], [tokens, hidden]), tf.slice(p["type.w"], 0, 1));
    const sum = tf.add(tf.reshape(words(p["word.w"]), [batch, tokens, hidden]), places);
    let x = norm(tf.reshape(sum, [batch * tokens, hidden]), "norm");
    for (let layer = 0; layer < layers; layer++) {
      const [query, key, value] = ["query", "key", "value"].map((part) => split(dense(x, `${layer}.${part}`)));
      const shares = tf.softmax(tf.mul(tf.matMul(query, key, false, true), Math.sqrt(heads / hidden)));
      const mixed = tf.reshape(tf.transpose(tf.matMul(shares, value), [0, 2, 1, 3]), [batch * tokens, hidden]);
      x = norm(tf.add(x, dense(mixed, `${layer}.mixed`)), `${layer}.attention_norm`);
      x = norm(tf.add(x, dense(gelu(dense(x, `${layer}.up`)), `${layer}.down`)), `${layer}.output_norm`);
    }
    const first = tf.slice(tf.reshape(x, [batch, tokens, hidden]), [0, 0, 0], [batch, 1, hidden]);
    return dense(tf.tanh(dense(tf.reshape(first, [batch, hidden]), "pooler")), "head");
  };
}

/**
 * @param {() => Tensor} logits
 * @param {Int32Array} labels
 */
function training(logits, labels) {
  const wanted = tf.oneHot(tf.tensor1d(labels, "int32"), CLASSES);
  const loss = () => tf.neg(tf.mean(tf.sum(tf.mul(wanted, tf.logSoftmax(logits())), -1)));
  const adam = tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-8);
  return async () => {
    const value = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss);
      adam.applyGradients(grads);
      return value;
    });
    const [got] = await value.data();
    // The loss is there before the update is.
    if (tf.getBackend() === "webgpu") await tf.backend().queue.onSubmittedWorkDone();
    value.dispose();
    return got;
  };
}

/**
 * @param {() => Tensor} logits
 * @param {Int32Array} labels
 */
function inference(logits, labels) {
  return async () => {
    const value = tf.tidy(logits);
    const got = await value.data();
    value.dispose();
    return crossEntropy(got, labels);
  };
}
