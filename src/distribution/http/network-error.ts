import { BerthError, isBerthError, isErrno, messageOf } from '#base/errors.ts';
import { type HttpRequest, shownUrl } from './exchange.ts';

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** A request that got no answer, in the words that Docker has for it. */
export function networkError(request: Pick<HttpRequest, 'method' | 'url'>, error: unknown): Error {
  if (isBerthError(error)) return error;
  const method = request.method[0] + request.method.slice(1).toLowerCase();
  const message = `${method} "${shownUrl(request.url)}": ${reasonOf(error)}`;
  return new BerthError('unavailable', codeOf(error), message, { cause: error });
}

/** An answer that stopped, or never began, within the time that it had. */
export function idleError(request: Pick<HttpRequest, 'method' | 'url'>, idleMs: number): BerthError {
  const method = request.method[0] + request.method.slice(1).toLowerCase();
  const message = `${method} "${shownUrl(request.url)}": net/http: timeout: nothing came for ${idleMs / 1000} s`;
  return new BerthError('timeout', 'registry.idle', message);
}

/** An answer that comes so slowly that it might as well not come. */
export function slowError(request: Pick<HttpRequest, 'url'>, bytes: number, waitedMs: number): BerthError {
  const words = `only ${bytes} bytes came in ${Math.round(waitedMs / 1000)} s`;
  return new BerthError('timeout', 'registry.idle', `Get "${shownUrl(request.url)}": net/http: timeout: ${words}`);
}

/** Whether the same request may well succeed a little later. */
export function isPassing(error: unknown): boolean {
  if (isBerthError(error)) {
    return (
      error.code === 'registry.network' ||
      error.code === 'registry.idle' ||
      error.code === 'registry.short' ||
      error.code === 'registry.busy'
    );
  }
  return isErrno(error, 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE');
}

function codeOf(error: unknown): string {
  const code = errnoOf(error);
  if (code === 'ECONNREFUSED') return 'registry.refused';
  if (code === 'ENOTFOUND') return 'registry.unknown-host';
  if (UNTRUSTED.has(code) || /^(CERT_|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(code)) return 'registry.tls';
  if (code.startsWith('HPE_')) return 'registry.protocol';
  return 'registry.network';
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reasonOf(error: unknown): string {
  const {
    code = '',
    address,
    port,
    hostname,
  } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
    hostname?: string;
  };
  const place = address === undefined ? '' : ` ${address.includes(':') ? `[${address}]` : address}:${port}`;
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp${place}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp${place}: connect: no route to host`;
    case 'ENETUNREACH':
      return `dial tcp${place}: connect: network is unreachable`;
    case 'ETIMEDOUT':
      return `dial tcp${place}: i/o timeout`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${hostname ?? ''}: no such host`;
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${hostname ?? ''}: server misbehaving`;
    case 'CERT_HAS_EXPIRED':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: ${messageOf(error)}`;
    case 'ECONNRESET':
      return messageOf(error) === 'socket hang up' ? 'EOF' : 'read: connection reset by peer';
  }
  if (UNTRUSTED.has(code)) return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  if (/wrong version number|packet length too long|http request/i.test(messageOf(error)))
    return 'http: server gave HTTP response to HTTPS client';
  return messageOf(error);
}
