// The form that tries a model: one text or two, as its task needs, and what the model says of them.

import { fill, h, show, whenChanged } from "../dom.js";
import { rest } from "../focus.js";
import { taskOf } from "../tasks.js";
import { predictionView } from "../views/prediction.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("../outcome.js").Answered} Answered
 * @typedef {import("../trial.js").Trial} Trial
 * @typedef {import("../protocol.js").Task} Task
 */

/** What stands over the boxes, and in the first of them. @type {Partial<Record<Task, {first: string, second: string, hint: string}>>} */
const WORDS = {
  answers: { first: "Ask a question", second: "Text that may hold the answer", hint: "Where does Ada live?" },
  embedding: { first: "Compare a text", second: "with another one", hint: "Write or paste a text" },
  language: { first: "Hide a word", second: "", hint: "Write [MASK] in place of a word that the model should guess" },
};
const PLAIN = { first: "Try a text", second: "Second text", hint: "Write or paste a text" };

/** @param {import("../actions.js").Actions} actions */
export function tryForm(actions) {
  const text = box("try-text");
  const pair = box("try-pair");
  const send = h("button", { id: "try-send", type: "submit" });
  const borrow = h("button", { id: "try-row", type: "button", class: "quiet" }, "Use a row of your data");
  const answer = h("div", { id: "prediction", class: "prediction", "aria-live": "polite" });
  /** @type {Trial|null} */
  let trial = null;
  /** @type {{text: string, pair: string|null}[]} */
  let rows = [];
  let next = 0;
  let idle = true;

  function predict() {
    if (!trial || !idle) return;
    const second = pair.area.value;
    if (text.area.value.trim() === "") return text.area.focus();
    if (trial.pair === "yes" && second.trim() === "") return pair.area.focus();
    const given = trial.pair === "yes" || (trial.pair === "maybe" && second.trim() !== "");
    actions.predict(trial.task, text.area.value, given ? second : null);
  }
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    predict();
  };
  borrow.addEventListener("click", () => {
    if (!idle) return;
    const row = rows[next++ % rows.length];
    text.area.value = row?.text ?? "";
    pair.area.value = row?.pair ?? "";
    predict();
  });
  for (const { area } of [text, pair]) {
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
    });
  }
  const buttons = h("div", { class: "row" }, send, borrow);
  const element = h("form", { class: "stack tight", onsubmit: submit }, text.element, pair.element, buttons, answer);

  const drawWords = whenChanged((/** @type {Task} */ task, /** @type {Trial["pair"]} */ second) => {
    const words = WORDS[task] ?? PLAIN;
    text.label.textContent = words.first;
    text.area.placeholder = words.hint;
    pair.label.textContent = second === "maybe" ? `${words.second}, if the model reads two` : words.second;
    send.textContent = taskOf(task).verb;
    show(pair.element, second !== "no");
    // The text of a question's context is longer than the question.
    text.area.rows = task === "answers" ? 1 : 3;
    pair.area.rows = task === "answers" ? 6 : 3;
  });
  const drawAnswer = whenChanged((/** @type {Answered|null} */ answered, /** @type {Task} */ task) => {
    // What another model said of its own task stays out of sight.
    const shown = answered !== null && answered.task === task;
    show(answer, shown);
    if (answered && trial && shown) fill(answer, ...predictionView(answered, trial));
  });

  /** @param {Trial} now @param {Answered|null} answered @param {State["result"]["busy"]} busy @param {typeof rows} borrowed */
  function update(now, answered, busy, borrowed) {
    trial = now;
    rows = borrowed;
    drawWords(now.task, now.pair);
    drawAnswer(answered, now.task);
    idle = busy === null;
    for (const button of [send, borrow]) rest(button, !idle);
    show(borrow, rows.length > 0, send);
  }

  return { element, update };
}

/** A text box under its label. @param {string} id */
function box(id) {
  const label = h("label", { class: "label big", for: id });
  const area = h("textarea", { id, rows: 3, dir: "auto" });
  return { label, area, element: h("div", { class: "stack tight" }, label, area) };
}
