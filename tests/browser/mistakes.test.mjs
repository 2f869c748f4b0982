// Every bad file gets a clear sentence in the page; what was open stays open, and the worker goes on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { gzipSync, zipSync } from "fflate";
import { FIXTURES, file, modelFiles, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { choose, drop, reaches, reads, train } from "./user.mjs";

const GOOD_TABLE = file("fruit.csv", table(24));
const weights = readFileSync(FIXTURES + "tiny-bert/model.safetensors");
const workbook = readFileSync(FIXTURES + "workbooks/reviews.xlsx");
const parquet = readFileSync(FIXTURES + "parquets/zstd.parquet");
const brotli = readFileSync(FIXTURES + "parquets/brotli.parquet");
const gzip = Buffer.from(gzipSync(Buffer.from("text,label\nripe pear,pear\nsweet apple,apple\n")));
const zip = Buffer.from(zipSync({ "picture.png": Buffer.from("text,label\n") }));
const config = JSON.parse(readFileSync(FIXTURES + "tiny-bert/config.json", "utf8"));
const IMG = `<img src=x onerror="document.title='taken'">`;

/** @param {(bytes: Buffer) => void} damage */
function damaged(damage) {
  const copy = Buffer.from(weights);
  damage(copy);
  return copy;
}

/** @type {[string, import("./fixtures.mjs").Dropped, RegExp][]} */
const TABLES = [
  ["an empty file", file("empty.csv", ""), /file is empty/],
  ["a header and no rows", file("header.csv", "text,label\n"), /header but no rows/],
  ["one class", file("one.csv", "text,label\nripe pear,pear\nhard pear,pear\n"), /“label”.*only one class, “pear”/],
  ["a missing column", file("column.csv", "text\nripe pear\nsweet apple\n"), /only one column/],
  ["a line of 10 MB", file("line.csv", `text,label\n${"a".repeat(1e7)},pear\n`), /Line 2: .*longer than 1 MiB/],
  ["a binary file", file("picture.csv", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")), /not a table/],
  [
    "random bytes",
    file("noise.csv", Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * i * 31) & 255))),
    /not a table/,
  ],
  [
    "an unbalanced quote",
    file("quote.csv", 'text,label\n"ripe pear,pear\nsweet apple,apple\n'),
    /Line 2: .*never closed/,
  ],
  ["a workbook cut short", file("cut.xlsx", workbook.subarray(0, 3000)), /workbook is damaged, in the archive/],
  ["a Parquet file cut short", file("cut.parquet", parquet.subarray(0, 900)), /does not end as one/],
  [
    "a Parquet file packed otherwise",
    file("brotli.parquet", brotli),
    /“text” from row 1 on, it is compressed with BROTLI/,
  ],
  ["a zip archive without a table", file("rows.xlsx", zip), /zip archive holds no table/],
  ["a zip archive cut short", file("cut.zip", zip.subarray(0, 60)), /cut\.zip cannot be unpacked: it is no zip/],
  ["a packed table cut short", file("cut.csv.gz", gzip.subarray(0, 40)), /cannot be unpacked: .* probably cut off/],
  ["a NUL byte", file("nul.csv", "text,label\nripe pear,pear\nsweet \0apple,apple\n"), /Line 3: .*NUL/],
];

/** @type {[string, Record<string, string | Buffer>, RegExp][]} */
const MODELS = [
  [
    "weights cut within the header",
    { "model.safetensors": weights.subarray(0, 600) },
    /model\.safetensors: .*cut short/,
  ],
  [
    "weights cut within the data",
    { "model.safetensors": weights.subarray(0, -400) },
    /“[\w.]+”: .*lie outside the file/,
  ],
  [
    "a header that lies about its length",
    { "model.safetensors": damaged((bytes) => bytes.writeBigUInt64LE(2n ** 62n)) },
    /model\.safetensors: .*impossible header length/,
  ],
  [
    "a header that lies about a shape",
    {
      "model.safetensors": Buffer.from(
        weights.toString("latin1").replace('"shape":[300,32]', '"shape":[999,32]'),
        "latin1",
      ),
    },
    /“embeddings\.word_embeddings\.weight”: .*shape/,
  ],
  [
    "an unknown architecture",
    { "config.json": JSON.stringify({ ...config, model_type: "gpt2" }) },
    /config\.json: .*“gpt2”/,
  ],
  ["a config that is no JSON", { "config.json": "{" }, /config\.json: .*JSON/],
  ["a tokenizer that is none", { "tokenizer.json": "{}" }, /tokenizer\.json: /],
  [
    "a tokenizer with more tokens than the weights",
    { "config.json": JSON.stringify({ ...config, vocab_size: 200 }) },
    /tokenizer\.json: .*300 tokens.*200/,
  ],
  [
    "weights of another size than the config says",
    { "config.json": JSON.stringify({ ...config, hidden_size: 64 }) },
    /“[\w.]+”: .*\[300, 64\].*\[300, 32\]/,
  ],
];

/** @type {import("./harness.mjs").Site} */
let site;
/** @type {import("./harness.mjs").Opened} */
let opened;
before(async () => {
  site = await startSite();
  opened = await site.open({ device: "cpu" });
  await drop(opened.page, modelFiles("tiny-bert"));
  await reaches(opened.page, "model");
  await drop(opened.page, [GOOD_TABLE]);
  await reaches(opened.page, "ready");
});
after(() => site.close());

/** What must not change: where the page stands, the model, and the data that training uses. */
function standing() {
  return opened.page.evaluate(() => ({
    phase: document.documentElement.dataset.phase,
    model: document.querySelector("#model-name")?.textContent,
    data: document.querySelector("#data-summary")?.textContent,
    dead: document.querySelector("#worker-error")?.checkVisibility(),
  }));
}

for (const [what, bad, words] of TABLES) {
  test(`${what} as a table`, { timeout: PATIENCE }, async () => {
    const before = await standing();
    await drop(opened.page, [bad]);
    await reads(opened.page, "#data-error", words);
    assert.deepEqual(await standing(), before);
    assert.equal(before.phase, "ready");
    assert.equal(before.dead, false);
    assert.deepEqual(opened.errors, []);
    // The good table again: its mistake is gone, and the worker still answers.
    await drop(opened.page, [GOOD_TABLE]);
    await opened.page.locator("#data-error").waitFor({ state: "hidden" });
  });
}

for (const [what, replaced, words] of MODELS) {
  test(`${what} in a model`, { timeout: PATIENCE }, async () => {
    const before = await standing();
    await drop(opened.page, modelFiles("tiny-bert", replaced));
    await reads(opened.page, "#model-error", words);
    assert.deepEqual(await standing(), before);
    assert.equal(before.phase, "ready");
    assert.equal(before.dead, false);
    assert.deepEqual(opened.errors, []);
  });
}

test(
  "a file that is dropped far from where it is read brings its mistake into view",
  { timeout: PATIENCE },
  async () => {
    const { page } = opened;
    const seen = (/** @type {string} */ place) =>
      page.waitForFunction((place) => {
        const { top, bottom } = document.querySelector(place)?.getBoundingClientRect() ?? { top: -1, bottom: 0 };
        return top >= 0 && bottom <= innerHeight && document.querySelector(place)?.checkVisibility();
      }, place);
    await page.setViewportSize({ width: 1280, height: 300 });
    for (const [bad, place, words] of /** @type {[import("./fixtures.mjs").Dropped, string, RegExp][]} */ ([
      [file("photo.png", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")), "#data-error", /^photo\.png: /],
      [file("config.json", "{}"), "#model-error", /are missing/],
    ])) {
      await page.locator("#result").scrollIntoViewIfNeeded();
      await seen("#result-title");
      await drop(page, [bad]);
      await reads(page, place, words);
      await seen(place);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  },
);

test("half a model", { timeout: PATIENCE }, async () => {
  const before = await standing();
  await drop(opened.page, modelFiles("tiny-bert").slice(0, 1));
  await reads(opened.page, "#model-error", /tokenizer\.json and model\.safetensors are missing/);
  assert.deepEqual(await standing(), before);
});

test("a value out of range is explained beside its field", { timeout: PATIENCE }, async () => {
  await choose(opened.page, { epochs: "0" });
  await reads(opened.page, "#recipe-epochs-error", /1/);
  assert.equal(await opened.page.locator("#train").getAttribute("aria-disabled"), "true");
  await choose(opened.page, { epochs: "1" });
  await opened.page.locator("#recipe-epochs-error").waitFor({ state: "hidden" });
});

test(
  "markup in labels, texts and column names stays text, through training to the end",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, requests } = opened;
    const cell = `"${IMG.replaceAll('"', '""')}"`;
    const rows = Array.from({ length: 24 }, (_, i) => (i % 2 ? `ripe pear,pear` : `${cell},${cell}`));
    await drop(page, [file(`${IMG}.csv`, `text,${cell}\n${rows.join("\n")}\n`)]);
    await reads(page, "#class-counts", /<img src=x onerror=/);
    await reads(page, "#preview", /<img src=x onerror=/);
    await choose(page, { epochs: 1 });
    await train(page);
    await reads(page, "#report", /<img src=x onerror=/);
    await leavesRoom(page, "#confusion", 0.5);
    await leavesRoom(page, "#per-class", 0.65);
    await page.locator("#try-text").fill(IMG);
    await page.locator("#try-send").click();
    await reads(page, "#prediction", /<img src=x onerror=/);
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    assert.equal(await page.title(), "Tabtune");
    assert.ok(requests.every(({ url }) => !url.endsWith("/x")));
    assert.deepEqual(errors, []);
  },
);

/** However long a name is, on a narrow page there are numbers beside it. @param {import("playwright-core").Page} page @param {string} table @param {number} most Share of what is seen of the table. */
async function leavesRoom(page, table, most) {
  await page.setViewportSize({ width: 320, height: 900 });
  const widths = await page.locator(`.scroll:has(${table})`).evaluate((box) => {
    const heads = [...box.querySelectorAll("tbody th")];
    return heads.map((head) => head.getBoundingClientRect().width / box.clientWidth);
  });
  assert.ok(Math.max(...widths) < most, `${table}: ${widths}`);
}
