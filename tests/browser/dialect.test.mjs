// Tables that are not read as they are meant: letters of another encoding, commas that are none, first rows of data.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { FIXTURES, file, modelFiles, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { isFine } from "./looks.mjs";
import { download, drop, reads } from "./user.mjs";

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

const fixture = (/** @type {string} */ name) => file(name, readFileSync(`${FIXTURES}encodings/${name}`));

test("letters of any encoding are read, or as it is said", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-bert"));
  await drop(page, [fixture("japanese.csv")]);
  await reads(page, "#table-format", /CSV, semicolon, not quoted, header, Shift_JIS · 6 rows/);
  await reads(page, "#table-notes", /by its letters it was read as Shift_JIS \(Japanese\)/);
  await reads(page, "#preview", /荷物がとても早く届き/u);
  await page.locator("#table-dialect summary").click();
  await isFine(page, "how a table is read");
  const encoding = page.locator("#table-dialect-encoding");
  await reads(page, "#table-dialect-encoding-hint", /Found: Japanese \(Shift_JIS\)\./);
  await encoding.focus();
  await encoding.selectOption("windows-1251");
  await reads(page, "#table-format", /windows-1251 · 6 rows/);
  await reads(page, "#go-back", /Go back to japanese\.csv/);
  assert.equal(await encoding.evaluate((element) => element === document.activeElement), true, "the focus stays");
  await page.locator("#table-dialect-header").selectOption("no");
  await reads(page, "#table-format", /no header, windows-1251 · 7 rows/);
  assert.equal(await encoding.inputValue(), "windows-1251", "what was said before holds");
  await page.locator("#go-back").click();
  await reads(page, "#table-format", /semicolon, not quoted, header, windows-1251 · 6 rows/);
  assert.deepEqual(errors, []);
  await close();
});

test(
  "a Parquet file is a table with the names of its classes, and says itself how it is read",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await site.open({ device: "cpu" });
    await drop(page, modelFiles("tiny-bert"));
    for (const name of ["zstd", "polars", "nested"]) {
      await drop(page, [file(`${name}.parquet`, readFileSync(`${FIXTURES}parquets/${name}.parquet`))]);
      await reads(page, "#table-name", new RegExp(`${name}\\.parquet`, "u"));
      await reads(page, "#table-format", /Parquet · \d rows/);
    }
    await drop(page, [file("classes.parquet", readFileSync(`${FIXTURES}parquets/classes.parquet`))]);
    await reads(page, "#preview", /Ada PER wrote/);
    assert.equal(await page.locator("#table-dialect").isVisible(), false);
    assert.deepEqual(errors, []);
    await close();
  },
);

test("a file that cannot be read can be read differently", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-bert"));
  await drop(page, [file("fruit.csv", table(24))]);
  await reads(page, "#table-format", /24 rows/);
  await drop(page, [file("notes.txt", "Yes, well, no\nOf course, it came, late, and broken\nNo\n")]);
  await reads(page, "#data-error", /notes\.txt: Line 2: This row has 4 cells.*or choose another delimiter/);
  await reads(page, "#data-still", /still uses fruit\.csv/);
  assert.equal(await page.locator("#refused-dialect").getAttribute("open"), "", "it is there without being looked for");
  await isFine(page, "a file that could not be read");
  await page.locator("#refused-dialect-delimiter").selectOption("none");
  await reads(page, "#table-format", /one column, not quoted, .* · \d rows/);
  assert.equal(await page.locator("#refused-dialect").isVisible(), false);
  await page.locator("#table-dialect summary").click();
  await page.locator("#table-dialect-header").selectOption("no");
  await reads(page, "#table-format", /one column, not quoted, no header, UTF-8 · 3 rows/);
  assert.deepEqual(errors, []);
  await close();
});

test("how a table is read is kept with its project", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  const opens = (/** @type {string} */ name) =>
    page.locator("#project-list").getByRole("button", { name: new RegExp(`^Open ${name}`) });
  await drop(page, modelFiles("tiny-bert"));
  await drop(page, [file("other.csv", table(30))]);
  await page.locator("#projects > summary").click();
  await reads(page, "#project-list", /other/);
  await drop(page, [file("fruit.csv", table(24).split("\n").slice(1).join("\n"))]);
  await page.locator("#table-dialect summary").click();
  await page.locator("#table-dialect-header").selectOption("no");
  await page.locator("#table-dialect-encoding").selectOption("windows-1250");
  await reads(page, "#table-format", /no header, windows-1250 · 24 rows/);
  await reads(page, "#data", /22 rows to train on, 2 rows to validate with/);
  // What is open is written before another project is opened.
  await opens("other").click();
  await reads(page, "#table-format", /, header, UTF-8 · 30 rows/);
  await page.reload();
  await page.locator("#projects > summary").click();
  await reads(page, "#project-list", /fruit/);
  assert.equal(await opens("fruit").count(), 1, "nothing was learnt from the readings before");
  await opens("fruit").click();
  await reads(page, "#table-format", /no header, windows-1250 · 24 rows/);
  assert.equal(await page.locator("#table-dialect-encoding").inputValue(), "windows-1250");
  assert.deepEqual(errors, []);
  await close();
});

test("a table to be predicted is read as it is said, too", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await drop(page, modelFiles("tiny-classifier"));
  await page.locator("#try-text").waitFor();
  const lines = "ripe, red apple\nsweet, soft, yellow pear\n";
  await page.locator("#file-sheet").setInputFiles(file("lines.txt", lines));
  await reads(page, "#sheet-error", /Line 2: This row has 3 cells/);
  await page.locator("#sheet-dialect-delimiter").selectOption("none");
  await reads(page, "#sheet-words", /lines\.txt: CSV, one column/);
  await page.locator("#sheet-dialect-header").selectOption("no");
  await reads(page, "#sheet-words", /lines\.txt: CSV, one column, not quoted, no header/);
  const { bytes } = await download(page, "#sheet-start");
  assert.match(
    bytes.toString("utf8"),
    /^column 1,predicted_label,.*\n"ripe, red apple",\w+,.*\n"sweet, soft, yellow pear",\w+,/,
  );
  // The engine reads it again in the same way for another time.
  await reads(page, "#sheet-words", /downloads/);
  const again = await download(page, "#sheet-start");
  assert.deepEqual(again.bytes, bytes);
  assert.deepEqual(errors, []);
  await close();
});
