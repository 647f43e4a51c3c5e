/**
 * Names in archives and on Linux file systems are bytes, not text. Here such a name is a string with one character (0-255)
 * per byte: it compares and slices like any string and nothing is lost. These functions lead there and back.
 */

/** A name as byte text from raw bytes. */
export function byteText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Byte text of ordinary text, its UTF-8 bytes. */
export function toByteText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Ordinary text of byte text, for people; bytes that are no UTF-8 become U+FFFD. */
export function showByteText(name: string): string {
  return isAscii(name) ? name : Buffer.from(name, 'latin1').toString('utf8');
}

/** Whether byte text is text in UTF-8. */
export function isUtf8Text(name: string): boolean {
  return isAscii(name) || !showByteText(name).includes('\ufffd');
}

/** The raw bytes of byte text. */
export function rawBytes(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
