/** Takes over a connection as a WebSocket (RFC 6455), for clients in browsers. */
import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** True for a request that wants to become one. */
export function isWebSocket(message: IncomingMessage): boolean {
  return (message.headers.upgrade ?? '').toLowerCase() === 'websocket';
}

/**
 * Answers the handshake and joins the socket with a stream: each chunk a binary message, as docker has it since API 1.28.
 * Resolves when both directions have ended.
 */
export async function joinWebSocket(message: IncomingMessage, socket: Duplex, stream: Duplex): Promise<void> {
  const { WebSocketServer, createWebSocketStream } = await import('ws');
  const server = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false });
  const { promise, resolve } = Promise.withResolvers<Duplex>();
  server.handleUpgrade(message, socket, Buffer.alloc(0), (opened) => resolve(createWebSocketStream(opened)));
  // A handshake that the library refuses ends the socket.
  const ended = new Promise<undefined>((done) => socket.once('close', () => done(undefined)));
  const joined = await Promise.race([promise, ended]);
  if (joined === undefined) {
    stream.destroy();
    return;
  }
  joined.on('error', () => {});
  await Promise.allSettled([pipeline(joined, stream), pipeline(stream as Readable, joined)]);
  socket.destroy();
}
