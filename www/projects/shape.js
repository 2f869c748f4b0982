// What JSON from outside must look like: each shape returns the value as it is known to be, or throws. Pure.

/**
 * @template T
 * @typedef {(value: unknown, place?: string) => T} Shape
 */

/** @param {string} place @param {string} wanted @returns {never} */
function wrong(place, wanted) {
  throw new TypeError(`${place || "it"} is not ${wanted}`);
}

/** @param {number} longest @returns {Shape<string>} */
export const text =
  (longest) =>
  (value, place = "") =>
    typeof value === "string" && value.length <= longest
      ? value
      : wrong(place, `a text of at most ${longest} characters`);

/** @param {RegExp} pattern @returns {Shape<string>} */
export const matching =
  (pattern) =>
  (value, place = "") =>
    typeof value === "string" && pattern.test(value) ? value : wrong(place, "a name of the expected form");

/** @type {Shape<number>} */
export const number = (value, place = "") =>
  typeof value === "number" && Number.isFinite(value) ? value : wrong(place, "a number");

/** @type {Shape<number>} */
export const natural = (value, place = "") =>
  Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0
    ? /** @type {number} */ (value)
    : wrong(place, "a whole number");

/** @type {Shape<boolean>} */
export const flag = (value, place = "") => (typeof value === "boolean" ? value : wrong(place, "true or false"));

/** @template {string|number} Value @param {...Value} values @returns {Shape<Value>} */
export const oneOf =
  (...values) =>
  (value, place = "") =>
    values.find((one) => one === value) ?? wrong(place, `one of ${values.join(", ")}`);

/** @template T @param {Shape<T>} shape @returns {Shape<T|null>} */
export const maybe = (shape) => (value, place) => (value === null || value === undefined ? null : shape(value, place));

/** @template {Shape<any>[]} Shapes @param {Shapes} shapes @returns {Shape<ReturnType<Shapes[number]>>} */
export const either =
  (...shapes) =>
  (value, place) => {
    for (const shape of shapes.slice(0, -1)) {
      try {
        return shape(value, place);
      } catch {
        // The next one may fit.
      }
    }
    return shapes[shapes.length - 1](value, place);
  };

/** @template T @param {Shape<T>} shape @param {number} most @returns {Shape<T[]>} */
export const list =
  (shape, most) =>
  (value, place = "") => {
    if (!Array.isArray(value) || value.length > most) return wrong(place, `a list of at most ${most}`);
    return value.map((one, at) => shape(one, `${place}[${at}]`));
  };

/** By names that are not known beforehand. @template T @param {Shape<T>} shape @param {number} most @returns {Shape<Record<string, T>>} */
export const table =
  (shape, most) =>
  (value, place = "") => {
    const entries = Object.entries(object(value, place));
    if (entries.length > most) return wrong(place, `an object of at most ${most} names`);
    return Object.fromEntries(entries.map(([name, one]) => [name, shape(one, `${place}.${name}`)]));
  };

/**
 * Names that the shape does not have are left out.
 *
 * @template {Record<string, Shape<any>>} Shapes
 * @param {Shapes} shapes
 * @returns {Shape<{[Name in keyof Shapes]: ReturnType<Shapes[Name]>}>}
 */
export const record =
  (shapes) =>
  (value, place = "") => {
    const found = /** @type {Record<string, unknown>} */ (object(value, place));
    const entries = Object.entries(shapes).map(([name, shape]) => [name, shape(found[name], `${place}.${name}`)]);
    return Object.fromEntries(entries);
  };

/** @param {unknown} value @param {string} place @returns {object} */
function object(value, place) {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : wrong(place, "an object");
}
