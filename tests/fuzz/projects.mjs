// Damaged projects: as zips, and as records and histories in zips that are whole. Whatever comes in is refused with a sentence
// and leaves nothing, or it is a project that the store then lists and opens: `node tests/fuzz/projects.mjs RUNS [SEED]`.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import { unzipRaw } from "unzipit";
import { isMistake } from "../../www/mistake.js";
import { unpack } from "../../www/projects/archive.js";
import { openDisk } from "../../www/projects/disk.js";
import { readHistory } from "../../www/projects/history.js";
import { filesOf } from "../../www/projects/record.js";
import { openStore } from "../../www/projects/store.js";
import { summaryOf } from "../../www/projects/summary.js";
import { entriesOf, history } from "../js/filled.js";
import { Disk } from "../js/opfs.js";
import { randomFrom } from "../soak/random.mjs";
import { damagedBytes, damagedJson } from "./damage.mjs";

const ID = "ffeeddccbbaa9988";
/** More than the whole project takes. */
const ROOM = 1e6;
/** No input may keep the page waiting for longer, in milliseconds. */
const LONGEST = 5000;

/**
 * @param {number} runs
 * @param {number} seed
 * @returns {Promise<{refused: number, taken: number}>}
 * @throws What an input did that it must not, with the run's number.
 */
export async function fuzzProjects(runs, seed) {
  const random = randomFrom(seed);
  const { entries, project } = await entriesOf();
  const whole = JSON.stringify(project);
  const zips = [0, 9].map((level) => zipSync(entries, { level: /** @type {0|9} */ (level) }));
  const withRecord = () => zipSync({ ...entries, "project.json": strToU8(damagedJson(whole, random)) });
  const counts = { refused: 0, taken: 0 };
  for (let run = 0; run < runs; run += 1) {
    const before = performance.now();
    try {
      if (run % 3 === 2) historyIsReadOrRefused(damagedJson(history, random));
      else counts[await isTakenOrRefused(run % 3 === 0 ? damagedBytes(zips[run % 2], random) : withRecord())] += 1;
    } catch (thrown) {
      throw new Error(`seed ${seed}, run ${run}: ${thrown instanceof Error ? thrown.stack : thrown}`);
    }
    const took = performance.now() - before;
    assert.ok(took < LONGEST, `seed ${seed}, run ${run} took ${took.toFixed()} ms`);
  }
  return counts;
}

/** @param {Uint8Array} bytes @returns {Promise<"refused"|"taken">} */
async function isTakenOrRefused(bytes) {
  const disk = new Disk();
  const store = openStore(openDisk(disk.handle));
  const file = new File([/** @type {BlobPart} */ (bytes)], "taken.zip");
  let unpacked;
  try {
    unpacked = await unpack(file, unzipRaw, ROOM);
  } catch (thrown) {
    assert.ok(isMistake(thrown), `no sentence: ${thrown instanceof Error ? thrown.stack : thrown}`);
    return "refused";
  }
  assert.ok(unpacked.bytes <= ROOM);
  const adopted = await store.adopt(ID, unpacked.project, unpacked.source).catch((thrown) => {
    assert.ok(isMistake(thrown), `no sentence: ${thrown instanceof Error ? thrown.stack : thrown}`);
    return thrown.message;
  });
  if (typeof adopted === "string") {
    assert.deepEqual(disk.files(), [], "what was refused stays");
    return "refused";
  }
  const [listed, ...others] = await store.list();
  assert.deepEqual([listed.project, listed.torn, others], [adopted, false, []]);
  assert.equal(summaryOf(listed, false).id, ID);
  assert.ok(await store.files(ID, filesOf(adopted)), "a file is not what the record says");
  return "taken";
}

/** @param {string} words */
function historyIsReadOrRefused(words) {
  try {
    readHistory(words);
  } catch (thrown) {
    assert.ok(
      thrown instanceof TypeError || thrown instanceof SyntaxError || thrown instanceof RangeError,
      String(thrown),
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [runs = 100_000, seed = 1] = process.argv.slice(2).map(Number);
  const { refused, taken } = await fuzzProjects(runs, seed);
  console.log(`projects: ${runs} runs with seed ${seed}, ${refused} refused, ${taken} taken, nothing found`);
}
