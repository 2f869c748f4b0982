// The engine in another page: the example that comes with the npm package, as a user works it; the calls that it does not
// make; and the types, as a TypeScript program sees them.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { unzipSync } from "fflate";
import ts from "typescript";
import { assemble } from "../../tools/package.mjs";
import { file, modelFiles, safetensorsHeader, table } from "./fixtures.mjs";
import { PATIENCE, startSite } from "./harness.mjs";
import { download, reads } from "./user.mjs";

const folder = mkdtempSync(join(tmpdir(), "tabtune-"));
const home = join(folder, "node_modules/tabtune");

/** @type {import("./harness.mjs").Site} */
let site;
before(async () => {
  // Not made there: TypeScript takes what lies in node_modules for finished.
  assemble(join(folder, "made"));
  mkdirSync(join(folder, "node_modules"));
  renameSync(join(folder, "made"), home);
  site = await startSite(home);
});
after(async () => {
  await site.close();
  rmSync(folder, { recursive: true });
});

/** The example's page; the browser asks for an icon that it does not have. */
async function open() {
  const opened = await site.open({ device: "cpu", path: "example.html" });
  await reads(opened.page, "#said", /\w/);
  return { ...opened, errors: () => opened.errors.filter((line) => !/404/.test(line)) };
}

test("the example of 30 lines trains, answers and saves", { timeout: PATIENCE }, async () => {
  const { page, errors, close } = await open();
  await page.locator("#model").setInputFiles(modelFiles("tiny-bert"));
  await page.locator("#table").setInputFiles(file("fruit.csv", table(24)));
  await page.locator("#train").click();
  await reads(page, "#said", /epoch/);
  assert.equal(await page.locator("#progress").evaluate((bar) => /** @type {HTMLProgressElement} */ (bar).value), 1);
  await page.locator("#text").fill("the pear is sweet");
  await page.locator("#ask").click();
  await reads(page, "#said", /^(apple|pear|quince)$/);
  const files = unzipSync((await download(page, "#save")).bytes);
  assert.deepEqual(safetensorsHeader(files["model.safetensors"])["classifier.weight"].shape, [3, 32]);
  assert.deepEqual(errors(), []);
  await close();
});

test("what goes wrong is said in the sentence that the page says", { timeout: PATIENCE }, async () => {
  const { page, close } = await open();
  await page.locator("#model").setInputFiles(modelFiles("tiny-bert", { "config.json": "{}" }));
  await page.locator("#table").setInputFiles(file("fruit.csv", table(24)));
  await page.locator("#train").click();
  await reads(page, "#said", /config\.json/);
  await close();
});

test(
  "rows as objects, a run that is stopped, an export for JavaScript, and the end",
  { timeout: PATIENCE },
  async () => {
    const { page, errors, close } = await open();
    const given = modelFiles("tiny-bert").map(({ name, buffer }) => ({ name, base64: buffer.toString("base64") }));
    const found = await page.evaluate(async (given) => {
      const address = new URL("./tabtune.js", location.href).href;
      /** @type {typeof import("../../www/tabtune.js")} */
      const { openTabtune, TabtuneError } = await import(address);
      const tabtune = await openTabtune({ device: "cpu" });
      const files = given.map(
        ({ name, base64 }) => new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name),
      );
      const model = await tabtune.openModel(files);
      const words = ["apple", "pear", "quince"];
      const rows = Array.from({ length: 60 }, (_, at) => ({
        says: `the ${words[at % 3]} is ripe ${at}`,
        kind: words[at % 3],
      }));
      const data = await tabtune.openData(rows, { text: "says", label: "kind", validation_share: 0.2 });
      const stop = new AbortController();
      /** @type {string[]} */
      const types = [];
      const run = tabtune.train(
        { epochs: 50 },
        {
          onEvent: (event) => {
            types.push(event.type);
            if (event.type === "epoch") stop.abort();
          },
          signal: stop.signal,
        },
      );
      const twice = await tabtune.train({ epochs: 1 }).catch((error) => error.message);
      const done = await run;
      const [said] = await tabtune.predict(["the pear is ripe"]);
      const wrong = await tabtune.mistakes();
      const measured = await tabtune.measure(rows.slice(0, 9));
      const onnx = await tabtune.export("onnx", ["int8"]);
      const column = await tabtune.openData(rows, { text: "nothing" }).catch((error) => error);
      const isOwn = column instanceof TabtuneError;
      tabtune.close();
      const closed = await tabtune.predict(["x"]).catch((error) => error.message);
      const paths = onnx.map(({ path }) => path);
      return {
        model,
        data,
        types: [...new Set(types)],
        twice,
        done,
        said,
        wrong,
        measured,
        paths,
        isOwn,
        column: column.message,
        closed,
      };
    }, given);
    assert.equal(found.model.architecture, "BERT");
    assert.deepEqual([found.data.train, found.data.validation], [48, 12]);
    assert.deepEqual(found.types.sort(), ["done", "epoch", "evaluate", "step"]);
    assert.match(found.twice, /A run is on already/);
    assert.equal(found.done.reason, "stopped");
    assert.ok(found.done.metrics && "label" in found.said);
    const right = Math.round(12 * (found.done.metrics.accuracy ?? NaN));
    assert.deepEqual([found.measured.rows, found.measured.interval?.length], [9, 2]);
    assert.ok(Number(found.measured.report.metrics.accuracy) >= 0);
    assert.deepEqual([found.wrong.rows, found.wrong.wrong], [12, 12 - right]);
    assert.ok(
      found.paths.some((path) => path.startsWith("onnx/")),
      found.paths.join(),
    );
    assert.ok(found.isOwn);
    assert.match(found.column, /nothing/);
    assert.match(found.closed, /closed/);
    assert.deepEqual(errors(), []);
    await close();
  },
);

const PROGRAM = `
import { openTabtune, TabtuneError, zip } from "tabtune";
import type { DoneEvent, EpochEvent } from "tabtune/protocol.js";

export async function main(file: File): Promise<Blob> {
  const tabtune = await openTabtune({ device: "auto" });
  const { parameters } = await tabtune.openModel("owner/name", { onProgress: ({ done }) => console.log(done + 1) });
  const epochs: EpochEvent[] = [];
  await tabtune.openData(file, { task: "classification", text: "a", label: "b" });
  const done: DoneEvent = await tabtune.train({ epochs: parameters > 1 ? 2 : 3 }, {
    onEvent: (event) => event.type === "epoch" && epochs.push(event),
  });
  // @ts-expect-error There is no such task.
  await tabtune.openData(file, { task: "poetry" });
  // @ts-expect-error The events are typed.
  done.nonsense;
  return zip(await tabtune.export("onnx", ["f16"])).catch((error: TabtuneError) => { throw error.mistake.kind; });
}
`;

test("a TypeScript program finds its types", () => {
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  writeFileSync(join(folder, "package.json"), `{"type": "module"}`);
  const program = ts.createProgram([join(folder, "program.ts")], {
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    noEmit: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    types: [],
  });
  const found = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  assert.deepEqual(found, []);
});
