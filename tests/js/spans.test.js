// Places in texts, counted in characters, against emoji, other planes and spans that do not fit.

import assert from "node:assert/strict";
import { test } from "node:test";

import { between, characters, excerpt, pieces } from "../../www/spans.js";

/** @param {string} text @param {[number, number][]} places */
function cut(text, places) {
  return pieces(
    text,
    places.map(([start, end]) => ({ start, end })),
  ).map((piece) => (piece.span ? `[${piece.text}]` : piece.text));
}

test("characters are Unicode scalar values, not UTF-16 units", () => {
  assert.equal(characters("👋🏽 é"), 4);
  assert.equal(characters("e\u0301"), 2, "a letter and its accent");
  assert.equal(characters("👨‍👩‍👧"), 5, "three people and two joiners");
  assert.equal(characters("𝔸𠀀"), 2, "beyond the basic plane");
  assert.equal(characters("a\ud83db"), 3, "half of a pair");
  assert.equal(between("👋 Ada 🇫🇷 Paris", 2, 5), "Ada");
  assert.equal(between("👋 Ada 🇫🇷 Paris", 9, 14), "Paris");
});

test("a text with emoji is cut where Python would cut it", () => {
  // In Python: "👋🏽 Ada lives in 🇫🇷 Paris 🗼!"[3:6] == "Ada", [19:24] == "Paris".
  const text = "👋🏽 Ada lives in 🇫🇷 Paris 🗼!";
  assert.deepEqual(
    cut(text, [
      [19, 24],
      [3, 6],
    ]),
    ["👋🏽 ", "[Ada]", " lives in 🇫🇷 ", "[Paris]", " 🗼!"],
  );
  assert.equal(cut(text, [[0, 2]])[0], "[👋🏽]");
});

test("the pieces of a text are the text, whatever the spans", () => {
  const text = "שלום 👋 <img src=x onerror=alert(1)>";
  for (const places of /** @type {[number, number][][]} */ ([
    [],
    [
      [0, 4],
      [2, 6],
    ],
    [
      [5, 5],
      [6, 5],
    ],
    [[-3, 2]],
    [
      [30, 999],
      [999, 1000],
    ],
    [[NaN, 3]],
    [[0, Infinity]],
  ])) {
    const found = pieces(
      text,
      places.map(([start, end]) => ({ start, end })),
    );
    assert.equal(found.map((piece) => piece.text).join(""), text, JSON.stringify(places));
  }
  assert.deepEqual(
    cut("abcdef", [
      [0, 4],
      [2, 6],
    ]),
    ["[abcd]", "ef"],
    "of two that overlap the first",
  );
  assert.deepEqual(cut("abc", [[1, 9]]), ["a", "[bc]"], "cut at the end");
});

test("an excerpt keeps the first span and says where text is left out", () => {
  const text = `${"a ".repeat(200)}👋 here ${"b ".repeat(200)}`;
  const shown = excerpt(pieces(text, [{ start: 402, end: 406 }]), 60);
  assert.equal(shown.find(({ span }) => span)?.text, "here");
  assert.equal(shown[0].text, "…");
  assert.equal(shown.at(-1)?.text, "…");
  assert.equal(
    shown.reduce((sum, piece) => sum + characters(piece.text), 0),
    62,
  );
  const short = pieces("short", [{ start: 0, end: 2 }]);
  assert.equal(excerpt(short, 60), short);
  assert.deepEqual(
    excerpt(pieces("👋👋👋👋", []), 2).map((piece) => piece.text),
    ["👋👋", "…"],
  );
});
