// When a running engine is asked for a checkpoint, and the way of its bytes from the engine's worker to the one that stores
// them, past the page. Training waits for the asking, not for the storing.

/**
 * @typedef {import("../protocol.js").Mistake} Mistake
 * @typedef {import("./record.js").CheckpointInfo} CheckpointInfo
 * @typedef {{path: string, bytes: Uint8Array}} Made
 * @typedef {{number: number, put: {kind: "checkpoint", bytes: Uint8Array, info: CheckpointInfo}|{kind: "result", files: Made[]}}} Parcel
 * @typedef {{number: number, error: Mistake|null}} Receipt
 * @typedef {Pick<MessagePort, "postMessage"|"close"> & {onmessage: ((message: MessageEvent<Receipt>) => void)|null}} Port
 * @typedef {ReturnType<typeof createWriter>} Writer
 */

/** A checkpoint may take this share of the time. */
const SHARE = 1 / 20;
/** The first comes soon, so that there is something to go on from. */
const FIRST_MS = 5000;

/**
 * @param {Port} port          To the worker that stores.
 * @param {number} interval_ms Between checkpoints, where no epoch ends.
 * @param {() => number} now   Milliseconds.
 */
export function createWriter(port, interval_ms, now = () => performance.now()) {
  /** @type {Map<number, (error: Mistake|null) => void>} */
  const waiting = new Map();
  let last = 0;
  /** When the latest one was begun, and what it took in all. */
  let begun = now();
  let cost = 0;
  let first = true;
  let epochEnded = false;
  let busy = false;

  port.onmessage = ({ data: { number, error } }) => {
    waiting.get(number)?.(error);
    waiting.delete(number);
  };

  /** @param {Parcel["put"]} put @param {Uint8Array[]} arrays @returns {Promise<Mistake|null>} */
  function send(put, arrays) {
    return new Promise((resolve) => {
      const number = (last += 1);
      waiting.set(number, resolve);
      const buffers = /** @type {Transferable[]} */ ([...new Set(arrays.map((array) => array.buffer))]);
      port.postMessage({ number, put }, buffers);
    });
  }

  return {
    /** @param {{type: string}[]} events  What happened since this was asked last. */
    isDue(events) {
      epochEnded ||= events.some(({ type }) => type === "epoch");
      if (busy) return false;
      const wanted = epochEnded ? 0 : first ? Math.min(FIRST_MS, interval_ms) : interval_ms;
      return now() - begun >= Math.max(wanted, cost / SHARE);
    },

    /**
     * Makes a checkpoint and sends it away.
     *
     * @param {() => Promise<{bytes: Uint8Array, info: CheckpointInfo}>} make
     * @param {(info: CheckpointInfo, error: Mistake|null) => void} stored  Called when it is stored, or could not be.
     */
    async write(make, stored) {
      busy = true;
      begun = now();
      [first, epochEnded] = [false, false];
      try {
        const { bytes, info } = await make();
        send({ kind: "checkpoint", bytes, info }, [bytes]).then((error) => {
          busy = false;
          cost = now() - begun;
          stored(info, error);
        });
      } catch (thrown) {
        busy = false;
        cost = now() - begun;
        throw thrown;
      }
    },

    /** @param {Made[]} files  Of the trained model. @returns {Promise<Mistake|null>} Why they could not be stored. */
    keepResult: (files) =>
      send(
        { kind: "result", files },
        files.map(({ bytes }) => bytes),
      ),

    close: () => port.close(),
  };
}
