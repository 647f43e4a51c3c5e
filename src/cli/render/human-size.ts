/** Sizes as docker prints them. */

const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

/** `toExponential` with ties to even, as Go rounds. */
function exponential(value: number, digits: number): string {
  const [exact = '', power = ''] = value.toExponential(60).split('e');
  const all = exact.replace(/[-.]/g, '');
  const isTie = /^50*$/.test(all.slice(digits));
  if (!isTie || Number(all[digits - 1]) % 2 === 1) return value.toExponential(digits - 1);
  const kept = all.slice(0, digits);
  return `${value < 0 ? '-' : ''}${kept[0]}${digits > 1 ? `.${kept.slice(1)}` : ''}e${power}`;
}

/** Go's `%.*g`: significant digits without trailing zeros, an exponent when there are more digits before the point. */
export function significant(value: number, digits: number): string {
  if (value === 0) return '0';
  const rounded = exponential(value, digits);
  const [mantissa = '', power = ''] = rounded.split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) {
    const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
    return `${trimmed}e${power.replace(/^([+-])(\d)$/, '$10$2')}`;
  }
  const text = Number(rounded).toPrecision(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function withUnit(bytes: number, base: number, units: readonly string[], digits: number): string {
  let size = bytes;
  let i = 0;
  while (size >= base && i < units.length - 1) {
    size /= base;
    i++;
  }
  return significant(size, digits) + units[i];
}

/** `1.234MB`: powers of 1000. */
export function humanSize(bytes: number, digits = 4): string {
  return withUnit(bytes, 1000, DECIMAL, digits);
}

/** `1.5GiB`: powers of 1024. */
export function binarySize(bytes: number): string {
  return withUnit(bytes, 1024, BINARY, 4);
}
