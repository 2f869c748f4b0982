// What a report of a crash needs to say: the machine, the device, the sizes and the settings. Nothing of the user's data or
// names goes into it. Pure.

/** @param {import("./state.js").State} state @param {string} browser @returns {string} Lines of "what: value". */
export function diagnosticOf({ dead, device, model, data, recipe, run }, browser) {
  const { info } = run;
  const settings = recipe.fields.map(({ name }) => `${name}=${recipe.draft[name]}`);
  const dataset = data.dataset?.info;
  const lines = [
    ["What happened", dead?.message ?? "nothing"],
    ["Browser", browser],
    ["Device", device.info ? `${device.info.kind}, ${device.info.name}` : `none, wanted ${device.choice}`],
    ["Adapter", device.choices?.gpu?.name ?? "none"],
    ["Model", model.info ? `${model.info.architecture}, ${model.info.layers} × ${model.info.hidden}` : "closed"],
    ["Parameters", info ? `${info.parameters.trainable} + ${info.parameters.frozen} frozen` : "unknown"],
    [
      "Rows",
      dataset ? `${dataset.train} + ${dataset.validation}` : info ? `${info.train} + ${info.validation}` : "none",
    ],
    ["Task", run.subject?.task ?? dataset?.task ?? "none"],
    ["Longest text", info ? `${info.max_length} tokens` : "unknown"],
    ["Step", run.step ? `${run.step.step} of ${run.step.total_steps}` : "none"],
    ["Settings", settings.join(", ")],
  ];
  return lines.map(([what, value]) => `${what}: ${value}`).join("\n");
}
