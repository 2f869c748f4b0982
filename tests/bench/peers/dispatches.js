// Counts what a library asks of WebGPU, and when it has asked for all of a step: that is how long the host takes.
export const count = {
  dispatches: 0,
  submits: 0,
  /** When it last asked for a dispatch, on {@link clock}. */
  asked: 0,
};

/** Milliseconds on a clock that pages and workers share. */
export const clock = () => performance.timeOrigin + performance.now();

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
 * @param {"dispatches" | "submits"} what
 */
function counted(prototype, method, what) {
  const original = prototype[method];
  prototype[method] = function (/** @type {unknown[]} */ ...given) {
    count[what]++;
    const result = original.apply(this, given);
    if (what === "dispatches") count.asked = clock();
    return result;
  };
}
