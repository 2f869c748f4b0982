// Cells of a preview, readable: labels, tagged words, spans of annotation tools, answers; and what cannot be read.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answersIn, entities, jsonIn, kindOf, labelsIn, markedWords, textIn } from "../../www/cells.js";
import { between } from "../../www/spans.js";

/** @param {string} words @param {string} tags */
function marked(words, tags) {
  const read = markedWords(words, tags);
  return read && read.marked.map(({ start, end, label }) => [between(read.text, start, end), label]);
}

test("a list that the preview has cut is read up to its last whole item", () => {
  assert.deepEqual(jsonIn('["a","b, c","d…'), ["a", "b, c"]);
  assert.deepEqual(jsonIn('[{"text":"a","answer_start":3},{"text":"b","ans…'), [{ text: "a", answer_start: 3 }]);
  assert.equal(jsonIn('["only…'), undefined);
  assert.equal(jsonIn("['a']"), undefined, "Python's own list");
  assert.equal(jsonIn("plain"), undefined);
});

test("labels are those of a list or between separators", () => {
  assert.deepEqual(labelsIn('["a", " b ", 3]', "|"), ["a", "b", "3"]);
  assert.deepEqual(labelsIn("a| b||", "|"), ["a", "b"]);
  assert.deepEqual(labelsIn("a|b", null), ["a|b"]);
  assert.deepEqual(labelsIn("  ", null), []);
  assert.deepEqual(labelsIn("<img src=x onerror=alert(1)>;x", ";"), ["<img src=x onerror=alert(1)>", "x"]);
});

test("words of one entity are one, of each scheme of tags", () => {
  for (const tags of [
    ["B-PER", "I-PER", "O", "B-LOC"],
    ["I-PER", "I-PER", "O", "I-LOC"],
    ["B-PER", "E-PER", "O", "S-LOC"],
    ["B-PER", "L-PER", "O", "U-LOC"],
  ]) {
    const found = marked('["Ada","Lovelace","in","Paris"]', JSON.stringify(tags));
    assert.deepEqual(
      found,
      [
        ["Ada Lovelace", "PER"],
        ["Paris", "LOC"],
      ],
      tags.join(),
    );
  }
  assert.deepEqual(
    marked("Ada Bob", "B-PER B-PER"),
    [
      ["Ada", "PER"],
      ["Bob", "PER"],
    ],
    "two beside each other",
  );
  assert.deepEqual(
    marked("the cat", "DET NOUN"),
    [
      ["the", "DET"],
      ["cat", "NOUN"],
    ],
    "parts of speech",
  );
  assert.deepEqual(entities([]), []);
  assert.deepEqual(kindOf("B-"), { prefix: "", kind: "B-" });
});

test("words are placed by characters, emoji and empty words included", () => {
  assert.deepEqual(marked('["👋🏽","Ada","", "🇫🇷","Paris"]', '["O","B-PER","O","O","B-LOC"]'), [
    ["Ada", "PER"],
    ["Paris", "LOC"],
  ]);
  assert.deepEqual(marked("👋  Ada\tParis", "O B-PER B-LOC"), [
    ["Ada", "PER"],
    ["Paris", "LOC"],
  ]);
  assert.equal(textIn('["👋"," Ada ",""]'), "👋 Ada");
  assert.equal(textIn("Ada"), "Ada");
});

test("spans of annotation tools are read in each of their shapes", () => {
  const text = "👋 Ada in Paris";
  for (const cell of [
    '[[2,5,"PER"],[9,14,"LOC"]]',
    '{"entities":[[2,5,"PER"],[9,14,"LOC"]]}',
    '[{"start":2,"end":5,"label":"PER"},{"start_offset":9,"end_offset":14,"labels":["LOC"]}]',
  ]) {
    assert.deepEqual(
      marked(text, cell),
      [
        ["Ada", "PER"],
        ["Paris", "LOC"],
      ],
      cell,
    );
  }
  // Some tools count UTF-16 units, which the span's own text tells.
  const units =
    '[{"start":3,"end":6,"text":"Ada","labels":["PER"]},{"start":9,"end":14,"text":"Paris","labels":["LOC"]}]';
  assert.deepEqual(marked("👋 Ada in Paris", units.replace('"start":9,"end":14', '"start":10,"end":15')), [
    ["Ada", "PER"],
    ["Paris", "LOC"],
  ]);
  assert.deepEqual(marked(text, "[]"), []);
  assert.deepEqual(marked("[]", "[]"), [], "a sentence of no words");
});

test("what cannot be read is left as it stands", () => {
  assert.equal(markedWords("Ada", '{"a":1}'), null);
  assert.equal(markedWords("Ada", '[["x","y","z"]]'), null);
  assert.deepEqual(markedWords("Ada", "O O O"), { text: "Ada", marked: [] }, "more tags than words");
});

test("answers have their places in the context", () => {
  const context = "👋 Ada lives in Paris.";
  for (const cell of [
    "Paris",
    '["Paris"]',
    '{"text":["Paris"],"answer_start":[15]}',
    '[{"text":"Paris","answer_start":15}]',
  ]) {
    assert.deepEqual(answersIn(cell, context), [{ text: "Paris", start: 15, end: 20 }], cell);
  }
  assert.equal(between(context, 15, 20), "Paris");
  assert.deepEqual(answersIn("", context), []);
  assert.deepEqual(answersIn("[]", context), []);
  assert.deepEqual(answersIn('{"text":[],"answer_start":[]}', context), []);
  assert.deepEqual(answersIn("Rome", context), [{ text: "Rome", start: -1, end: -1 }]);
});
