// Numbers as people read them, and foreign characters made visible.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fileName } from "../../www/download.js";
import { compact, counted, duration, large, loss, percent, plain, rate, size } from "../../www/format.js";
import { visible } from "../../www/visible.js";

test("sizes, counts and times", () => {
  assert.deepEqual([0, 1, 999, 1500, 83_506_384, 999_600, 2e9].map(size), [
    "0 bytes",
    "1 byte",
    "999 bytes",
    "1.5 kB",
    "84 MB",
    "1.0 MB",
    "2.0 GB",
  ]);
  assert.equal(counted(1, "row"), "1 row");
  assert.equal(counted(2000, "row"), "2,000 rows");
  assert.equal(large(22_713_216), "22.7 million");
  assert.deepEqual([7.6, 59.6, 65, 3700, NaN, Infinity].map(duration), [
    "8 s",
    "1 min 00 s",
    "1 min 05 s",
    "1 h 01 min",
    "–",
    "–",
  ]);
});

test("figures of a run", () => {
  assert.equal(percent(0.934), "93.4\u00a0%");
  assert.equal(percent(NaN), "–");
  const losses = [0.43121, 1.5, 12.34, NaN, 50_494.4, 171_718_018.8, 3.14159e-6, 0];
  const shown = ["0.4312", "1.500", "12.3", "NaN", "50,494", "172M", "3.14e-6", "0.0000"];
  assert.deepEqual(losses.map(loss), shown);
  assert.deepEqual([0.417, 8.31, 25.4, 1204].map(rate), ["0.42", "8.3", "25", "1,204"]);
  assert.deepEqual([20_000, -2.5e6, 1e9, 3e30].map(compact), ["20K", "-2.5M", "1B", "3.0e+30"]);
  assert.deepEqual([5e-5, 0.1, 0, 1000].map(plain), ["5e-5", "0.1", "0", "1000"]);
});

test("characters that hide or rearrange text are shown by name, markup stays text", () => {
  assert.equal(visible("a\0b\u0007"), "a⟨U+0000⟩b⟨U+0007⟩");
  assert.equal(visible("x\u202Eevil\u202C"), "x⟨U+202E⟩evil⟨U+202C⟩");
  assert.equal(visible("two\r\nlines\tand\nmore"), "two⏎lines⇥and⏎more");
  assert.equal(visible("<img src=x onerror=alert(1)>"), "<img src=x onerror=alert(1)>");
  assert.equal(visible("שלום 👋 é"), "שלום 👋 é");
});

test("joiners stay where a word or an emoji needs them, and are named where they only hide", () => {
  const spelt = [
    ...["می\u200cخواهم", "क\u094d\u200dष", "ക\u0d4d\u200d", "ස\u0dca\u200dර\u0dd3", "ده\u0651\u200cها"],
    ...["👩\u200d👩🏽\u200d👧", "🏳\ufe0f\u200d🌈", "👩🏽\u200d⚕\ufe0f"],
  ];
  for (const text of spelt) assert.equal(visible(text), text);
  const [apart, together] = ["⟨U+200C⟩", "⟨U+200D⟩"];
  assert.equal(visible("\u200cمی\u200c \u200c"), `${apart}می${apart} ${apart}`);
  assert.equal(visible("👩\u200d and \u200d👧"), `👩${together} and ${together}👧`);
  assert.equal(visible("pass\u200cword cafe\u0301\u200ds"), `pass${apart}word cafe\u0301${together}s`);
  assert.equal(visible("می\u200c\u200cخواهم"), `می${apart}${apart}خواهم`);
});

test("long texts are cut without halving a character", () => {
  assert.equal(visible("abcdef", 3), "abc…");
  assert.equal(visible("می\u200cخواهم", 3), "می…");
  assert.equal(visible("ab👋cd", 3), "ab…");
});

test("a file keeps its name in any script, but for what some system refuses", () => {
  const names = [
    ...[
      ["Отзывы 2024.csv", "Отзывы 2024"],
      ["日本語のデータ.jsonl.gz", "日本語のデータ"],
      ["cafe\u0301.csv", "café"],
    ],
    ...[
      ["می\u200cخواهم.csv", "می\u200cخواهم"],
      ["rows (1), new.xlsx", "rows (1), new"],
      ["bge-small-en-v1.5-fruit", "bge-small-en-v1.5-fruit"],
    ],
    ...[
      ["a:b?*c\n<d>.csv", "a-b-c-d"],
      ["../../etc/passwd", "etc-passwd"],
      ["a\u202egpj.csv", "a-gpj"],
      ["a\ud800b", "a-b"],
    ],
    ...[
      ["..hidden. ", "hidden"],
      ["", "model"],
      ["...", "model"],
      ["?.csv", "model"],
    ],
    ...[
      ["con.csv", "_con"],
      ["NUL", "_NUL"],
      ["lpt1.a.csv", "_lpt1.a"],
      ["com¹", "_com¹"],
      ["console.csv", "console"],
    ],
  ];
  for (const [given, name] of names) assert.equal(fileName(given), name, JSON.stringify(given));
  assert.equal(fileName("😀".repeat(80)), "😀".repeat(60), "no half of a character");
  assert.equal(fileName(`${"a".repeat(59)}. b`), "a".repeat(59), "nor an end that Windows drops");
});
