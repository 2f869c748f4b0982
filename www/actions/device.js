// Choosing the device that training runs on.

import { isBusyTraining } from "../state.js";
import { local } from "./world.js";

/** @typedef {import("./world.js").World} World */

/** @param {World} world */
export function deviceActions({ client, dispatch, state }) {
  return {
    async findDevices() {
      try {
        dispatch({ type: "device", change: { choices: await client.devices() } });
      } catch (thrown) {
        dispatch({ type: "device", change: { error: local(thrown) } });
      }
    },

    /** @param {import("../state.js").DeviceChoice} choice */
    async chooseDevice(choice) {
      if (isBusyTraining(state())) return;
      dispatch({ type: "device", change: { choice, busy: true, error: null } });
      try {
        const info = await client.startDevice(choice);
        dispatch({ type: "device", change: { info, busy: false } });
      } catch (thrown) {
        // The device before, if there was one, is still the one that runs.
        const before = state().device.info?.kind ?? choice;
        dispatch({ type: "device", change: { choice: before, busy: false, error: local(thrown) } });
      }
    },
  };
}
