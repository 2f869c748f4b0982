// A whole table through the tiny classifier: every row comes back, formulas harmless, with progress and a way to cancel.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { strFromU8, unzipSync } from "fflate";
import { FIXTURES, file, modelFiles } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { isFine } from "./looks.mjs";
import { download, drop, reads } from "./user.mjs";

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** @param {number} rows */
function lines(rows) {
  const fruits = ["apple", "pear", "quince"];
  return Array.from({ length: rows }, (_, row) => `${row};the ${fruits[row % 3]} is good;"=1+${row}"\n`);
}

/** @param {import("playwright-core").Page} page @param {string} name @param {string} content */
async function choose(page, name, content) {
  await page.locator("#file-sheet").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
  await reads(page, "#sheet-words", new RegExp(name.replace(".", "\\.")));
}

test("a table comes back with predictions, can be cancelled, and asks nobody", { timeout: PATIENCE }, async () => {
  const { page, requests, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-classifier"));
  await page.locator("#try-text").waitFor();

  await choose(page, "mail.csv", `id;body;note\n${lines(1500).join("")}`);
  await reads(page, "#sheet-words", /semicolon/);
  const text = page.locator("#sheet-text");
  assert.equal(await text.inputValue(), "body");
  await isFine(page, "a table to be predicted");
  const asked = requests.length;
  const { name, bytes } = await download(page, "#sheet-start");
  assert.equal(name, "mail-predicted.csv");
  const rows = bytes.toString("utf8").trimEnd().split("\n");
  assert.equal(rows[0], "id;body;note;predicted_label;predicted_score;score_apple;score_pear;score_quince");
  assert.equal(rows.length, 1501);
  assert.match(rows[1500], /^1499;the quince is good;'=1\+1499;(apple|pear|quince);0\.\d{6};/);
  await reads(page, "#sheet-words", /mail-predicted\.csv was handed/);

  // The columns that were chosen stay for the same table; another column gives other predictions.
  await text.selectOption("note");
  const other = (await download(page, "#sheet-start")).bytes.toString("utf8").split("\n");
  assert.notEqual(other[1].split(";").slice(4).join(), rows[1].split(";").slice(4).join());
  assert.equal(await text.inputValue(), "note");

  await choose(page, "long.csv", `id;body;note\n${lines(120_000).join("")}`);
  await page.locator("#sheet-start").click();
  await page.waitForFunction(() => {
    const bar = document.querySelector("#sheet-progress");
    return bar instanceof HTMLProgressElement && bar.checkVisibility() && bar.value > 0 && bar.value < 1;
  });
  await page.locator("#sheet-cancel").click();
  await reads(page, "#sheet-words", /Cancelled; nothing was saved/);
  await page.locator('#sheet-start[aria-disabled="false"]').waitFor();

  await page.locator("#file-sheet").setInputFiles({
    name: "broken.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(`id;body;note\n${lines(20).join("")}1;2;3;4\n`),
  });
  await reads(page, "#sheet-error", /Line 22: This row has 4 cells/);

  assert.equal(
    requests.filter(({ url }) => !url.startsWith("blob:")).length,
    requests.filter(({ url }, at) => at < asked && !url.startsWith("blob:")).length,
  );
  assert.deepEqual(site.asked, []);
  assert.deepEqual(errors, []);
  await close();
});

test("a table dropped on that part of the page is not one to train on", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-classifier"));
  await page.locator("#try-text").waitFor();
  const content = `{"body":"the apple","note":"-x"}\n{"body":"the pear"}\n`;
  const dropped = file("rows.jsonl", content).buffer.toString("base64");
  await page.evaluate((base64) => {
    const dataTransfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], "rows.jsonl"));
    const event = { dataTransfer, bubbles: true, cancelable: true };
    document.querySelector("#sheet")?.dispatchEvent(new DragEvent("drop", event));
  }, dropped);
  await reads(page, "#sheet-words", /rows\.jsonl: JSON Lines/);
  assert.equal(await page.locator("#preview").isVisible(), false);
  const { bytes } = await download(page, "#sheet-start");
  const rows = bytes.toString("utf8").trimEnd().split("\n");
  assert.equal(rows.length, 3);
  assert.match(rows[1], /^the apple,'-x,/);
  assert.deepEqual(errors, []);
  await close();
});

test("a workbook is a table, to be predicted and to train on", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-classifier"));
  await page.locator("#try-text").waitFor();
  const workbook = file("reviews.xlsx", readFileSync(`${FIXTURES}workbooks/reviews.xlsx`));
  await page.locator("#file-sheet").setInputFiles(workbook);
  await reads(page, "#sheet-words", /reviews\.xlsx: Excel, sheet 2 of 3/);
  // Whoever works with Excel gets Excel back, or what is chosen.
  const { name, bytes } = await download(page, "#sheet-start");
  assert.equal(name, "reviews-predicted.xlsx");
  const sheet = strFromU8(unzipSync(bytes)["xl/worksheets/sheet1.xml"]);
  assert.match(sheet, /<t xml:space="preserve">A fine film\.<\/t><\/is><\/c>.*<c><v>0\.\d{6}<\/v><\/c><\/row>/);
  await page.locator("#sheet-format").selectOption("csv");
  await reads(page, "#sheet-format-words", /apostrophe/);
  const csv = await download(page, "#sheet-start");
  assert.equal(csv.name, "reviews-predicted.csv");
  const rows = csv.bytes.toString("utf8").split("\n");
  assert.match(rows[0], /^text,label,stars,seen,.*,predicted_label,/);
  assert.match(rows[1], /^A fine film\.,good,4\.1,2024-02-29,14:30:00,36:00:00,0\.05,TRUE,8\.2,(apple|pear|quince),/);

  await page.locator("#sheet-worksheet").selectOption("About");
  await reads(page, "#sheet-words", /reviews\.xlsx: Excel, sheet 1 of 3/);
  const texts = (await download(page, "#sheet-start")).bytes.toString("utf8").split("\n");
  assert.match(texts[1], /^about films,(apple|pear|quince),/);

  await drop(page, [workbook]);
  await reads(page, "#table-format", /Excel, sheet 2 of 3, .*7 rows/);
  await reads(page, "#table-notes", /“Reviews, all” is read, not “About”, “Codes”/);
  await reads(page, "#preview", /東京 🎬 é/u);
  await isFine(page, "a workbook");
  const choice = page.locator("#table-worksheet");
  await choice.focus();
  await choice.selectOption("Codes");
  await reads(page, "#table-format", /Excel, sheet 3 of 3, .*1 row/);
  await reads(page, "#go-back", /reviews\.xlsx, Reviews, all/);
  assert.equal(await choice.evaluate((element) => element === document.activeElement), true, "the focus stays");
  assert.deepEqual(errors, []);
  await close();
});

test("a packed table is a table, and of an archive's tables one is chosen", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-classifier"));
  await page.locator("#try-text").waitFor();
  const packed = (/** @type {string} */ name) => file(name, readFileSync(`${FIXTURES}packed/${name}`));
  await drop(page, [packed("reviews.csv.gz")]);
  await reads(page, "#table-format", /CSV, comma, quoted, header, UTF-8, in gzip · 9 rows/);
  await drop(page, [packed("reviews.jsonl.zst")]);
  await reads(page, "#table-format", /JSON Lines, UTF-8, in zstd · 9 rows/);
  await drop(page, [packed("several.zip")]);
  await reads(page, "#table-format", /CSV, .*, file 4 of a zip archive · 9 rows/);
  await reads(page, "#table-notes", /Of the archive’s 3 tables “data\/train\.csv” is read\./);
  await reads(page, "label[for=table-worksheet]", /^Table in the archive$/);
  await isFine(page, "tables in an archive");
  await page.locator("#table-worksheet").selectOption("data/test.csv");
  await reads(page, "#table-format", /file 5 of a zip archive · 2 rows/);

  await page.locator("#file-sheet").setInputFiles(packed("reviews.csv.gz"));
  await reads(page, "#sheet-words", /reviews\.csv\.gz: CSV/);
  const { name, bytes } = await download(page, "#sheet-start");
  assert.equal(name, "reviews-predicted.csv");
  assert.match(bytes.toString("utf8"), /^text,label,predicted_label,.*\nA fine film\.,good,(apple|pear|quince),/);
  assert.deepEqual(errors, []);
  await close();
});
