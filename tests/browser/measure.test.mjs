// A model measured on another table: the scores of its rows, the rows that it is wrong about, and what stays as it was.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { file, modelFiles, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { isFine } from "./looks.mjs";
import { begin, download, drop, reaches, reads, train } from "./user.mjs";

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  site = await startSite();
});
after(() => site.close());

/** Gives a file to the part of step 5 that measures. @param {import("./user.mjs").Page} page @param {import("./fixtures.mjs").Dropped} chosen */
const choose = (page, { name, buffer }) =>
  page.locator("#file-measure").setInputFiles({ name, buffer, mimeType: "application/octet-stream" });

test("a model is measured on another table, and its mistakes there are shown", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await site.open({ device: "cpu" });
  await begin(page, { epochs: 2 });
  await train(page);
  const summary = await page.locator("#data-summary").textContent();

  // Other names of columns, one label that is wrong, one that is missing.
  const rows = table(60).trimEnd().split("\n").slice(24);
  const test = ["note,fruit", ...rows, '"the pear is good",', '"the apple is red",quince'].join("\n");
  await choose(page, file("held-back.csv", test));
  await reads(page, "#measure-words", /held-back\.csv: CSV/);
  assert.equal(await page.locator("#measure-label").inputValue(), "fruit");
  await page.locator("#measure-start").click();
  await reads(page, "#measured-final-accuracy", /%/);
  const measured = rows.length + 1;
  await reads(page, "#measured-few-rows", new RegExp(`Measured on ${measured} rows only`));
  await reads(page, "#measured-final-interval", /95\s%/u);
  await reads(page, "#measure-notes", /1 row without a label is not measured/);
  assert.equal(await page.locator("#measured-per-class tbody tr").count(), 3);
  await isFine(page, "a model measured on another table");
  assert.equal(await page.locator("#data-summary").textContent(), summary, "the data is what it was");

  await page.locator("#misses-side").selectOption("measured");
  await page.locator("#misses-start").click();
  await reads(page, "#misses-words", new RegExp(`the ${measured} rows of the other table`));
  const accuracy = Number.parseFloat((await page.locator("#measured-final-accuracy").textContent()) ?? "");
  const wrong = Number(/wrong about (\d+)/u.exec((await page.locator("#misses-words").textContent()) ?? "")?.[1] ?? 0);
  assert.ok(
    Math.abs(accuracy - (1 - wrong / measured) * 100) < 0.06,
    `${accuracy} % with ${wrong} of ${measured} wrong`,
  );
  const { name } = await download(page, "#misses-csv");
  assert.equal(name, "held-back-wrong.csv");

  // Another model is measured on the same table at a press.
  await train(page);
  await reads(page, "#measure-words", /held-back\.csv/);
  assert.equal(await page.locator("#measured").isVisible(), false);
  await page.locator("#measure-start").click();
  await reads(page, "#measured-final-accuracy", /%/);
  assert.deepEqual(errors, []);
  await close();
});

test(
  "what cannot be measured is said, and a kept model is measured on another visit",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await site.open({ device: "cpu" });
    await begin(page, { epochs: 1 });
    await train(page);
    await choose(page, file("others.csv", "text,label\nthe peach,peach\nthe pear,pear\n"));
    await page.locator("#measure-start").click();
    await reads(page, "#measure-error", /peach/);
    await reads(page, "#project-list", /fruit.*accuracy/isu);

    await page.reload();
    await page.locator("#projects > summary").click();
    const open = page.locator("#project-list").getByRole("button", { name: /^Open fruit/ });
    await open.click();
    await reaches(page, "trained");
    await choose(page, file("seen.csv", table(24)));
    await page.locator("#measure-start").click();
    await reads(page, "#measured-final-accuracy", /%/);
    await page.locator("#misses-side").selectOption("measured");
    await page.locator("#misses-start").click();
    await reads(page, "#misses-words", /24 rows of the other table/);
    assert.deepEqual(errors, []);
    await close();
  },
);

test(
  "a checkpoint with a head is measured without any training, and its mistakes are shown",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await site.open({ device: "cpu" });
    await drop(page, modelFiles("tiny-classifier"));
    await choose(page, file("labelled.csv", "text,label\nthe apple is good,apple\nthe pear,pear\n"));
    await page.locator("#measure-start").click();
    await reads(page, "#measured-final-accuracy", /%/);
    await reads(page, "#misses-side", /Rows of labelled\.csv/);
    await page.locator("#misses-start").click();
    await reads(page, "#misses-words", /2 rows of the other table/);
    assert.deepEqual(errors, []);
    await close();
  },
);
