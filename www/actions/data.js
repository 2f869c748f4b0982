// Opening tables and choosing their columns; the table before is remembered, so that one can go back.

import { AS_FOUND, titleOf } from "../dialect.js";
import { EXAMPLE_NAME, readExample } from "../example.js";
import { missing } from "../mapping.js";
import { mistake } from "../mistake.js";
import { isBusyTraining } from "../standing.js";
import { visible } from "../visible.js";
import { BUSY, local } from "./world.js";

/**
 * @typedef {import("./world.js").World} World
 * @typedef {import("../protocol.js").Mapping} Mapping
 * @typedef {import("../state.js").DataState} DataState
 * @typedef {import("../protocol.js").Dialect} Dialect
 * @typedef {{name: string, file: File, dialect: Dialect}} TableSource  `dialect`: how it is to be read; of a workbook with several
 *   sheets its sheet, too, once it is found.
 * @typedef {{source: TableSource, mapping: Mapping, used: boolean}} OpenedTable  `used`: its columns made a data set.
 */

/** @param {World} world */
export function dataActions({ client, dispatch, state }) {
  /** @type {OpenedTable|null} */
  let opened = null;
  /** @type {OpenedTable|null} */
  let previous = null;
  /** What could not be read, until something else is. @type {TableSource|null} */
  let refused = null;
  let latest = 0;
  let latestTable = 0;

  /** @param {TableSource} source @param {Mapping|null} mapping The columns to use; null for the engine's guess. */
  async function openTable(source, mapping = null) {
    if (isBusyTraining(state())) return dispatch({ type: "data", change: { error: BUSY } });
    const mine = (latestTable += 1);
    const progress = (/** @type {import("../protocol.js").Progress|null} */ progress) => {
      if (mine === latestTable) dispatch({ type: "data", change: { progress } });
    };
    dispatch({ type: "data", change: { loading: source.name, progress: null, error: null } });
    try {
      const table = await client.openTable(source.file, source.name, source.dialect, progress);
      if (mine !== latestTable) return;
      if (!table) return dispatch({ type: "data", change: { loading: null, progress: null } });
      // Whoever reads it again reads the same.
      if (table.worksheets.length > 1) source.dialect = { ...source.dialect, worksheet: table.dialect.worksheet };
      if (opened?.used && opened.source !== source) previous = opened;
      opened = { source, mapping: mapping ?? table.mapping, used: false };
      refused = null;
      const before = previous && titleOf(previous.source.name, previous.source.dialect);
      const found = { table, asked: source.dialect, refused, previous: before };
      dispatch({ type: "data", change: { ...found, loading: null, progress: null, mistakes: {} } });
      await useMapping(opened.mapping);
    } catch (thrown) {
      if (mine !== latestTable) return;
      const cause = local(thrown, state());
      const error = named(cause, source.name);
      // Of the file that is open the reading before stays, and can be changed as before. A mistake in a line may be one of the
      // reading; a file that is no table at all cannot be read differently.
      const maybe = cause?.kind === "table" && (cause.line !== undefined || source.file === refused?.file);
      refused = maybe && source.file !== opened?.source.file ? source : null;
      const how = refused && { name: refused.name, asked: refused.dialect };
      dispatch({ type: "data", change: { loading: null, progress: null, error, refused: how } });
    }
  }

  /**
   * What the form says now. A field that cannot be read stands in the way of training, not of the other fields.
   *
   * @param {Mapping} mapping
   * @param {DataState["mistakes"]} [mistakes]
   */
  async function changeMapping(mapping, mistakes = {}) {
    const before = state().data.mapping;
    dispatch({ type: "data", change: { mistakes } });
    if (!before || !same(mapping, before)) await useMapping(mapping);
  }

  /** @param {Mapping} mapping */
  async function useMapping(mapping) {
    const lacking = missing(mapping, state().data.table);
    const mine = (latest += 1);
    if (lacking) {
      const error = mistake("table", lacking);
      return dispatch({ type: "data", change: { mapping, mapping_busy: false, error } });
    }
    dispatch({ type: "data", change: { mapping, mapping_busy: true, error: null } });
    const table = state().data.table?.name ?? "";
    try {
      const info = await client.mapColumns(mapping);
      // The engine has this data set now, also where the form has moved on: what comes next may fail.
      if (opened) opened = { ...opened, mapping, used: true };
      dispatch({ type: "data", change: { dataset: { info, table, mapping } } });
      if (mine !== latest) return;
      dispatch({ type: "data", change: { mapping_busy: false } });
      if (state().model.info && info.mean_tokens === null) await countTokens();
    } catch (thrown) {
      if (mine === latest) dispatch({ type: "data", change: { mapping_busy: false, error: local(thrown) } });
    }
  }

  /** Takes the likeliest columns for a task; what holds rows back stays. @param {import("../protocol.js").Task} task */
  async function chooseTask(task) {
    const before = state().data.mapping;
    if (!before || before.task === task) return;
    const mine = (latest += 1);
    // The choice shows at once: the engine may be busy with a model.
    dispatch({ type: "data", change: { mapping: { ...before, task }, mapping_busy: true, error: null } });
    try {
      const { split, validation_share, seed } = before;
      const guess = await client.guessMapping(task);
      if (mine === latest) await useMapping({ ...guess, split, validation_share, seed });
    } catch (thrown) {
      const error = local(thrown);
      if (mine === latest) dispatch({ type: "data", change: { mapping: before, mapping_busy: false, error } });
    }
  }

  async function countTokens() {
    const { dataset } = state().data;
    if (!dataset || !opened?.used) return;
    const info = await client.countTokens((counting) => dispatch({ type: "data", change: { counting } }));
    dispatch({ type: "data", change: { counting: null } });
    if (info && state().data.dataset === dataset) dispatch({ type: "data", change: { dataset: { ...dataset, info } } });
  }

  return {
    changeMapping,
    chooseTask,
    countTokens,

    /** @param {File} file */
    openTableFile: (file) => openTable({ name: file.name, file, dialect: AS_FOUND }),

    /** Another sheet of the open workbook, which may have a header or none. @param {string} worksheet */
    async chooseWorksheet(worksheet) {
      if (!opened || worksheet === state().data.table?.dialect.worksheet) return;
      await openTable({ ...opened.source, dialect: { ...AS_FOUND, worksheet } });
    },

    /** Reads the open table in another way, or the one that could not be read. @param {Partial<Dialect>} change */
    async readAs(change) {
      const source = refused ?? opened?.source;
      if (source) await openTable({ ...source, dialect: { ...source.dialect, ...change } });
    },

    /** A table of a project. @param {TableSource} source @param {Mapping|null} mapping */
    openTableAgain: (source, mapping) => openTable(source, mapping),

    /** Where the data comes from that training uses. @returns {TableSource|null} */
    sourceInUse: () => (opened?.used ? opened.source : (previous?.source ?? null)),

    /** All tables that may be read again. @returns {TableSource[]} */
    sourcesAtHand: () => [opened, previous].flatMap((one) => (one ? [one.source] : [])),

    async openExample() {
      if (isBusyTraining(state())) return dispatch({ type: "data", change: { error: BUSY } });
      dispatch({ type: "data", change: { loading: EXAMPLE_NAME, progress: null, error: null } });
      try {
        const file = new File([await readExample()], EXAMPLE_NAME);
        await openTable({ name: EXAMPLE_NAME, file, dialect: AS_FOUND });
      } catch (thrown) {
        dispatch({ type: "data", change: { loading: null, error: local(thrown) } });
      }
    },

    /** What was open before stays. */
    async cancelTable() {
      await client.cancelTable().catch(() => null);
    },

    async goBack() {
      if (previous) await openTable(previous.source, previous.mapping);
    },

    /** Makes sure that the engine holds the data that the page says it trains on, not a table that did not fit. */
    async useShown() {
      if (opened && !opened.used && previous) await openTable(previous.source, previous.mapping);
    },

    /** Opens again what training uses, in an engine that does not have it. */
    async reopen() {
      const used = opened && !opened.used && previous ? previous : opened;
      if (used) await openTable(used.source, used.mapping);
    },
  };
}

/** @param {Mapping} one @param {Mapping} other */
function same(one, other) {
  return Object.entries(one).every(([part, value]) => other[/** @type {keyof Mapping} */ (part)] === value);
}

/**
 * Says which file could not be read: it stands over the table that is open, and may have been dropped anywhere.
 *
 * @param {import("../protocol.js").Mistake|null} cause
 * @param {string} name
 */
function named(cause, name) {
  if (cause?.kind !== "table") return cause;
  return { ...cause, name, message: `${visible(name, 60)}: ${cause.message}` };
}
