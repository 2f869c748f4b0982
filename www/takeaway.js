// What a trained model's files are and who loads them, in words, by its task and how it was trained. Pure.

/** @typedef {Pick<import("./run.js").Subject, "task"|"method">} Made */

/** Classes of transformers, by the task of their heads. @type {Partial<Record<import("./protocol.js").Task, string>>} */
const CLASSES = {
  classification: "AutoModelForSequenceClassification",
  multi_label: "AutoModelForSequenceClassification",
  regression: "AutoModelForSequenceClassification",
  tokens: "AutoModelForTokenClassification",
  answers: "AutoModelForQuestionAnswering",
  language: "AutoModelForMaskedLM",
};

/** @param {Made} made @returns {string} What the zip holds. */
export function folderWords({ task, method }) {
  const rest = "config.json, the tokenizer, a model card and a report of this training";
  if (method === "probe" || method === "contrastive") {
    return `The zip is a folder that sentence-transformers loads: model.safetensors, 1_Pooling, the layer that gives the labels or numbers (in a folder that ends in _Dense), ${rest}. For a class of transformers instead, train in full.`;
  }
  if (method === "frozen") {
    return `The zip is a folder that sentence-transformers loads: model.safetensors as it was, 1_Pooling, the layer that was fitted (in a folder that ends in _Dense), ${rest}.`;
  }
  if (task === "embedding") {
    return `The zip is a folder that sentence-transformers loads: model.safetensors, 1_Pooling, ${rest}.`;
  }
  return `The zip is a folder that transformers loads with ${CLASSES[task]}: model.safetensors, ${rest}.`;
}

/** @param {Made} made @returns {boolean} Whether the weights alone hold all that was learnt, or at least enough to be of use. */
export function weightsLearnt({ method }) {
  return method !== "frozen" && method !== "probe" && method !== "contrastive";
}

/** @param {Made} made @returns {boolean} Whether what was learnt can be taken without the model. */
export function hasAdapter({ method }) {
  return method === "lora";
}

/** @param {string} base @returns {string} What the adapter is. */
export function adapterWords(base) {
  return `The adapter is only what was learnt, a small part of the size: PEFT loads it over the base model, ${base}.`;
}

/** How ONNX files keep the weights: what a list says, and what follows from it. @type {[import("./protocol.js").Precision, string, string][]} */
export const PRECISIONS = [
  ["f32", "32 bits, as trained", "Its answers are those that the model gives here."],
  ["f16", "16 bits, half the size", "Half the size; answers differ by rounding alone."],
  [
    "int8",
    "8 bits, a quarter of the size",
    "A quarter of the size and the fastest on processors; a few answers may change.",
  ],
];

/** What runs the task in transformers.js, where it is one call. @type {Partial<Record<import("./protocol.js").Task, string>>} */
const PIPELINES = {
  classification: "text-classification",
  multi_label: "text-classification",
  tokens: "token-classification",
  answers: "question-answering",
  language: "fill-mask",
  embedding: "feature-extraction",
};

/** @param {Made} made @param {import("./protocol.js").Precision} precision @returns {string} What the zip for JavaScript holds. */
export function onnxWords({ task }, precision) {
  const how = PIPELINES[task] ? `pipeline("${PIPELINES[task]}", …)` : "AutoModelForSequenceClassification";
  const words = PRECISIONS.find(([name]) => name === precision)?.[2] ?? "";
  return `For web pages and Node: a folder that transformers.js loads with ${how}. ${words}`;
}
