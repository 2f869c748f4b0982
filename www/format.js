// Numbers, sizes and times as people read them.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** @param {number} count @returns {string} "12,345" */
export function count(count) {
  return whole.format(Math.round(count));
}

/**
 * A count with its noun: "1 row", "2,000 rows".
 *
 * @param {number} number
 * @param {string} singular
 * @param {string} [plural]
 */
export function counted(number, singular, plural = `${singular}s`) {
  return `${count(number)} ${Math.round(number) === 1 ? singular : plural}`;
}

/** @param {number} number @returns {string} "22.7 million", "4,210" */
export function large(number) {
  if (number >= 1e9) return `${(number / 1e9).toFixed(1)} billion`;
  if (number >= 1e6) return `${(number / 1e6).toFixed(1)} million`;
  return count(number);
}

/** @param {number} bytes @returns {string} "512 bytes", "1.5 MB"; decimal units, as browsers show downloads. */
export function size(bytes) {
  if (bytes < 1000) return counted(bytes, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** @param {number} seconds @returns {string} "8 s", "2 min 05 s", "1 h 12 min" */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  if (total < 3600) return `${Math.floor(total / 60)} min ${two(total % 60)} s`;
  return `${Math.floor(total / 3600)} h ${two(Math.floor((total % 3600) / 60))} min`;
}

/** @param {number} share From 0 to 1. @param {number} [digits] @returns {string} "93.4 %" */
export function percent(share, digits = 1) {
  return Number.isFinite(share) ? `${(share * 100).toFixed(digits)}\u00a0%` : "–";
}

/** @param {number} loss @returns {string} Three or four figures: "0.4312", "12.3", "50,494", "172M", "3.14e-6" */
export function loss(loss) {
  if (!Number.isFinite(loss)) return String(loss);
  if (loss >= 1000) return wide(loss);
  if (loss >= 10) return loss.toFixed(1);
  return loss >= 1 ? loss.toFixed(3) : small(loss, 4);
}

/** @param {number} number @returns {string} "50,494", "172M", "3.1e+30"; negative ones, too. */
export function wide(number) {
  return Math.abs(number) < 1e6 ? count(number) : compact(number);
}

/** @param {number} number @returns {string} "20K", "172M", "3.1e+30": for where there is little room. */
export function compact(number) {
  return Math.abs(number) < 1e15 ? short.format(number) : number.toExponential(1);
}

/**
 * A number with so many decimals, or with a power of ten where these would be zeros: squared errors of thousandths are.
 *
 * @param {number} number @param {number} decimals @returns {string} "0.948", "3.14e-6"
 */
export function small(number, decimals) {
  return number !== 0 && Math.abs(number) < 0.001 ? number.toExponential(2) : number.toFixed(decimals);
}

/** @param {number} rate Per second. @returns {string} "0.42", "8.3", "1,204" */
export function rate(rate) {
  if (!Number.isFinite(rate)) return "–";
  return rate >= 99.5 ? count(rate) : rate >= 9.95 ? rate.toFixed(0) : rate.toFixed(rate >= 0.995 ? 1 : 2);
}

/**
 * A number as it is written in a field: small ones in powers of ten, so that 0.00005 is "5e-5".
 *
 * @param {number} number
 */
export function plain(number) {
  return number !== 0 && Math.abs(number) < 0.001 ? number.toExponential().replace("e-0", "e-") : String(number);
}

const figures = new Intl.NumberFormat("en", {
  maximumFractionDigits: 3,
  maximumSignificantDigits: 4,
  roundingPriority: "morePrecision",
});

/** @param {number} number @returns {string} A score: three decimals, and more of one that counts in thousandths: "4.125", "0.0004712". */
export function figure(number) {
  return figures.format(number);
}

/** @param {number} milliseconds @returns {string} How long ago that was: "just now", "2 minutes ago", "3 days ago". */
export function ago(milliseconds) {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${counted(minutes, "minute")} ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${counted(hours, "hour")} ago` : `${counted(hours / 24, "day")} ago`;
}
