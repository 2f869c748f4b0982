// Which device a run should use: what the browser's WebGPU adapter is, and why it is taken or not.

/**
 * @typedef {import("./protocol.js").DeviceChoices} DeviceChoices
 * @typedef {object} AdapterNames
 * @property {string} [vendor]
 * @property {string} [architecture]
 * @property {string} [device]
 * @property {string} [description]
 * @property {boolean} [isFallbackAdapter]
 */

const EMULATED = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/iu;

/** @param {AdapterNames} info @returns {boolean} Whether the adapter is emulated on the CPU. */
export function isSoftware(info) {
  const words = [info.vendor, info.architecture, info.device, info.description].join(" ");
  return info.isFallbackAdapter === true || EMULATED.test(words);
}

/** @param {AdapterNames} info @returns {string} What a person can recognise it by. */
export function adapterName(info) {
  const parts = [info.description || info.device, info.vendor, info.architecture];
  const words = [...new Set(parts.filter((part) => part))].join(", ");
  return words === "" ? "an adapter that the browser does not name" : words;
}

/**
 * The recommendation for what the browser offers.
 *
 * @param {AdapterNames|null} info  Null without WebGPU or without an adapter.
 * @param {boolean} [hasWebGpu]
 * @returns {DeviceChoices}
 */
export function chooseDevice(info, hasWebGpu = info !== null) {
  if (info === null) {
    const why = hasWebGpu ? "This browser has WebGPU but found no graphics adapter" : "This browser has no WebGPU";
    return { gpu: null, recommended: "cpu", sentence: `${why}, so the CPU does the work.` };
  }
  const name = adapterName(info);
  if (isSoftware(info)) {
    const description = "emulated on the CPU, many times slower than the CPU itself";
    const sentence = `The only graphics adapter (${name}) is emulated in software, so the CPU does the work: it is many times faster.`;
    return { gpu: { name, software: true, description }, recommended: "cpu", sentence };
  }
  const sentence = `This machine has a graphics processor that the browser lets us use (${name}): it is the fastest choice.`;
  return { gpu: { name, software: false, description: "hardware" }, recommended: "gpu", sentence };
}

/**
 * Asks the browser, in a worker or in the page.
 *
 * @returns {Promise<DeviceChoices>}
 */
export async function findDevices() {
  if (!navigator.gpu) return chooseDevice(null, false);
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) return chooseDevice(null, true);
    // Before the flag moved to `adapter.info` (Chrome 136) it was on the adapter itself.
    const old = /** @type {{isFallbackAdapter?: boolean}} */ (/** @type {unknown} */ (adapter)).isFallbackAdapter;
    const { vendor, architecture, device, description } = adapter.info;
    const isFallbackAdapter = adapter.info.isFallbackAdapter ?? old ?? false;
    return chooseDevice({ vendor, architecture, device, description, isFallbackAdapter });
  } catch {
    // Some browsers throw instead of answering null when the GPU process is gone.
    return chooseDevice(null, true);
  }
}

/**
 * Waits for a graphics adapter: after its GPU process died a browser starts it anew, which takes a moment, and gives it up
 * after a few deaths.
 *
 * @param {number} [tries]
 * @param {number} [pause] Milliseconds between two tries.
 * @returns {Promise<boolean>} Whether there is one.
 */
export async function adapterReturns(tries = 10, pause = 300) {
  for (let left = tries; left > 0; left -= 1) {
    if ((await findDevices()).gpu) return true;
    if (left > 1) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return false;
}

/**
 * Has the loss of any GPU that is set up from now on told, with the browser's reason. One that is given back is not lost.
 *
 * @param {(why: string) => void} onLost
 */
export function watchForLoss(onLost) {
  if (!globalThis.GPUAdapter) return;
  const { requestDevice } = GPUAdapter.prototype;
  /** @param {GPUDeviceDescriptor} [wishes] */
  GPUAdapter.prototype.requestDevice = async function (wishes) {
    const device = await requestDevice.call(this, wishes);
    device.lost.then(({ reason, message }) => {
      if (reason !== "destroyed") onLost(message.trim().replace(/[.\s]*$/u, "") || "the browser does not say why");
    });
    return device;
  };
}
