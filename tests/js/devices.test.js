// Which device is recommended for what a browser offers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { adapterName, adapterReturns, chooseDevice, isSoftware } from "../../www/devices.js";

test("emulated adapters are recognised by flag or by name", () => {
  assert.equal(isSoftware({ vendor: "google", architecture: "swiftshader" }), true);
  assert.equal(isSoftware({ description: "llvmpipe (LLVM 15.0.6, 256 bits)" }), true);
  assert.equal(isSoftware({ description: "Microsoft Basic Render Driver" }), true);
  assert.equal(isSoftware({ vendor: "intel", isFallbackAdapter: true }), true);
  assert.equal(isSoftware({ vendor: "nvidia", architecture: "ampere" }), false);
  assert.equal(isSoftware({}), false);
});

test("the GPU is recommended only if it is one", () => {
  const hardware = chooseDevice({ vendor: "apple", architecture: "metal-3" });
  assert.equal(hardware.recommended, "gpu");
  assert.deepEqual(hardware.gpu, { name: "apple, metal-3", software: false, description: "hardware" });
  const software = chooseDevice({ vendor: "google", architecture: "swiftshader" });
  assert.equal(software.recommended, "cpu");
  assert.equal(software.gpu?.software, true);
  assert.match(software.sentence, /emulated in software/u);
});

test("without an adapter or without WebGPU the CPU is taken, and the reason said", () => {
  assert.match(chooseDevice(null, true).sentence, /no graphics adapter/u);
  assert.match(chooseDevice(null, false).sentence, /no WebGPU/u);
  assert.equal(chooseDevice(null).recommended, "cpu");
});

test("an adapter without names is called that", () => {
  assert.match(adapterName({ vendor: "", architecture: "" }), /does not name/u);
});

test("a GPU that a browser starts anew is waited for, and one that it gave up is not waited for without end", async () => {
  let asked = 0;
  let from = 3;
  const requestAdapter = async () =>
    (asked += 1) < from ? null : { info: { vendor: "apple", isFallbackAdapter: false } };
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { gpu: { requestAdapter } }, configurable: true });
  try {
    assert.deepEqual([await adapterReturns(5, 0), asked], [true, 3]);
    [asked, from] = [0, Infinity];
    assert.deepEqual([await adapterReturns(5, 0), asked], [false, 5]);
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
  }
});
