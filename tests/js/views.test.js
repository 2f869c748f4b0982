// What the views draw: each task's prediction, previews, reports; hostile and right-to-left texts are text in all of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS_FOUND } from "../../www/dialect.js";
import { drawnIn, installPage } from "./page.js";

installPage();
const { visible } = await import("../../www/visible.js");
const { confusionMatrix } = await import("../../www/panels/confusion.js");
const { epochTable } = await import("../../www/panels/epochs.js");
const { previewTable } = await import("../../www/panels/preview.js");
const { reportTables, wordsFor } = await import("../../www/panels/report.js");
const { COLORS, colorsOf, legendOf, markedText } = await import("../../www/views/marked.js");
const { predictionView } = await import("../../www/views/prediction.js");

/** @typedef {import("../../www/protocol.js").Task} Task */
/** @typedef {import("../../www/protocol.js").Prediction} Prediction */

const IMG = `<img src=x onerror="alert(1)">`;
const RTL = "שלום \u202eevil\u202c 👋";
const HOSTILE = [IMG, RTL, "<script>alert(1)</script>", "&lt;b&gt;", "a\0b"];
/** Texts that were read to their end. */
const WHOLE = { texts: 0, tokens: 64 };
/** @type {{labels: string[], threshold: number|null}} */
const KNOWN = { labels: [], threshold: null };

/** @param {Task} task @param {Prediction[]} predictions @param {Partial<typeof KNOWN>} [known] */
function shown(task, predictions, known = {}) {
  return drawnIn(predictionView({ task, predictions, cut: WHOLE }, { ...KNOWN, ...known }));
}

/** A prediction of each task in which every text and label is the given one. @param {string} text @returns {[Task, Prediction[]][]} */
function everyTask(text) {
  const span = { start: 0, end: 2, label: text, score: 0.5 };
  return [
    ["classification", [{ text, pair: text, label: text, scores: { [text]: 1 } }]],
    ["multi_label", [{ text, pair: null, labels: [text], scores: { [text]: 0.7, other: 0.1 } }]],
    ["regression", [{ text, pair: text, score: 3.14159 }]],
    ["tokens", [{ text, tokens: [span], entities: [span] }]],
    ["answers", [{ question: text, context: `${text} ${text}`, answer: text, start: 0, end: 2, score: 0.5 }]],
    ["embedding", [1, 2].map((x) => ({ text, vector: [x, 1] }))],
    ["language", [{ text, masks: [{ start: 0, end: 1, words: [{ word: text, score: 0.5 }] }] }]],
  ];
}

test("markup and marks of direction are text in every prediction", () => {
  for (const text of HOSTILE) {
    for (const [task, predictions] of everyTask(text)) {
      const root = shown(task, predictions);
      for (const tag of ["img", "script", "b"]) assert.equal(root.all(tag).length, 0, `${task}: ${text}`);
      assert.doesNotMatch(root.textContent, /[\u0000\u202a-\u202e]/u, task);
      assert.ok(root.textContent.includes(visible(text.slice(0, 5))), `${task}: ${root.textContent}`);
    }
  }
});

test("texts of any script say their own direction", () => {
  for (const [task, predictions] of everyTask(RTL)) {
    const root = shown(task, predictions);
    const parts = ["q", "p", "strong", "th", "bdi", "span"].flatMap((tag) => root.all(tag));
    const holders = parts.filter((part) => part.tag === "bdi" || part.attributes.dir === "auto");
    assert.ok(
      holders.some((part) => part.textContent.includes("שלום".slice(2))),
      task,
    );
  }
});

test("entities are marked with their names where Python counts them, and listed in a legend", () => {
  const text = "👋🏽 Ada lives in 🇫🇷 Paris";
  const entities = [
    { start: 3, end: 6, label: "PER", score: 0.9 },
    { start: 19, end: 24, label: "LOC", score: 0.8 },
  ];
  const root = shown("tokens", [{ text, tokens: [], entities }], { labels: ["LOC", "PER"] });
  const marks = root.all("mark");
  assert.deepEqual(
    marks.map((mark) => mark.textContent),
    ["Ada PER", "Paris LOC"],
  );
  assert.deepEqual(
    marks.map((mark) => mark.attributes.class),
    ["kind kind-1", "kind kind-0"],
    "colours of the model's labels",
  );
  assert.match(root.all("ul")[0].textContent, /PER × 1LOC × 1/u);
  assert.deepEqual(
    root
      .all("tbody")[0]
      .all("th")
      .map((cell) => cell.textContent),
    ["Ada", "Paris"],
  );
});

test("parts of speech are marked word by word, and nothing is said to be nothing", () => {
  const tokens = ["DET", "NOUN"].map((label, place) => ({ start: place * 4, end: place * 4 + 3, label, score: 1 }));
  assert.equal(shown("tokens", [{ text: "the cat", tokens, entities: [] }]).all("mark").length, 2);
  const outside = [{ start: 0, end: 3, label: "O", score: 1 }];
  assert.match(shown("tokens", [{ text: "the", tokens: outside, entities: [] }]).textContent, /Nothing is marked/u);
});

test("an answer is marked in its context, and its absence is said", () => {
  const given = {
    question: "Where?",
    context: "👋 Ada lives in Paris.",
    answer: "Paris",
    start: 15,
    end: 20,
    score: 0.75,
  };
  const root = shown("answers", [given]);
  assert.deepEqual(
    root.all("mark").map((mark) => mark.textContent),
    ["Paris"],
  );
  assert.match(root.textContent, /75\.0/u);
  const none = shown("answers", [{ ...given, answer: "", start: 0, end: 0 }]);
  assert.equal(none.all("mark").length, 0);
  assert.match(none.textContent, /holds no answer/u);
});

test("labels above the threshold are chips; a number is a number; two texts have a cosine", () => {
  const labels = { text: "t", labels: ["a", "b"], scores: { a: 0.9, b: 0.6, c: 0.1 } };
  const root = shown("multi_label", [labels], { threshold: 0.5 });
  assert.deepEqual(
    root.all("bdi").map((chip) => chip.textContent),
    ["a", "b"],
  );
  assert.match(root.textContent, /given from 50\u00a0% on/u);
  assert.match(shown("multi_label", [{ ...labels, labels: [] }]).textContent, /No label fits/u);
  assert.match(shown("regression", [{ text: "t", score: -2.34567 }]).textContent, /scores -2\.346/u);
  const alike = shown("embedding", [
    { text: "a", vector: [3, 4] },
    { text: "b", vector: [4, 3] },
  ]);
  assert.match(alike.textContent, /Cosine similarity 0\.96/u);
  assert.match(
    shown("embedding", [
      { text: "a", vector: [0] },
      { text: "b", vector: [1] },
    ]).textContent,
    /no vector/u,
  );
});

test("hidden words have their likeliest ones, and a text without any is explained", () => {
  const words = [
    { word: "Paris", score: 0.6 },
    { word: "Rome", score: 0.3 },
  ];
  const masks = [0, 7].map((start) => ({ start, end: start + 6, words }));
  const root = shown("language", [{ text: "[MASK] [MASK]", masks }]);
  assert.equal(root.all("mark").length, 2);
  assert.match(root.textContent, /Hidden word 2.*Paris.*60\.0/u);
  assert.match(shown("language", [{ text: "plain", masks: [] }]).textContent, /\[MASK\]/u);
});

test("more labels than colours share them, and keep their names", () => {
  const labels = Array.from({ length: COLORS + 2 }, (_, place) => `L${place}`);
  const colors = colorsOf(labels, []);
  assert.equal(colors.get("L0"), colors.get(`L${COLORS}`));
  const marked = labels.map((label, place) => ({ start: place, end: place + 1, label }));
  const text = drawnIn(markedText("abcdefghij", marked, colors)).textContent;
  for (const label of labels) assert.ok(text.includes(label));
  assert.equal(drawnIn(legendOf(marked, colors)).all("li").length, labels.length);
});

/** @param {Partial<import("../../www/protocol.js").Mapping>} mapping @param {string[]} names @param {string[][]} preview */
function preview(mapping, names, preview) {
  const columns = names.map((name) => ({ name, distinct: 1, empty: 0, mean_characters: 1 }));
  const rest = { label: "", pair: null, negative: null, separator: null, split: null, validation_share: 0, seed: 0 };
  /** @type {import("../../www/protocol.js").Mapping} */
  const whole = { task: "classification", text: names[0], ...rest, ...mapping };
  const table = {
    name: IMG,
    format: "",
    rows: 1,
    columns,
    preview,
    mapping: whole,
    notes: [],
    worksheets: [],
    dialect: AS_FOUND,
  };
  return drawnIn(previewTable(table, whole));
}

test("a preview shows the target of each task", () => {
  const multi = preview(
    { task: "multi_label", label: "l", separator: "|" },
    ["t", "l"],
    [
      ["x", `a|${IMG}`],
      ["y", ""],
    ],
  );
  assert.deepEqual(
    multi.all("bdi").map((chip) => chip.textContent),
    ["a", IMG],
  );
  assert.match(multi.textContent, /no label/u);
  const words = preview({ task: "tokens", label: "g" }, ["w", "g"], [['["👋","Ada"]', '["O","B-PER"]']]);
  assert.deepEqual(
    words.all("mark").map((mark) => mark.textContent),
    ["Ada PER"],
  );
  const answers = preview({ task: "answers", pair: "c", label: "a" }, ["q", "c", "a"], [["Who?", `${IMG} Ada`, "Ada"]]);
  assert.deepEqual(
    answers.all("mark").map((mark) => mark.textContent),
    ["Ada"],
  );
  const nouns = answers
    .all("thead")[0]
    .all("span")
    .map((tag) => tag.textContent);
  assert.deepEqual(nouns, ["question", "context", "answers"]);
  const wide = preview({ text: "t", label: "l" }, ["id", "l", "at", "t"], [["7", "pear", "noon", "ripe"]]);
  const cells = (/** @type {"th"|"td"} */ of) => wide.all(of).map((cell) => cell.textContent);
  assert.deepEqual(cells("td"), ["pear", "ripe", "7", "noon"], "what is used comes first");
  assert.deepEqual(cells("th"), ["llabel", "ttext", "id", "at"]);
  const unread = preview({ task: "tokens", label: "g" }, ["w", "g"], [["Ada", '{"no":"tags"}']]);
  assert.match(unread.textContent, /\{"no":"tags"\}/u);
  for (const root of [multi, words, answers, unread]) assert.equal(root.all("img").length, 0);
});

test("tables of labels are headed by what they count", () => {
  const rows = (/** @type {string[]} */ labels) =>
    labels.map((label) => ({ label, precision: 1, recall: 1, f1: 1, support: 3 }));
  const base = { metrics: { loss: 1 }, confusion: null };
  const types = { ...base, task: /** @type {const} */ ("tokens"), labels: ["O", "B-PER"], per_class: rows(["PER"]) };
  assert.deepEqual(wordsFor(types), { title: "Scores per type of entity", head: "Type", unit: "Entities" });
  const tags = { ...types, labels: ["DET", "NOUN"], per_class: rows(["DET", "NOUN"]) };
  assert.equal(wordsFor(tags).unit, "Words");
  assert.equal(wordsFor({ ...types, task: "multi_label" }).unit, "Rows");
});

test("a report shows what its task has and nothing else", () => {
  const table = [
    { name: "spearman", words: "Spearman correlation", form: /** @type {const} */ ("number"), higher_is_better: true },
  ];
  const { element, update } = reportTables();
  const root = drawnIn(element);
  update(
    { task: "regression", labels: [], per_class: [], metrics: { loss: 0.5, spearman: 0.81234, mse: null } },
    table,
  );
  assert.equal(root.all("table").length, 0);
  assert.match(root.textContent, /Spearman correlation0\.812Mse–Validation loss0\.5000/u);
  const per_class = [
    { label: IMG, precision: 1, recall: 0, f1: 0, support: 2, average_precision: 0.25 },
    { label: "unseen", precision: 0, recall: 0, f1: 0, support: 0 },
  ];
  update({ task: "multi_label", labels: [IMG], per_class, metrics: { loss: 1, micro_f1: 0.5 }, threshold: 0.5 }, []);
  assert.match(root.textContent, /at least 50\u00a0% likely.*Average precision/u);
  // As the scores over all rows are, and nothing of a label that no row has.
  assert.match(root.textContent, /1\.0000\.0000\.0000\.2502unseen––––0$/u);
  assert.ok(root.textContent.includes(IMG));
  assert.equal(root.all("img").length, 0);
  update(null, table);
  assert.equal(root.textContent, "");
});

test("the epoch whose weights are kept is the best one only where something measured it", () => {
  const epoch = { type: /** @type {const} */ ("epoch"), epoch: 1, step: 9, train_loss: 1, best: true, seconds: 1 };
  const tag = (/** @type {import("../../www/protocol.js").Metrics|null} */ validation) => {
    const { element, update } = epochTable();
    update([{ ...epoch, validation, note: null }], []);
    return drawnIn(element).all("span")[0].textContent;
  };
  assert.equal(tag({ loss: 1, accuracy: 1 }), "best");
  assert.equal(tag(null), "kept");
});

test("names in tables say their own direction, and their cells keep the table's", () => {
  const { element, update } = reportTables();
  const per_class = [{ label: RTL, precision: 1, recall: 1, f1: 1, support: 1 }];
  update({ task: "classification", labels: [RTL], confusion: [[1]], per_class, metrics: { loss: 1 } }, []);
  const heads = drawnIn(element)
    .all("th")
    .filter(({ attributes }) => attributes.class === "named");
  assert.equal(heads.length, 3, "a column and two rows");
  for (const head of heads) {
    assert.equal(head.attributes.dir, undefined);
    assert.equal(head.all("span")[0].attributes.dir, "auto");
  }
});

test("a confusion matrix names its labels as text and is left out where it is too large", () => {
  const matrix = drawnIn(
    confusionMatrix(
      [IMG, "b"],
      [
        [1, 2],
        [0, 3],
      ],
      "words",
    ),
  );
  assert.equal(matrix.all("td").length, 5);
  assert.equal(matrix.all("img").length, 0);
  assert.match(matrix.textContent, /Counts of words/u);
  const many = Array.from({ length: 41 }, String);
  assert.match(drawnIn(confusionMatrix(many, [], "rows")).textContent, /too large/u);
});

test("a text that was not read to its end is said to be one, and a label may be called anything", () => {
  const scores = JSON.parse('{"__proto__": 0.75, "b": 0.25}');
  const predictions = [{ text: "t", label: "__proto__", scores }];
  const cut = { texts: 1, tokens: 64 };
  const drawn = drawnIn(predictionView({ task: "classification", predictions, cut }, KNOWN));
  assert.match(drawn.textContent, /__proto__.*75.*b.*25/u);
  assert.match(drawn.textContent, /Only the first 64 tokens of the text were read: this model takes no more\.$/u);
});
