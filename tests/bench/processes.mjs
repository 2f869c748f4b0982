// What the system says about the processes that this one has started, on Linux; elsewhere nothing is known.
import { readdirSync, readFileSync } from "node:fs";

/** Ticks of the processor's clock per second, as Linux counts them for programs. */
const TICKS = 100;

/** @typedef {{id: number, parent: number, seconds: number}} Process */

/** @returns {Process[]} */
function all() {
  /** @type {Process[]} */
  const found = [];
  for (const name of readable(() => readdirSync("/proc"), [])) {
    const id = Number(name);
    if (!Number.isInteger(id)) continue;
    // A process may end while it is read.
    const stat = readable(() => readFileSync(`/proc/${id}/stat`, "utf8"), "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields.length > 12) {
      found.push({ id, parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / TICKS });
    }
  }
  return found;
}

/**
 * @template T
 * @param {() => T} read
 * @param {T} otherwise
 */
function readable(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Every process that descends from this one, itself left out. */
function descendants() {
  const byId = new Map(all().map((process) => [process.id, process]));
  const descends = (/** @type {Process | undefined} */ found) => {
    for (let at = found; at; at = byId.get(at.parent)) if (at.parent === process.pid) return true;
    return false;
  };
  return [...byId.values()].filter(descends);
}

/** Processor time of all descendants so far, in seconds: steadier than wall time where other work runs. */
export function cpuSeconds() {
  const found = descendants();
  return found.length > 0 ? found.reduce((sum, { seconds }) => sum + seconds, 0) : null;
}

/** The most memory that the page and its GPU process have held, in bytes, each at its own peak. */
export function browserPeak() {
  const peaks = descendants().map(({ id }) => {
    const command = readable(() => readFileSync(`/proc/${id}/cmdline`, "utf8"), "");
    if (!/--type=(renderer|gpu-process)/.test(command)) return 0;
    const status = readable(() => readFileSync(`/proc/${id}/status`, "utf8"), "");
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  });
  return peaks.reduce((sum, peak) => sum + peak, 0) || null;
}
