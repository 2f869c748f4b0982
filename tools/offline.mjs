// Tells a built page what it is made of: `node tools/offline.mjs FOLDER` writes FOLDER/edition.js and FOLDER/files.js, the
// list that its service worker keeps. The same files give the same edition.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The encoder is kept by itself, when it is first read; the rest is no part of the page. */
const APART = /^pkg\/models\/|\.LICENSE$|^_headers$|^sw\.js$|^files\.js$|^edition\.js$|\.map$/u;

/** @param {Buffer|string} bytes */
function sum(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** @param {string} folder @returns {string[]} Paths of all files below it, with `/`, in the order of the alphabet. */
function below(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return paths.map((path) => relative(folder, path).split(sep).join("/")).sort();
}

/** @param {string} folder @returns {string} The edition. */
export function describe(folder) {
  const paths = below(folder);
  const read = (/** @type {string} */ path) => readFileSync(join(folder, path));
  const files = paths.filter((path) => !APART.test(path)).map((url) => ({ url, revision: sum(read(url)) }));
  const encoders = paths.filter((path) => path.startsWith("pkg/models/"));
  const encoder = sum(encoders.map((path) => `${path} ${sum(read(path))}`).join("\n")).slice(0, 16);
  const edition = sum(JSON.stringify([files, encoder, sum(read("sw.js"))])).slice(0, 16);
  const script = `// Which edition of the page this is, as it was built.\n\nexport const edition = "${edition}";\n`;
  writeFileSync(join(folder, "edition.js"), script);
  files.push({ url: "edition.js", revision: edition });
  writeFileSync(join(folder, "files.js"), `self.EDITION = ${JSON.stringify({ edition, encoder, files }, null, 1)};\n`);
  return edition;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(`edition ${describe(process.argv[2])}`);
