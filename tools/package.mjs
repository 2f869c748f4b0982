// Puts the engine together as an npm package, for other pages: `node tools/package.mjs FOLDER [MODULES]`. `www/tabtune.js` is its
// door; what that and the workers import is found by reading their imports, so that there is no list to keep. MODULES holds
// the WebAssembly modules to take instead of those of pkg/.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const DOOR = "tabtune.js";
/** The door, and what only types name. */
const NAMED = [DOOR, "protocol.js", "projects/record.js"];
const BUILDS = ["cpu", "gpu", "threads", "relaxed"];
/** Scripts that are started as workers, by their address. */
const STARTED = /new URL\("(\.\/[^"$]+\.js)", import\.meta\.url\)/gu;
/** What the package is beside the code. */
const OWN = ["README.md", "example.html"];

/** Where a file of the page lies: pkg/ is served beside what is in www/. @param {string} path */
const placeOf = (path) => join(root, path.startsWith("pkg/") ? path : `www/${path}`);

/** @param {string} path @returns {string[]} The modules that a module names. */
function namedIn(path) {
  const script = readFileSync(placeOf(path), "utf8");
  const imported = ts.preProcessFile(script, true, true).importedFiles.map(({ fileName }) => fileName);
  const started = [...script.matchAll(STARTED)].map(([, name]) => name);
  return [...imported, ...started].map((name) => posix.join(dirname(path), name));
}

/** @returns {string[]} What is named and all that it leads to, without the engine's builds. */
function modules() {
  const found = new Set(NAMED);
  for (const path of found) {
    for (const name of namedIn(path)) if (!BUILDS.includes(name.split("/")[1] ?? "")) found.add(name);
  }
  return [...found].sort();
}

/** Types, from the comments of the modules. @param {string} folder */
function declare(folder) {
  /** @type {ts.CompilerOptions} */
  const options = {
    allowJs: true,
    checkJs: true,
    declaration: true,
    emitDeclarationOnly: true,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    outDir: folder,
    rootDir: folder,
    skipLibCheck: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const program = ts.createProgram([join(folder, DOOR)], options);
  const [first] = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  if (!first) return;
  const words = ts.flattenDiagnosticMessageText(first.messageText, "\n");
  throw new Error(`The package's types do not fit: ${first.file?.fileName ?? ""}: ${words}`);
}

/** @returns {string} */
function describe() {
  const { name, version, description, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const door = { types: "./tabtune.d.ts", default: `./${DOOR}` };
  const exports = { ".": door, "./protocol.js": { types: "./protocol.d.ts", default: "./protocol.js" } };
  const own = { name, version, description, license, type: "module", sideEffects: false, exports };
  return `${JSON.stringify({ ...own, keywords: ["fine-tuning", "text", "transformers", "webgpu", "wasm"] }, null, 2)}\n`;
}

/** @param {string} folder @param {string} [smaller] Folder of modules by the builds' names. */
export function assemble(folder, smaller = join(root, "pkg")) {
  rmSync(folder, { recursive: true, force: true });
  for (const path of modules()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    for (const file of [path, path.replace(/\.js$/u, ".d.ts"), path.replace(/\.js$/u, ".LICENSE")]) {
      if (existsSync(placeOf(file))) copyFileSync(placeOf(file), join(folder, file));
    }
  }
  for (const build of BUILDS) {
    cpSync(join(root, "pkg", build), join(folder, "pkg", build), { recursive: true });
    copyFileSync(join(smaller, build, "tabtune_bg.wasm"), join(folder, "pkg", build, "tabtune_bg.wasm"));
  }
  for (const file of OWN) copyFileSync(join(root, "tools/package", file), join(folder, file));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "package.json"), describe());
  declare(folder);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) assemble(process.argv[2], process.argv[3]);
