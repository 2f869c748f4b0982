// The built-in example: 240 customer messages on six topics, written for this project.

import { mistake } from "./mistake.js";
import { readBody } from "./stream.js";

export const EXAMPLE_NAME = "example.csv";

/** @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function readExample() {
  const response = await fetch(new URL("./example.csv", import.meta.url)).catch(() => null);
  if (!response?.ok) {
    throw mistake(
      "file",
      "The example data could not be loaded: the connection to this page’s server is gone. Try again when it is back.",
    );
  }
  return readBody(response, EXAMPLE_NAME, 1e6);
}
