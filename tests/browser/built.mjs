// A built page, which the browser keeps.
import { cpSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "../../tools/offline.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * A page as `make dist` builds it, but for wasm-opt, which takes minutes, and the encoder, which no test needs there.
 *
 * @returns {string} Its folder, which whoever asks for it removes.
 */
export function builtSite() {
  const site = mkdtempSync(join(tmpdir(), "tabtune-site-"));
  cpSync(join(ROOT, "www"), site, { recursive: true });
  mkdirSync(join(site, "pkg"));
  for (const part of ["cpu", "threads", "relaxed", "vendor"])
    cpSync(join(ROOT, "pkg", part), join(site, "pkg", part), { recursive: true });
  describe(site);
  return site;
}
