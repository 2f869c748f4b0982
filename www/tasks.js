// The tasks as the page words them: what each is for, which columns it reads, and how its figures are called.

/**
 * @typedef {import("./protocol.js").Task} Task
 * @typedef {"text"|"pair"|"label"|"negative"} Role  A column of a mapping, as src/data/mapping.rs names it.
 */

/**
 * @typedef {object} ColumnSpec
 * @property {Role} role
 * @property {string} label     Beside its field.
 * @property {string} noun      In sentences and over the column.
 * @property {string} help      What the model does with it.
 * @property {"text"|"values"} shows  Whether its length or its different values say more of it.
 * @property {string} [none]    What leaving it out means; a column without this is needed.
 */

/**
 * @typedef {object} TaskSpec
 * @property {Task} task
 * @property {string} title
 * @property {string} purpose   One sentence.
 * @property {[string, string][]} example  Columns of a row, each with a cell.
 * @property {ColumnSpec[]} columns
 * @property {string} verb      On the button that tries the model.
 */

/** @type {ColumnSpec} */
const TEXT = { role: "text", label: "Text column", noun: "text", help: "What the model reads.", shows: "text" };

/** @type {ColumnSpec} */
const SECOND = {
  role: "pair",
  label: "Second text",
  noun: "second text",
  help: "Read together with the first.",
  shows: "text",
  none: "None: single texts",
};

/** @param {string} label @param {string} noun @param {string} help @returns {ColumnSpec} */
function target(label, noun, help) {
  return { role: "label", label, noun, help, shows: "values" };
}

/** In the order of the picker. @type {TaskSpec[]} */
export const TASKS = [
  {
    task: "classification",
    title: "One label",
    purpose:
      "Sorts texts, or pairs of texts, into classes: topic, intent, sentiment, whether one text follows from another.",
    example: [
      ["text", "Where is my parcel?"],
      ["label", "delivery"],
    ],
    columns: [TEXT, SECOND, target("Label column", "label", "What it learns to tell.")],
    verb: "Classify",
  },
  {
    task: "multi_label",
    title: "Any number of labels",
    purpose: "Gives a text all the labels that fit, or none: the topics of an article, the aspects of a review.",
    example: [
      ["text", "Fast delivery, but far too expensive"],
      ["labels", "delivery|price"],
    ],
    columns: [TEXT, SECOND, target("Labels column", "labels", "What it learns to tell, any number in a row.")],
    verb: "Find labels",
  },
  {
    task: "regression",
    title: "A score",
    purpose: "Gives a text, or a pair of texts, a number: a rating, how urgent it is, how alike two texts are.",
    example: [
      ["text", "Quite good, though not cheap"],
      ["score", "3.5"],
    ],
    columns: [TEXT, SECOND, target("Score column", "score", "The number that it learns to tell, in any unit.")],
    verb: "Score",
  },
  {
    task: "tokens",
    title: "Marked words",
    purpose: "Marks words in a text, such as names, places and products, or gives each word its part of speech.",
    example: [
      ["tokens", '["Ada", "lives", "in", "Paris"]'],
      ["tags", '["B-PER", "O", "O", "B-LOC"]'],
    ],
    columns: [
      { ...TEXT, label: "Words or text", noun: "words", help: "What the model reads, as text or a list of words." },
      target("Tags or spans", "tags", "A tag for each word, or a list of marked spans."),
    ],
    verb: "Mark words",
  },
  {
    task: "answers",
    title: "Answers",
    purpose: "Finds the answer to a question in a text that goes with it, or finds that the text holds none.",
    example: [
      ["question", "Where does Ada live?"],
      ["context", "Ada lives in Paris."],
      ["answers", "Paris"],
    ],
    columns: [
      { ...TEXT, label: "Question column", noun: "question", help: "What is asked." },
      {
        role: "pair",
        label: "Context column",
        noun: "context",
        help: "The text that may hold the answer.",
        shows: "text",
      },
      target("Answers column", "answers", "The answer as it stands in the context; empty where it holds none."),
    ],
    verb: "Find the answer",
  },
  {
    task: "embedding",
    title: "Embeddings",
    purpose: "Turns texts into vectors that lie close together when the texts mean the same, for search and grouping.",
    example: [
      ["anchor", "How do I cancel?"],
      ["positive", "Ending your subscription"],
    ],
    columns: [
      { ...TEXT, label: "Text column", noun: "text", help: "The text to start from, such as a question." },
      {
        role: "pair",
        label: "Close text",
        noun: "close text",
        help: "What should lie close to it, or be compared with it.",
        shows: "text",
      },
      {
        role: "negative",
        label: "Far text",
        noun: "far text",
        help: "What should lie far from it.",
        shows: "text",
        none: "None: other rows do",
      },
      {
        ...target("Score column", "score", "How alike the two texts are, on any scale."),
        none: "None: every pair is close",
      },
    ],
    verb: "Compare",
  },
  {
    task: "language",
    title: "More reading",
    purpose: "Makes the encoder at home in texts of your field, without any labels, by guessing words that are hidden.",
    example: [["text", "The defendant shall bear the costs."]],
    columns: [TEXT],
    verb: "Guess the words",
  },
];

/** @param {Task} task @returns {TaskSpec} */
export function taskOf(task) {
  return TASKS.find((spec) => spec.task === task) ?? TASKS[0];
}
