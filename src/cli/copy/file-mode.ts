/** Bits of Go's `fs.FileMode`, in which the API says what a path is. */
const DIRECTORY = 2 ** 31;
const LINK = 2 ** 27;
const DEVICE = 2 ** 26;
const IRREGULAR = 2 ** 19;

// Bit operators are of 32 bits with a sign, which the directory's bit is.
const has = (mode: number, bit: number): boolean => Math.floor(mode / bit) % 2 === 1;

export const isDirectoryMode = (mode: number): boolean => has(mode, DIRECTORY);
export const isLinkMode = (mode: number): boolean => has(mode, LINK);
export const isDeviceMode = (mode: number): boolean => has(mode, DEVICE);
export const isIrregularMode = (mode: number): boolean => has(mode, IRREGULAR);
