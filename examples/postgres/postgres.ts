/** A PostgreSQL in a container, for the time of a test suite. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, exec } from 'berth';

export interface Postgres extends AsyncDisposable {
  /** Where it listens on this machine, for any client: `postgres://postgres:…@127.0.0.1:49153/postgres`. */
  readonly url: string;
  readonly port: number;
  /** Runs a query with the container's own psql. @returns rows, their fields separated by `|` */
  query(sql: string): Promise<string[]>;
  /** An empty database of that name, so that tests do not see each other's tables. */
  createDatabase(name: string): Promise<(sql: string) => Promise<string[]>>;
}

/** @param image the official one, or another that takes POSTGRES_PASSWORD and exposes 5432 */
export async function startPostgres(client: Client, image = 'postgres:17'): Promise<Postgres> {
  const password = randomBytes(12).toString('hex');
  const { Id } = await client.containers.create({
    Image: image,
    Env: [`POSTGRES_PASSWORD=${password}`],
    ExposedPorts: { '5432/tcp': {} },
    // A free port of the host, on its loopback address alone. Data goes into memory: a test wants it fast, and gone afterwards.
    HostConfig: {
      PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
      Tmpfs: { '/var/lib/postgresql/data': '' },
    },
  });
  const remove = () => client.containers.remove(Id, { force: true, volumes: true });
  try {
    await client.containers.start(Id);
    const psql = async (database: string, sql: string): Promise<string[]> => {
      const words = ['psql', '-h', '127.0.0.1', '-U', 'postgres', '-v', 'ON_ERROR_STOP=1', '-AtXc', sql, database];
      const { exitCode, stdout, stderr } = await exec(client, Id, words, { env: [`PGPASSWORD=${password}`] });
      if (exitCode !== 0) throw new Error(stderr.trim());
      return stdout.split('\n').slice(0, -1);
    };
    await untilReady(client, Id, () => psql('postgres', 'select 1'));
    const { NetworkSettings } = await client.containers.inspect(Id);
    const port = Number(NetworkSettings.Ports['5432/tcp']?.[0]?.HostPort);
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      port,
      query: (sql) => psql('postgres', sql),
      createDatabase: async (name) => {
        await psql('postgres', `create database "${name}"`);
        return (sql) => psql(name, sql);
      },
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Asks until there is an answer, the container has ended, or a minute is over. */
async function untilReady(client: Client, id: string, ask: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    try {
      await ask();
      return;
    } catch (error) {
      const { State } = await client.containers.inspect(id);
      if (!State.Running) throw new Error(`PostgreSQL ended with ${State.ExitCode}`, { cause: error });
      if (Date.now() > deadline) throw error;
    }
  }
}
