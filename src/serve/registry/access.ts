/** Who may do what. */
export interface Wish {
  /** Undefined: the registry as a whole, as in the catalogue. */
  readonly repository: string | undefined;
  readonly action: 'pull' | 'push' | 'delete' | 'catalog' | 'none';
}

export interface Gate {
  /**
   * @param authorization the header of a request
   * @returns undefined when it may be done, else what the client has to do, for `WWW-Authenticate`
   */
  check(authorization: string | undefined, wish: Wish): Promise<Denial | undefined>;
}

/** `denied`: who it is is known, and he may not; else he must say who he is. */
export interface Denial {
  readonly kind: 'unauthorized' | 'denied';
  readonly challenge: string;
}

/** Lets everybody do everything. */
export const OPEN_GATE: Gate = { check: async () => undefined };

/** User and password of a Basic `Authorization` header (RFC 7617). */
export function parseBasic(authorization: string | undefined): { user: string; password: string } | undefined {
  const match = /^basic\s+([a-z0-9+/=_-]+)$/i.exec(authorization ?? '');
  if (match === null) return undefined;
  const text = Buffer.from(match[1]!, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
