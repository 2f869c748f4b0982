// The browser's own processes: those that this test started and no others, by what they do.
import { execFileSync } from "node:child_process";

/** @typedef {{pid: number, parent: number, command: string}} Running */

/** @returns {Running[]} All below this process, the nearest first. */
function below() {
  const lines = execFileSync("ps", ["-e", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  const all = lines.flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid ? [{ pid: Number(pid), parent: Number(parent), command }] : [];
  });
  /** @type {Running[]} */
  const found = [];
  for (let next = new Set([process.pid]); next.size > 0;) {
    const children = all.filter(({ parent }) => next.has(parent));
    found.push(...children);
    next = new Set(children.map(({ pid }) => pid));
  }
  return found;
}

/**
 * Ends a process of the browser at once, as a crash does.
 *
 * @param {"gpu-process"|"renderer"|"browser"} kind
 * @returns {number} How many there were.
 */
export function kill(kind) {
  const all = below().filter(({ command }) => /chrom/i.test(command));
  const wanted =
    kind === "browser"
      ? all.filter(({ command }) => !command.includes("--type=")).slice(0, 1)
      : all.filter(({ command }) => command.includes(`--type=${kind}`));
  let count = 0;
  for (const { pid } of wanted) {
    try {
      process.kill(pid, "SIGKILL");
      count += 1;
    } catch {
      // It has ended by itself in the meantime.
    }
  }
  return count;
}
