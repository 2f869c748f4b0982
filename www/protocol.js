// The messages between the page and its worker, and the shapes of what they carry.
//
// The page sends {id, call, args}; the worker answers {id, ok} or {id, error}, and in between may send
// {id, progress} for long work. While a run is on it sends {event}. Nothing else passes between them.
// All names inside payloads are snake_case, as in the JSON that the terminal program prints: one vocabulary. It is long, since
// it is a list: whoever looks for a message looks here.

/**
 * @typedef {"classification"|"multi_label"|"regression"|"tokens"|"answers"|"embedding"|"language"} Task
 *   What is learned, as src/task.rs names it.
 */

/**
 * @typedef {"full"|"lora"|"frozen"|"probe"|"contrastive"} Method  What of a model learns, as src/recipe/ names it: all, small
 *   adapters, a head, a head and then all, or the encoder on pairs and then a head.
 */

/**
 * @typedef {"f32"|"f16"|"int8"} Precision  How an ONNX file keeps the weights, as src/export/onnx/weights.rs names it.
 */

/**
 * @typedef {object} Mistake  What went wrong, as src/error.rs words it.
 * @property {"table"|"model"|"tensor"|"recipe"|"device"|"order"|"file"|"worker"} kind
 * @property {string} message  A whole sentence with the place and the remedy.
 * @property {number} [line]   Line of the table file, from 1.
 * @property {string} [column]
 * @property {string} [field]  Field of the recipe.
 * @property {string} [name]   File of the model, or tensor.
 */

/**
 * @typedef {object} DeviceInfo
 * @property {"gpu"|"cpu"} kind
 * @property {string} name       Adapter as the browser names it, or "CPU (WebAssembly, 8 threads)".
 * @property {boolean} software  A GPU adapter that is emulated on the CPU.
 * @property {string} sentence   What it runs on, why, and what speed to expect, in words.
 */

/**
 * @typedef {object} DeviceChoices
 * @property {{name: string, software: boolean, description: string}|null} gpu  The adapter that the browser offers, if any.
 * @property {"gpu"|"cpu"} recommended
 * @property {string} sentence  Why that one.
 */

/**
 * @typedef {object} ModelFiles  Bytes of a model folder.
 * @property {Uint8Array} config
 * @property {Uint8Array} [tokenizer]  tokenizer.json; without it there is a `vocab`.
 * @property {Uint8Array} [vocab]      vocab.txt of a WordPiece model that has no tokenizer.json.
 * @property {Uint8Array|Uint8Array[]} weights  One file, or those that they are spread over.
 * @property {Uint8Array} [tokenizer_config]
 * @property {Record<string, Uint8Array>} [modules]  Of a sentence-transformers model: modules.json and the files that go
 *   with it, by their paths in the folder.
 */

/**
 * @typedef {object} ModelInfo
 * @property {string} name
 * @property {string} architecture  e.g. "BERT"
 * @property {number} layers
 * @property {number} hidden
 * @property {number} vocabulary
 * @property {number} max_length  Longest text in tokens that its positions allow.
 * @property {number} parameters
 * @property {Task|null} task    Task of a checkpoint that already has a head.
 * @property {string[]|null} labels  Its labels.
 * @property {string[]} notes    Missing or unexpected tensors and other things worth a line, in words.
 * @property {string} [sum]      Checksum of its configuration and weights, by which a kept run knows it again; added by the worker.
 */

/**
 * @typedef {object} TableInfo
 * @property {string} name
 * @property {string} format     In words: "CSV, comma, quoted, header, UTF-8".
 * @property {number} rows
 * @property {{name: string, distinct: number, empty: number, mean_characters: number}[]} columns
 * @property {string[][]} preview  First rows, cells in column order, at most 8 rows.
 * @property {Mapping} mapping   The guess.
 * @property {string[]} notes    In words: replaced bytes, renamed columns, short rows.
 * @property {string[]} worksheets  Of a workbook, or the tables of an archive; empty for other files.
 * @property {Dialect} dialect    How the file was read.
 */

/**
 * @typedef {object} Dialect  How a file is read: what is known beforehand, null for what is to be found out; or what was found,
 *   null for what its format has no place for.
 * @property {string|null} worksheet  Sheet of a workbook, or table of an archive.
 * @property {boolean|null} header    Whether the first row names the columns.
 * @property {"comma"|"semicolon"|"tab"|"pipe"|"none"|null} delimiter  What stands between cells.
 * @property {string|null} encoding   Of the letters, as the Encoding Standard names it.
 */

/**
 * @typedef {object} Mapping
 * @property {Task} task
 * @property {string} text               Column with the text, the words or the question; "" while it is to be chosen.
 * @property {string|null} pair          Second text, context, or the text that should lie close.
 * @property {string} label              Label, labels, score, tags, spans or answers; "" where the task needs none.
 * @property {string|null} negative      Text that should lie far away, for embeddings.
 * @property {string|null} separator     Between the labels of a multi-label cell that is no JSON list.
 * @property {string|null} split         Column that says train or validation per row.
 * @property {number} validation_share   Used when `split` is null; default 0.1.
 * @property {number} seed
 */

/**
 * @typedef {object} DatasetInfo
 * @property {Task} task
 * @property {{label: string, train: number, validation: number}[]} classes  Labels, types of entities or tags; empty where
 *   the task has none.
 * @property {number} train
 * @property {number} validation
 * @property {boolean} [pairs]   Whether an example has two texts.
 * @property {number|null} longest_tokens  Longest text in tokens, once a model is open; null before.
 * @property {number|null} counted_to  Tokens after which texts are counted no further, where one has more.
 * @property {number|null} mean_tokens
 * @property {string[]} notes    Dropped rows and why, duplicates, imbalance: in words.
 * @property {number} leaked     Rows held out whose texts are trained on, too.
 * @property {string} hash       SHA-256 of the rows as they are used.
 */

/**
 * @typedef {object} RecipeField
 * @property {string} name
 * @property {string} label
 * @property {string} help
 * @property {string} unit
 * @property {boolean} advanced
 * @property {"integer"|"number"|"choice"|"switch"} kind
 * @property {number} [min]
 * @property {number} [max]
 * @property {boolean} [optional]        The field may be empty (null).
 * @property {[string, string, string?][]} [choices]  Value, words and, where it is worth one, an explanation.
 * @property {string|string[]|null} [for_method]  Methods of training that use the field; all where it says none.
 * @property {Task|Task[]|null} [for_task]        Tasks that use it; all where it says none.
 */

/** @typedef {Record<string, number|string|boolean|null>} Recipe */

/**
 * @typedef {object} Suggestion
 * @property {Recipe} recipe
 * @property {string} sentence  What was picked and why.
 */

/**
 * @typedef {object} Suggestions
 * @property {Suggestion} picked     What is best, its method included.
 * @property {Suggestion[]} methods  For each method that the task has the rest of the recipe.
 */

/**
 * @typedef {object} RunInfo
 * @property {number} total_steps
 * @property {number} steps_per_epoch
 * @property {number} max_length
 * @property {number} train
 * @property {number} validation
 * @property {number} tokens_per_epoch   Without padding.
 * @property {{trainable: number, frozen: number}} parameters  Numbers that learn, and those that stay as they are.
 * @property {string[]} notes            In words, e.g. how many texts are cut.
 */

/**
 * @typedef {object} StepEvent
 * @property {"step"} type
 * @property {number} step        From 1.
 * @property {number} total_steps
 * @property {number} epoch       Fraction of epochs done.
 * @property {number} loss
 * @property {number} learning_rate
 * @property {number} grad_norm   Before clipping.
 * @property {number} examples    Seen since the start of the run.
 * @property {number} tokens      Seen since the start, without padding.
 * @property {number} seconds     Spent computing since the start (pauses not counted).
 */

/**
 * @typedef {object} EncodeEvent  Texts turned into vectors, once each, for a head that is fitted to them: method "frozen".
 *   The steps after it are iterations of that fit, which may end long before `total_steps`.
 * @property {"encode"} type
 * @property {number} done   Texts done.
 * @property {number} total
 */

/**
 * @typedef {object} EvaluateEvent  Validation under way.
 * @property {"evaluate"} type
 * @property {number} done   Rows done.
 * @property {number} total
 */

/**
 * The mean loss, then the scores, the main one first; null where the rows do not define one.
 *
 * @typedef {{loss: number} & Record<string, number|null>} Metrics
 */

/**
 * @typedef {object} ScoreWords  A score as people read it.
 * @property {string} name
 * @property {string} words               Inside a sentence: "accuracy", "macro-F1".
 * @property {"percent"|"number"} form
 * @property {boolean} higher_is_better
 */

/**
 * @typedef {object} EpochEvent
 * @property {"epoch"} type
 * @property {number} epoch       From 1.
 * @property {number} step
 * @property {number} train_loss  Mean over the epoch.
 * @property {Metrics|null} validation  Null when there are no validation rows.
 * @property {boolean} best       Best so far on the chosen metric.
 * @property {number} seconds
 * @property {string|null} note   In words, while the run overfits.
 */

/**
 * @typedef {object} ClassReport
 * @property {string} label       A label, a tag or a type of entities.
 * @property {number} precision
 * @property {number} recall
 * @property {number} f1
 * @property {number} support
 * @property {number} [average_precision]  Where a row may have several labels, and some row has this one.
 */

/**
 * @typedef {object} Report
 * @property {Task} task
 * @property {string[]} labels
 * @property {number[][]|null} [confusion]  Rows truth, columns prediction; of words for tags. Only where labels exclude one another.
 * @property {ClassReport[]} per_class      Empty where the task has no labels.
 * @property {Metrics} metrics
 * @property {number|null} [threshold]      Probability from which a label is given, where a row may have several.
 */

/**
 * @typedef {object} DoneEvent
 * @property {"done"} type
 * @property {"completed"|"early_stopping"|"stopped"} reason
 * @property {number} best_epoch   0 when no epoch was finished.
 * @property {number} steps
 * @property {number} seconds
 * @property {number} optimizer_bytes  What the optimiser kept beside the model.
 * @property {Metrics|null} metrics  Those of the report.
 * @property {Report|null} report  On the validation rows with the weights that are kept.
 * @property {string} sentence     What happened, in words.
 */

/**
 * What a search varies: seeds, every combination of some values, or random draws.
 *
 * @typedef {{field: string, values: (number|string|boolean|null)[]}|{field: string, from: number, to: number}} Axis
 * @typedef {{kind: "seeds", runs: number}
 *   | {kind: "grid", fields: Axis[], stop_losers: boolean}
 *   | {kind: "random", fields: Axis[], runs: number, seed: number, stop_losers: boolean}} SearchPlan
 */

/**
 * @typedef {object} SearchInfo  A search that was set up.
 * @property {number} runs
 * @property {Recipe[]} changes  What each run changes in the recipe.
 * @property {string[]} notes
 */

/**
 * @typedef {object} TrialStartedEvent  A run of a search begins; what comes up to its end is its own.
 * @property {"trial_started"} type
 * @property {number} trial      From 1.
 * @property {number} total
 * @property {Recipe} changes
 * @property {RunInfo|null} run  Null where it could not be set up, and of a run that was over before a checkpoint.
 * @property {boolean} [again]   Made before and the best, it is made again: its weights were lost with the page.
 */

/**
 * @typedef {object} TrialDoneEvent  A run of a search is over.
 * @property {"trial_done"} type
 * @property {number} trial
 * @property {Recipe} changes
 * @property {"completed"|"stopped_early"|"stopped"|"failed"} state  Stopped early: it fell behind the others.
 * @property {string|null} metric  Name of the score that the runs are compared by.
 * @property {number|null} score   Of the weights that it kept.
 * @property {number} best_epoch
 * @property {number} seconds
 * @property {boolean} best        Best so far.
 * @property {string|null} mistake Why it could not be made.
 */

/** @typedef {StepEvent|EncodeEvent|EvaluateEvent|EpochEvent|TrialStartedEvent|TrialDoneEvent|DoneEvent} RunEvent */

/**
 * @typedef {object} CheckpointInfo  What a checkpoint holds: a run written down between two steps.
 * @property {string} tabtune      Version that wrote it.
 * @property {number} created      Milliseconds since 1970.
 * @property {number} bytes        Its size.
 * @property {string} model        Name of the model that is being trained.
 * @property {string} model_hash   SHA-256 by which that is known again.
 * @property {string} data         Name of the table.
 * @property {string} data_hash    SHA-256 of the data set.
 * @property {Task} task
 * @property {string[]} labels
 * @property {Recipe} recipe
 * @property {number} step         Steps done.
 * @property {number} total_steps
 * @property {number} epoch        Epochs done, as a fraction.
 * @property {number} best_epoch   Epoch whose weights are kept so far; 0 for none.
 * @property {number} seconds      Spent computing.
 * @property {[number, number]|null} of_search  Which run of a search it is, from 1, and of how many.
 * @property {string} sentence     Where the run is, in words.
 */

/**
 * @typedef {object} FailedEvent  The run ended with an error; sent by the worker, never by the engine.
 * @property {"failed"} type
 * @property {Mistake} mistake
 */

/**
 * @typedef {object} KeptEvent  A checkpoint was stored, or could not be; sent by the worker, never by the engine.
 * @property {"kept"} type
 * @property {import("./projects/record.js").CheckpointInfo|null} info  Null where it is the trained model that was stored.
 * @property {Mistake|null} mistake  Why it could not be.
 */

/**
 * What is asked of a model: texts and, for tasks of two texts, as many second ones.
 *
 * @typedef {{texts: string[], pairs: string[]|null}} PredictRequest
 */

/**
 * Places in a text count characters as Python does (Unicode scalar values), not JavaScript's UTF-16 units: see spans.js.
 *
 * @typedef {{start: number, end: number, label: string, score: number}} MarkedSpan
 */

/**
 * What a model says of a text, by its task. Scores of labels are probabilities; where labels exclude one another, they sum to 1.
 *
 * @typedef {{text: string, pair?: string|null, label: string, scores: Record<string, number>}} LabelPrediction
 * @typedef {{text: string, pair?: string|null, labels: string[], scores: Record<string, number>}} LabelsPrediction
 * @typedef {{text: string, pair?: string|null, score: number}} ScorePrediction
 * @typedef {{text: string, tokens: MarkedSpan[], entities: MarkedSpan[]}} TokensPrediction
 * @typedef {{question: string, context: string, answer: string, start: number, end: number, score: number}} AnswerPrediction
 *   The answer is empty, and start and end are 0, where the context holds none.
 * @typedef {{text: string, vector: number[]}} VectorPrediction
 * @typedef {{text: string, masks: {start: number, end: number, words: {word: string, score: number}[]}[]}} MasksPrediction
 * @typedef {LabelPrediction|LabelsPrediction|ScorePrediction|TokensPrediction|AnswerPrediction|VectorPrediction|MasksPrediction} Prediction
 */

/**
 * @typedef {object} SheetInfo  A table that is predicted as a whole, before it is.
 * @property {string} name
 * @property {string} format
 * @property {string[]} columns
 * @property {string[][]} preview
 * @property {string} text         The column that most likely has the texts.
 * @property {string|null} pair    That of the second texts, where the task takes some.
 * @property {number} bytes
 * @property {string[]} notes
 * @property {string[]} worksheets  Of a workbook, or the tables of an archive; empty for other files.
 * @property {Dialect} dialect     How the file is read.
 * @property {boolean} decimal_comma  Whether numbers in it have one.
 * @property {Task} task           Of the model that predicts.
 */

/** @typedef {{texts: number, tokens: number}} Cut  How many texts are read only in part, and how many tokens of them. */

/** @typedef {{text: string, pair: string|null, format: "csv"|"excel"}} SheetRequest  Columns, and how the result is written. */

/**
 * @typedef {"train"|"validation"} Side  Rows that are trained on, or held out.
 *
 * @typedef {object} Miss  A row that the model is wrong about.
 * @property {number} line     Of the table's file, from 1.
 * @property {Prediction} said What the model says, with the row's texts.
 * @property {string|string[]|number|{start: number, end: number, label: string}[]} right  What the table says: a label, labels, a
 *   number, entities, or answers.
 * @property {number} sure     How sure the model is of what is wrong, from 0 to 1; of numbers how far it is off.
 *
 * @typedef {{rows: number, wrong: number, found: Miss[]}} Misses  How many rows were looked at and are wrong, and the surest of those.
 */

/**
 * @typedef {{file: Blob, name: string, dialect: Dialect}} Source  A table's file and how it is read.
 *
 * @typedef {{table: TableInfo, mapping: Mapping}} OpenMeasured  A table to measure the model on, and the likeliest columns.
 *
 * @typedef {object} Measured  How the model does on the rows of such a table that have a label.
 * @property {Report} report
 * @property {number} rows
 * @property {[number, number]|null} interval  95 % interval of the first score, if that can be told.
 * @property {string[]} notes  What makes the scores say less than they seem to.
 */

/** @typedef {{done: number, total: number|null, what: string}} Progress */

/**
 * What the worker can be asked: each name with its arguments and its answer. See client.js for the functions.
 *
 *   devices()                          -> DeviceChoices
 *   start_device("auto"|"gpu"|"cpu")   -> DeviceInfo|null  null: this worker runs another device, ask a new one
 *   recipe_fields()                    -> {fields: RecipeField[], defaults: Recipe}
 *   score_words()                      -> ScoreWords[]    every score that a report can hold
 *   encodings()                        -> [name, whose][] the encodings that tables are written in
 *   check_recipe(recipe)               -> Mistake[]
 *   shard_names(index)                 -> string[]        the files that a model.safetensors.index.json names
 *   open_model(ModelFiles, name)       -> ModelInfo       the old model stays if this fails
 *   open_table(Blob, name, Dialect)    -> TableInfo|null  read in pieces, with progress in bytes; null if it was cancelled.
 *                                         The old table stays until this one is read to its end
 *   cancel_table()                     -> null
 *   guess_mapping(task)                -> Mapping         the likeliest columns of the open table for that task
 *   map_columns(mapping)               -> DatasetInfo     the old data set stays if this fails
 *   suggest()                          -> Suggestions     recipes for the open model and data
 *   count_tokens()                     -> DatasetInfo|null  with progress; null if other data came in between
 *   start(recipe)                      -> RunInfo         with progress where tokens are still to be counted; then events
 *                                         flow until "done"
 *   check_search(recipe, plan, task)   -> {runs: number|null, mistakes: Mistake[]}  how many runs a plan makes
 *   start_search(recipe, plan)         -> SearchInfo      then events flow until the best run's "done"
 *   pause() resume() stop()            -> null            "done" follows stop
 *   checkpoint()                       -> {bytes: Uint8Array, info: CheckpointInfo}  the run under way, which goes on
 *   resume_run(bytes)                  -> {info: RunInfo, events: RunEvent[], search: {info: SearchInfo, base: Recipe}|null}
 *                                         with progress as in start; `events` were told so far, more flow as after start or
 *                                         start_search. The same model and columns are open, or it says what differs
 *   checkpoint_info(bytes)             -> CheckpointInfo  whatever is open; a mistake where the bytes are not whole
 *   keep(MessagePort, base, milliseconds) -> null         has checkpoints of the run sent there, so often, and its trained model
 *   predict(PredictRequest)            -> Prediction[]    of the task of the trained model, or of the checkpoint's head
 *   cut(PredictRequest)                -> Cut             of the texts of a prediction
 *   open_sheet(File, Dialect)          -> SheetInfo       the file is read in pieces, and stays where it is
 *   predict_sheet(SheetRequest)        -> {blob: Blob, cut: Cut}|null  the open sheet with predictions; with progress in
 *                                                         bytes of the file; null if it was cancelled
 *   cancel_sheet()                     -> null
 *   misses(Side, most)                 -> Misses|null     of the open data, with progress in rows; null if it was cancelled
 *   cancel_misses()                    -> null
 *   open_measured(Blob, name, Dialect, Mapping|null) -> OpenMeasured|null  a table to measure the model on, read as open_table
 *                                         does, beside the one to train on; the mapping is that of the data, if there is one
 *   measure(Mapping)                   -> Measured|null   of that table, with progress in rows; null if it was cancelled
 *   cancel_measure()                   -> null
 *   measured_misses(Mapping, most)     -> Misses|null     of that table; cancel_misses ends it, too
 *   export_files(base)                 -> {path: string, bytes: Uint8Array}[]  model.safetensors, config.json, …
 *   python_files(recipe, base)         -> the same        the run as a script, of the open model and data
 *   export_adapter(base)               -> the same        of a model trained with LoRA: what PEFT loads over the base model
 *   export_onnx(precisions)            -> the same        config.json, tokenizer, onnx/…: what transformers.js loads
 */
export const CALLS = /** @type {const} */ ([
  "devices",
  "start_device",
  "recipe_fields",
  "score_words",
  "encodings",
  "check_recipe",
  "shard_names",
  "open_model",
  "open_table",
  "cancel_table",
  "guess_mapping",
  "suggest",
  "map_columns",
  "count_tokens",
  "start",
  "check_search",
  "start_search",
  "pause",
  "resume",
  "stop",
  "checkpoint",
  "resume_run",
  "checkpoint_info",
  "keep",
  "predict",
  "cut",
  "open_sheet",
  "predict_sheet",
  "cancel_sheet",
  "misses",
  "cancel_misses",
  "open_measured",
  "measure",
  "cancel_measure",
  "measured_misses",
  "export_files",
  "python_files",
  "export_adapter",
  "export_onnx",
]);
