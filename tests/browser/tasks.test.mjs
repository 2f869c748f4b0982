// Every other task from end to end on the CPU: drop an encoder and a small table, see what it looks like, train, read the
// report, try the model, and download a folder that says what it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { unzipSync } from "fflate";
import { ELEMENT, modelFiles, taskTable } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { isFine } from "./looks.mjs";
import { choose, download, drop, reaches, reads, train } from "./user.mjs";

/**
 * @typedef {object} Case
 * @property {Parameters<typeof taskTable>[0]} kind
 * @property {import("../../www/protocol.js").Task} task
 * @property {RegExp} guess        What the table looks like; where it looks like another task, this one is picked.
 * @property {RegExp} preview      What the preview makes of the rows.
 * @property {string} score        Id of the main score.
 * @property {number} tables       Confusion matrices and tables of labels.
 * @property {string[]} texts      For the boxes.
 * @property {RegExp} said
 * @property {string} architecture
 * @property {string} [problem]
 */

/** @type {Case[]} */
const CASES = [
  {
    kind: "multi_label",
    task: "multi_label",
    guess: /texts with any number of labels/,
    preview: /pear.*quince/,
    score: "#final-micro-f1",
    tables: 1,
    texts: ["the pear and apple"],
    said: /%/,
    architecture: "BertForSequenceClassification",
    problem: "multi_label_classification",
  },
  {
    kind: "regression",
    task: "regression",
    guess: /texts with a score/,
    preview: /0\.15/,
    score: "#final-spearman",
    tables: 0,
    texts: ["the pear is good"],
    said: /scores -?\d/,
    architecture: "BertForSequenceClassification",
    problem: "regression",
  },
  {
    kind: "pairs",
    task: "classification",
    guess: /pairs of texts with a label/,
    preview: /other/,
    score: "#final-accuracy",
    tables: 2,
    texts: ["the pear is good", "a pear"],
    said: /with.*is.*%/,
    architecture: "BertForSequenceClassification",
    problem: "single_label_classification",
  },
  {
    kind: "tokens",
    task: "tokens",
    guess: /texts with marked words/,
    preview: /pear FRUIT/,
    score: "#final-f1",
    tables: 2,
    texts: ["the 👋 pear is 4"],
    said: /pear/,
    architecture: "BertForTokenClassification",
  },
  {
    kind: "answers",
    task: "answers",
    guess: /questions with contexts and answers/,
    preview: /no answer|pear/,
    score: "#final-f1",
    tables: 0,
    texts: ["what is sweet", "👋 the pear is sweet and ripe"],
    said: /Probability/,
    architecture: "BertForQuestionAnswering",
  },
  {
    kind: "embedding",
    task: "embedding",
    guess: /pairs of texts that belong together/,
    preview: /a good pear/,
    score: "#final-accuracy",
    tables: 0,
    texts: ["the pear is good", "a good pear"],
    said: /Cosine similarity/,
    architecture: "BertModel",
  },
  {
    kind: "language",
    task: "language",
    guess: /\w/,
    preview: /sweet and ripe/,
    score: "#final-perplexity",
    tables: 0,
    texts: ["the [MASK] is sweet"],
    said: /Likeliest words/,
    architecture: "BertForMaskedLM",
  },
];

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** @param {Buffer} zip @param {Case} expected */
function checkZip(zip, { task, architecture, problem }) {
  const files = unzipSync(zip);
  const json = (/** @type {string} */ name) => JSON.parse(new TextDecoder().decode(files[name]));
  const config = json("config.json");
  assert.deepEqual(config.architectures, [architecture]);
  if (problem) assert.equal(config.problem_type, problem);
  if (task === "regression") assert.equal(Object.keys(config.id2label).length, 1);
  assert.ok(files["model.safetensors"].length > 1000);
  assert.ok(files["tokenizer.json"]);
}

for (const expected of CASES) {
  const { kind, task, texts } = expected;
  test(`${kind}: a tiny encoder learns it`, { timeout: PATIENCE }, async () => {
    const { page, errors, close } = await site.open({ device: "cpu" });
    await drop(page, modelFiles("tiny-bert"));
    await reaches(page, "model");
    await drop(page, [taskTable(kind)]);
    await reads(page, "#task-guess", expected.guess);
    const radio = page.locator(`#task-${task.replaceAll("_", "-")}`);
    // Texts alone look like nothing in particular.
    if (kind === "language") await radio.check({ force: true });
    await reaches(page, "ready");
    assert.equal(await radio.isChecked(), true);
    await reads(page, "#preview", expected.preview);
    await reads(page, "#data-summary", /rows? to train on/);

    await choose(page, { epochs: 2, learning_rate: 0.003 });
    await train(page);
    assert.equal(await page.locator("#epochs tbody tr").count(), 2);
    assert.equal(await page.locator(expected.score).isVisible(), true);
    assert.equal(
      (await page.locator("#confusion").count()) + (await page.locator("#per-class").count()),
      expected.tables,
    );

    for (const [place, id] of ["#try-text", "#try-pair"].entries()) {
      assert.equal(await page.locator(id).isVisible(), place < texts.length, id);
      if (place < texts.length) await page.locator(id).fill(texts[place]);
    }
    await page.locator("#try-send").click();
    await reads(page, "#prediction", expected.said);
    await isFine(page, `${kind}, trained and tried`);
    checkZip((await download(page, "#download-zip")).bytes, expected);
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    assert.deepEqual(errors, []);
    await close();
  });
}

test("labels that look like markup stay text where words are marked", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, [taskTable("tokens")]);
  await reads(page, "#class-counts", /<img\/src=x/);
  const names = await page.locator("#preview .mark-name").allTextContents();
  assert.ok(
    names.some((name) => ELEMENT.startsWith(name.replace("…", ""))),
    names.join(),
  );
  assert.equal(await page.locator("#preview img, #class-counts img").count(), 0);
  assert.deepEqual(errors, []);
  await close();
});

test("a task that lacks a column says which, and nothing is lost", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-bert"));
  await reaches(page, "model");
  await drop(page, [taskTable("regression")]);
  await reaches(page, "ready");
  const summary = await reads(page, "#data-summary", /rows/);
  await page.locator("#task-answers").check({ force: true });
  await page.locator("#data-error").waitFor();
  await reads(
    page,
    "#data-still",
    /Nothing is lost: training still uses regression\.csv with “text” as text and “score” as score/,
  );
  await page.locator("#task-regression").check({ force: true });
  await page.locator("#data-error").waitFor({ state: "hidden" });
  assert.equal(await reads(page, "#data-summary", /rows/), summary);
  assert.deepEqual(errors, []);
  await close();
});
