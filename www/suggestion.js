// Which of the engine's suggestions is for a method of training. Pure.

/** What was picked for a method, where anything was. @param {import("./protocol.js").Suggestions|null} suggestions @param {unknown} method @returns {import("./protocol.js").Suggestion|null} */
export function suggestionOf(suggestions, method) {
  if (!suggestions || suggestions.picked.recipe.method === method) return suggestions?.picked ?? null;
  return suggestions.methods.find(({ recipe }) => recipe.method === method) ?? null;
}
