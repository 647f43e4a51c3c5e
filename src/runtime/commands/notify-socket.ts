import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { OciConfig } from '#spec/oci-runtime/config.ts';
import { type ContainerState, containerDir } from '../state/container-state.ts';
import { aliveInit } from '../state/container-status.ts';
import { withEnv } from './start-options.ts';

const INSIDE = '/run/notify';
const SOCKET = 'notify.sock';
const POLL_MS = 20;

/** The socket of the service manager that waits for the container, if there is one (sd_notify(3)). */
function managerSocket(): string | undefined {
  const path = process.env['NOTIFY_SOCKET'] ?? '';
  return path === '' ? undefined : path;
}

function folderOf(root: string, id: string): string {
  return join(containerDir(root, id), 'notify');
}

/**
 * Gives the container a place to say that it is ready, where a service manager wants to hear it. It gets a socket of its own, as
 * runc gives it: the manager believes only those whom it has started, which is the runtime.
 */
export function withNotifySocket(root: string, id: string, config: OciConfig): OciConfig {
  if (managerSocket() === undefined || config.process === undefined) return config;
  const source = folderOf(root, id);
  mkdirSync(source, { mode: 0o755 });
  const options = ['bind', 'nosuid', 'noexec', 'nodev', 'ro'];
  return {
    ...config,
    process: withEnv(config.process, [`NOTIFY_SOCKET=${INSIDE}/${SOCKET}`]),
    mounts: [...(config.mounts ?? []), { destination: INSIDE, source, options }],
  };
}

/** Passes on what the container says. */
export interface Readiness extends Disposable {
  /** Resolves when the container has said that it is ready, or has ended without a word. */
  readonly told: (state: ContainerState) => Promise<void>;
}

/** Listens before the container starts; `undefined` when nobody waits for it. */
export async function listenForReadiness(root: string, id: string): Promise<Readiness | undefined> {
  const manager = managerSocket();
  if (manager === undefined || !existsSync(folderOf(root, id))) return undefined;
  const { DatagramListener, sendDatagram } = await import('#sys/datagram-socket.ts');
  const listener = await DatagramListener.open(join(folderOf(root, id), SOCKET));
  return {
    async told(state) {
      // The end is looked for first: what was said before it is not lost then.
      for (let isLast = false; !isLast; await setTimeout(POLL_MS)) {
        isLast = aliveInit(state) === undefined;
        for (let message = listener.receive(); message !== undefined; message = listener.receive()) {
          if (!message.split('\n').includes('READY=1')) continue;
          await sendDatagram(manager, `READY=1\nMAINPID=${state.init?.pid ?? 0}\n`);
          return;
        }
      }
    },
    [Symbol.dispose]: () => listener[Symbol.dispose](),
  };
}
