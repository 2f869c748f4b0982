// Has GPUs set up with subgroups where they have them, which wgpu 30 cannot ask for in a browser. The engine's module for
// GPUs imports this file itself.

/** Newer than the types that this project is checked with. */
const SUBGROUPS = /** @type {GPUFeatureName} */ ("subgroups");

let granted = false;

/** To be called before the engine asks for a device. */
export function askForSubgroups() {
  // Where there is no WebGPU the engine says so itself.
  if (!globalThis.GPUAdapter) return;
  const { requestDevice } = GPUAdapter.prototype;
  /** @param {GPUDeviceDescriptor} [wishes] */
  GPUAdapter.prototype.requestDevice = async function (wishes) {
    granted = this.features.has(SUBGROUPS);
    if (!granted) return requestDevice.call(this, wishes);
    return requestDevice.call(this, {
      ...wishes,
      requiredFeatures: [...(wishes?.requiredFeatures ?? []), SUBGROUPS],
    });
  };
}

/** Whether the device that was set up last has them. */
export function hasSubgroups() {
  return granted;
}
