// Taking the run away as a script.

import { fileName, save, zipped } from "../download.js";
import { readDraft, usedBy } from "../recipe.js";
import { taskAtHand } from "../standing.js";
import { local } from "./world.js";

/** @param {import("./world.js").World} world */
export function pythonActions({ client, state }) {
  return {
    /** @returns {Promise<{saved: string|null, error: import("../protocol.js").Mistake|null}>} */
    async savePython() {
      const { recipe: form, model, data } = state();
      const used = form.fields.filter(usedBy(form.draft, taskAtHand(state())));
      const { recipe } = readDraft(used, form.defaults, form.draft);
      try {
        const files = await client.pythonFiles(recipe, model.base);
        const saved = `${fileName(data.dataset?.table ?? "table")}-in-python.zip`;
        save(await zipped(files), saved);
        return { saved, error: null };
      } catch (thrown) {
        return { saved: null, error: local(thrown, state()) };
      }
    },
  };
}
