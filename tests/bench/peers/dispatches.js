// Counts what a library asks of WebGPU: the host's cost of a step grows with these numbers.
export const count = { dispatches: 0, submits: 0 };

/** Starts counting; to be called before a device is made. */
export function watch() {
  if (!("GPUQueue" in globalThis)) return;
  counted(GPUComputePassEncoder.prototype, "dispatchWorkgroups", "dispatches");
  counted(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", "dispatches");
  counted(GPUQueue.prototype, "submit", "submits");
}

/**
 * @param {any} prototype
 * @param {string} method
 * @param {keyof typeof count} what
 */
function counted(prototype, method, what) {
  const original = prototype[method];
  prototype[method] = function (/** @type {unknown[]} */ ...given) {
    count[what]++;
    return original.apply(this, given);
  };
}
