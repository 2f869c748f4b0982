// Where a model is wrong: rows with wrong labels are found after training, on either side, and after another visit, too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ELEMENT, file, modelFiles, table, taskTable } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { isFine } from "./looks.mjs";
import { download, drop, reads, train } from "./user.mjs";

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** Lines with another label than their fruit, or none. */
const WRONG = [6, 40, 91];
const rows = table(120)
  .split("\n")
  .map((line, at) =>
    WRONG.includes(at + 1) ? line.replace(/,\w+$/u, `,${line.endsWith("pear") ? "apple" : "pear"}`) : line,
  );

/** The lines that are shown. @param {import("./user.mjs").Page} page */
const lines = (page) =>
  page
    .locator("#misses-list tbody tr td:first-child")
    .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent)));

test("rows with wrong labels are found, and found again on another visit", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-bert"));
  await drop(page, [file("fruit.csv", rows.join("\n"))]);
  await reads(page, "#data", /108 rows to train on/);
  await train(page);
  await page.locator("#misses-side").selectOption("train");
  await page.locator("#misses-start").click();
  await reads(page, "#misses-words", /of the 108 rows that it was trained on/);
  const found = await lines(page);
  const expected = WRONG.filter((line) => found.includes(line));
  assert.ok(expected.length >= 2, `of lines ${WRONG} among those: ${found}`);
  assert.deepEqual(
    found.slice(0, expected.length).sort((a, b) => a - b),
    expected,
    "the surest first",
  );
  await isFine(page, "rows that the model is wrong about");
  const said = await page.locator("#misses-words").textContent();
  const { name, bytes } = await download(page, "#misses-csv");
  assert.equal(name, "fruit-wrong.csv");
  const saved = bytes.toString("utf8").trimEnd().split("\r\n");
  assert.equal(saved[0], "line,text,table_says,model_says,how_sure");
  assert.deepEqual(
    saved.slice(1).map((row) => Number(row.split(",")[0])),
    found,
  );

  await page.locator("#misses-side").selectOption("validation");
  await page.locator("#misses-start").click();
  await reads(page, "#misses-words", /12 rows held out/);

  await page.locator("#projects > summary").click();
  await reads(page, "#project-list", /fruit.*accuracy/isu);
  await page.reload();
  await page.locator("#projects > summary").click();
  await page
    .locator("#project-list")
    .getByRole("button", { name: /^Open fruit/ })
    .click();
  await page.locator("#misses-side").selectOption("train");
  await page.locator("#misses-start").click();
  await reads(page, "#misses-words", /of the 108 rows that it was trained on/);
  assert.equal(await page.locator("#misses-words").textContent(), said);
  assert.deepEqual(await lines(page), found);
  assert.deepEqual(errors, []);
  await close();
});

test(
  "marked words stand beside those that the table marks, and other data is none to be judged by",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await site.open({ device: "cpu" });
    await drop(page, modelFiles("tiny-bert"));
    await drop(page, [taskTable("tokens")]);
    await reads(page, "#data", /rows to train on/);
    await train(page);
    await page.locator("#misses-side").selectOption("train");
    await page.locator("#misses-start").click();
    await reads(page, "#misses-words", /of the 22 rows that it was trained on/);
    await reads(page, "#misses-list", /FRUIT/);
    assert.ok(
      (await page.locator("#misses-list").textContent())?.includes(ELEMENT.slice(0, 12)),
      "a label is only text",
    );
    assert.equal(await page.locator("#misses-list img").count(), 0);

    await drop(page, [
      file("other.conll", "the O\nripe B-TASTE\npear O\n\nthe O\nsweet B-TASTE\npear O\n\n".repeat(6)),
    ]);
    await reads(page, "#table-format", /CoNLL.*12 rows/);
    await reads(page, "#data", /rows to train on/);
    await page.locator("#misses-start").click();
    await reads(page, "#misses-error", /trained on other data than is open now/);
    assert.deepEqual(errors, []);
    await close();
  },
);
