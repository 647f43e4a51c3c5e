const USTAR = 257;

/** Whether a file that begins with these bytes may be the archive of a layer: compressed, or a tar of today. */
export function looksLikeLayer(head: Uint8Array): boolean {
  if (head[0] === 0x1f && head[1] === 0x8b) return true;
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return true;
  if (head.length < USTAR + 5) return false;
  return Buffer.from(head.buffer, head.byteOffset + USTAR, 5).toString('latin1') === 'ustar';
}
