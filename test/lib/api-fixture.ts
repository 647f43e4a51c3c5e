/** A whole engine behind the API, on a socket and in process at once. */
import { join } from 'node:path';
import { type Client, connect } from '#client/client.ts';
import { inProcessTransport } from '#client/in-process-transport.ts';
import { socketTransport } from '#client/socket-transport.ts';
import { assembleEngine } from '#engine/open-engine.ts';
import { dispatchTo } from '#serve/docker-api/dispatch.ts';
import { API_VERSION, MINIMUM_API_VERSION } from '#serve/docker-api/router.ts';
import { serveHttp } from '#serve/docker-api/serve-http.ts';
import type { Dispatch } from '#spec/docker-api/exchange.ts';
import { type EngineFixture, openEngineFixture } from './engine-fixture.ts';

export interface ApiFixture extends AsyncDisposable {
  readonly engine: EngineFixture;
  readonly socketPath: string;
  readonly dispatch: Dispatch;
  /** Over HTTP on the socket. */
  readonly remote: Client;
  /** In this process. */
  readonly local: Client;
}

/** The engine is checked for leaks when the fixture is disposed of. */
export async function openApiFixture(): Promise<ApiFixture> {
  const engine = await openEngineFixture();
  const build = { version: '0.0.0-test', commit: '', time: '' };
  const identity = { apiVersion: API_VERSION, minimumApiVersion: MINIMUM_API_VERSION, build };
  const dispatch = dispatchTo(assembleEngine(engine.core, identity));
  const socketPath = join(engine.scratch, 'api.sock');
  const server = await serveHttp(dispatch, socketPath);
  const remote = connect(socketTransport(`unix://${socketPath}`));
  const local = connect(inProcessTransport(dispatch, API_VERSION));
  return {
    engine,
    socketPath,
    dispatch,
    remote,
    local,
    [Symbol.asyncDispose]: async () => {
      await remote.close();
      await server[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}
