// Our engine at a job of the bench, in a worker as in the product: on the page's own thread a thread pool may not wait.
/** @typedef {import("../work.js").Job} Job */

/**
 * @param {Job} job
 * @param {{module: "gpu"|"cpu"|"threads"|"relaxed", sizes: import("../work.js").Shape}} how
 */
export async function open(job, { module, sizes }) {
  const worker = new Worker("/worker.js", { type: "module" });
  const ask = (/** @type {unknown} */ message) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
      worker.onerror = ({ message }) => reject(new Error(message || "The worker could not be started."));
      worker.postMessage(message);
    });
  const { threads, device } = await ask({ job: { ...job, sizes }, module });
  return {
    device,
    threads,
    async step() {
      const { loss, count, memory } = await ask({});
      Object.assign(this, { count, memory });
      return loss;
    },
    /** Size of the module's memory in bytes. */
    memory: 0,
    /** What the worker has asked of WebGPU. */
    count: { dispatches: 0, submits: 0, asked: 0 },
  };
}
