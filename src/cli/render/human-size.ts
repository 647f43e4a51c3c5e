/** Sizes as docker prints them. */

const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

/** Go's `%.*g`: significant digits without trailing zeros, an exponent when there are more digits before the point. */
export function significant(value: number, digits: number): string {
  if (value === 0) return '0';
  const exponent = Number(value.toExponential(digits - 1).split('e')[1]);
  if (exponent < -4 || exponent >= digits) {
    const [mantissa = '', power = ''] = value.toExponential(digits - 1).split('e');
    const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
    return `${trimmed}e${power.replace(/^([+-])(\d)$/, '$10$2')}`;
  }
  const text = value.toPrecision(digits);
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
