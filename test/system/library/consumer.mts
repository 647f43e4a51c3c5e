/** A program that uses Berth as a library: type-checked and run by library.test.ts, with its state in the folder named by its argument. */
import { createReadStream } from 'node:fs';
import { type Client, connect, demultiplex, type Ended, exec, isBerthError, run } from 'berth';

const [root = '', archive = ''] = process.argv.slice(2);
const client: Client = await connect({ root });
const offline = { HostConfig: { NetworkMode: 'none' } };

for await (const message of await client.images.load(createReadStream(archive))) {
  if (message.error !== undefined) throw new Error(message.error);
}
const ended: Ended = await run(client, { Image: 'berth/hello', ...offline });
console.log(JSON.stringify([ended.exitCode, ended.stdout.length > 100, ended.stderr]));

const { Id } = await client.containers.create({ Image: 'berth/hello', Cmd: ['/hello', 'wait'], ...offline });
await client.containers.start(Id);
const inside = await exec(client, Id, ['/hello']);
console.log(JSON.stringify([inside.exitCode, inside.stdout.length > 100]));

const stopping = new AbortController();
const { done } = await client.containers.wait(Id, 'next-exit', stopping.signal);
stopping.abort(new Error('enough'));
await done.catch((error: Error) => console.log(error.message));

const { stream } = await client.containers.logs(Id, { stdout: true, stderr: true });
await demultiplex(stream, {});
await client.containers.remove(Id, { force: true });
try {
  await client.containers.inspect(Id);
} catch (error) {
  if (isBerthError(error, 'not-found')) console.log(error.kind);
}
await client.close();
