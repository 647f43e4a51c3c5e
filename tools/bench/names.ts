/**
 * `node tools/bench/names.ts [SECONDS]` (root): how many names the resolver answers per second of one processor.
 *
 * 500 records of containers on one network; one container asks, several queries under way at a time. The client is a Node program and
 * much slower than the resolver, so what counts is the processor time that the resolver used.
 */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { namesDirectory } from '#network/names/name-ops.ts';
import { encodeQuery } from '../../test/lib/dns-message.ts';
import { ask, member, openNamesRoot, processesNaming } from '../../test/system/names/container.ts';

const CONTAINERS = 500;
const UNDER_WAY = 32;
const TICKS_PER_SECOND = 100;

/** Processor time of a process so far, seconds. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** In the container's network: asks as fast as it can, and prints the number of answers. */
async function load(seconds: number): Promise<void> {
  let answers = 0;
  const sockets = Array.from({ length: UNDER_WAY }, (_, i) => {
    const socket = createSocket('udp4');
    const send = () => socket.send(encodeQuery({ name: `c${(answers * 7 + i) % CONTAINERS}` }, i), 53, '127.0.0.11');
    socket.on('message', () => {
      answers++;
      send();
    });
    send();
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  for (const socket of sockets) socket.close();
  console.log(answers);
}

async function measure(seconds: number): Promise<void> {
  await using names = openNamesRoot();
  const web = await names.start('web', [member('net', ['web'], ['172.30.255.254'])]);
  for (let i = 0; i < CONTAINERS; i++)
    names.write(`c${i}`, [member('net', [`c${i}`], [`172.30.${i >> 8}.${i & 255}`])]);
  while ((await ask(web, { name: `c${CONTAINERS - 1}` }))[0]?.records.length !== 1);
  const resolver = processesNaming(namesDirectory(names.root)).find(
    (pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'berth-resolver\n',
  );
  if (resolver === undefined) throw new Error('no resolver runs');
  const before = processorTime(resolver);
  const argv = ['-t', String(web.pid), '-n', process.execPath, fileURLToPath(import.meta.url), 'load', String(seconds)];
  const { stdout } = await promisify(execFile)('nsenter', argv);
  const used = processorTime(resolver) - before;
  const memory = /VmRSS:\s+(\d+ kB)/.exec(readFileSync(`/proc/${resolver}/status`, 'utf8'))?.[1];
  console.log(
    `answers ${Number(stdout)} in ${seconds} s (the client's rate), processor time of the resolver ${used.toFixed(2)} s`,
  );
  console.log(`${Math.round(Number(stdout) / used)} answers per second of one processor; ${memory} resident`);
}

const [first = '5', second = '5'] = process.argv.slice(2);
if (first === 'load') await load(Number(second));
else await measure(Number(first));
