// Choosing the device that training runs on.

import { isBusyTraining } from "../standing.js";
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

    /**
     * @param {import("../state.js").DeviceChoice} choice
     * @param {() => Promise<void>} replay  Opens everything again in the engine of another device.
     * @returns {Promise<boolean>} Whether that device is the one that runs.
     */
    async chooseDevice(choice, replay) {
      if (isBusyTraining(state())) return false;
      dispatch({ type: "device", change: { choice, busy: true, error: null } });
      try {
        const { info, moved } = await client.startDevice(choice);
        dispatch({ type: "device", change: { info } });
        if (moved) {
          dispatch({ type: "moved" });
          await replay();
        }
        dispatch({ type: "device", change: { busy: false } });
        return true;
      } catch (thrown) {
        // The device before, if there was one, is still the one that runs.
        const before = state().device.info?.kind ?? choice;
        dispatch({ type: "device", change: { choice: before, busy: false, error: local(thrown) } });
        return false;
      }
    },
  };
}
