import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { after, test } from 'node:test';
import { attach, attachAt, closeStdin, resize, signalProcess, waitExit, watchExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { StdinMode } from '#sys/keeper/plan.ts';
import { basicPlan, makeScratch } from './basic-plan.ts';
import { assertNothingLeft, client, demultiplex, isAlive, runToEnd, started, until } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const pipes = (stdin: StdinMode) => ({ kind: 'pipes', stdin, uid: 0, gid: 0 }) as const;
const terminal = { kind: 'terminal', stdin: 'open' } as const;

test('attach() sends everything said after it to every client', async () => {
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, { argv: ['sh', '-c', 'seq 1 200000; echo end >&2'] }));
  const clients = await Promise.all([1, 2, 3].map(() => client(paths.runDir, { stdin: false })));
  const onlyErrors = await client(paths.runDir, { stdin: false, stdout: false });
  await launched.start();
  const expected = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join('');
  for (const one of clients) {
    const { stdout, stderr } = demultiplex(await one.ended);
    assert.equal(createHash('md5').update(stdout).digest('hex'), createHash('md5').update(expected).digest('hex'));
    assert.equal(stderr, 'end\n');
  }
  assert.deepEqual(demultiplex(await onlyErrors.ended), { stdout: '', stderr: 'end\n' });
  assert.equal((await waitExit(paths.runDir)).exitCode, 0);
});

test('a client that does not read holds the process back and loses nothing, and one that leaves lets it go', async () => {
  const paths = scratch.run();
  const plan = basicPlan(paths, scratch.lower, { argv: ['sh', '-c', 'seq 1 300000; echo done >&2'] });
  const launched = await launch(plan);
  const lazy = await attach(paths.runDir, { stdin: false, stdout: true, stderr: true });
  lazy.pause();
  const other = await attach(paths.runDir, { stdin: false, stdout: true, stderr: false });
  other.pause();
  await launched.start();
  // Both sockets, the pipe and the kept chunk are far smaller than the output: the process is still writing.
  assert.ok(isAlive(launched.pid));
  other.destroy();
  const chunks: Buffer[] = [];
  for await (const chunk of lazy) chunks.push(chunk as Buffer);
  const { stdout, stderr } = demultiplex(Buffer.concat(chunks));
  assert.equal(stdout.split('\n').length - 1, 300_000);
  assert.equal(stderr, 'done\n');
  assert.equal((await waitExit(paths.runDir)).exitCode, 0);
});

test('clients that never read do not outlive their usefulness: leaving ends the wait', async () => {
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, { argv: ['seq', '1', '300000'] }));
  const lazy = await attach(paths.runDir, { stdin: false, stdout: true, stderr: true });
  lazy.pause();
  await launched.start();
  lazy.destroy();
  assert.equal((await waitExit(paths.runDir)).exitCode, 0);
  await assertNothingLeft(scratch);
});

test('stdin `once` ends with the first client that ends it', async () => {
  const paths = scratch.run();
  const launched = await launch(
    basicPlan(paths, scratch.lower, { argv: ['sh', '-c', 'cat; echo eof'], stdio: pipes('once') }),
  );
  const one = await client(paths.runDir);
  await launched.start();
  one.stream.write('hello ');
  one.stream.end('world\n');
  assert.equal(demultiplex(await one.ended).stdout, 'hello world\neof\n');
  assert.equal((await waitExit(paths.runDir)).exitCode, 0);
});

test('stdin `once` carries megabytes without loss and ends when the client just leaves', async () => {
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, { argv: ['wc', '-c'], stdio: pipes('once') }));
  const reader = await client(paths.runDir, { stdin: false });
  const writer = await attach(paths.runDir, { stdin: true, stdout: false, stderr: false });
  await launched.start();
  const chunk = Buffer.alloc(1 << 20, 'x');
  for (let i = 0; i < 24; i++) if (!writer.write(chunk)) await once(writer, 'drain');
  writer.end();
  assert.equal(demultiplex(await reader.ended).stdout, `${24 << 20}\n`);
  writer.destroy();
});

test('stdin `open` survives clients until it is closed by request', async () => {
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, { argv: ['cat'], stdio: pipes('open') }));
  const reader = await client(paths.runDir, { stdin: false });
  await launched.start();
  for (const word of ['one', 'two']) {
    const writer = await attach(paths.runDir, { stdin: true, stdout: false, stderr: false });
    writer.end(`${word}\n`);
    await until('the word came back', () => reader.text().includes(word));
    writer.destroy();
  }
  assert.ok(isAlive(launched.pid));
  await closeStdin(paths.runDir);
  assert.equal(demultiplex(await reader.ended).stdout, 'one\ntwo\n');
});

test('stdin `closed` reads as empty', async () => {
  const { stdout } = await runToEnd(scratch, {
    argv: ['sh', '-c', 'cat; stat -Lc %t:%T /proc/self/fd/0'],
    stdio: pipes('closed'),
  });
  assert.equal(stdout, '1:3\n');
});

test('pipes belong to the process, so that it may open them again', async () => {
  const { stdout } = await runToEnd(scratch, {
    argv: ['sh', '-c', 'echo again > /dev/stdout'],
    stdio: { kind: 'pipes', stdin: 'closed', uid: 1000, gid: 1000 },
    beforeGate: [
      {
        op: 'credentials',
        side: 'child',
        uid: 1000,
        gid: 1000,
        groups: [],
        capabilities: { bounding: 0n, permitted: 0n, effective: 0n, inheritable: 0n, ambient: 0n },
      },
    ],
  });
  assert.equal(stdout, 'again\n');
});

test('a terminal is the controlling terminal, named, resizable, and the console', async () => {
  const running = await started(scratch, { argv: ['sh'], stdio: terminal, env: ['PATH=/bin', 'PS1=$ '] });
  const one = await client(running.runDir);
  await resize(running.runDir, { rows: 33, cols: 77 });
  one.stream.write('stty size; readlink /proc/self/fd/0; echo tty > /dev/console; test -t 1 && echo is-tty\n');
  await until('the answers came', () => /33 77\r\n\/dev\/pts\/0\r\ntty\r\nis-tty\r\n/.test(one.text()));
  one.stream.write(Buffer.of(3));
  one.stream.write('exit 9\n');
  assert.equal((await waitExit(running.runDir)).exitCode, 9);
  await one.ended;
});

test('a closing terminal hangs up what is left in the background', async () => {
  const { record, stdout } = await runToEnd(scratch, {
    argv: ['sh', '-c', '(sleep 1000; echo late) & echo soon; exit 3'],
    stdio: { kind: 'terminal', stdin: 'closed' },
  });
  assert.equal(record.exitCode, 3);
  assert.equal(stdout, 'soon\r\n');
});

test('detach keys end the client alone, are not passed on, and false starts are', async () => {
  const running = await started(scratch, { argv: ['cat'], stdio: pipes('open') });
  const watcher = await client(running.runDir, { stdin: false });
  const leaver = await client(running.runDir, { detachKeys: Buffer.of(16, 17) });
  leaver.stream.write(Buffer.from('a\x10b\x10\x10c\n'));
  await until('input came back', () => watcher.text().includes('c\n'));
  leaver.stream.write(Buffer.from('kept\x10'));
  leaver.stream.write(Buffer.from('\x11lost'));
  await leaver.ended;
  const next = await attach(running.runDir, { stdin: true, stdout: false, stderr: false });
  next.write('+next\n');
  await until('the next client is heard', () => watcher.text().includes('next\n'));
  next.destroy();
  await signalProcess(running.runDir, constants.signals.SIGKILL);
  assert.equal(demultiplex(await watcher.ended).stdout, 'a\x10b\x10\x10c\nkept+next\n');
});

test('a terminal with stdin `once` takes input again after a detach', async () => {
  const running = await started(scratch, { argv: ['cat'], stdio: { kind: 'terminal', stdin: 'once' } });
  const first = await client(running.runDir, { detachKeys: Buffer.of(16, 17) });
  first.stream.write(Buffer.of(16, 17));
  await first.ended;
  const second = await client(running.runDir);
  second.stream.write('back\n\x04');
  assert.equal((await waitExit(running.runDir)).exitCode, 0);
  assert.equal((await second.ended).toString(), 'back\r\nback\r\n');
});

test('what was written before the exit arrives, also from a process that leaves others behind', async () => {
  for (let round = 0; round < 10; round++) {
    const { stdout } = await runToEnd(scratch, {
      argv: ['sh', '-c', '(sleep 1000) & seq 1 5000; exec echo last'],
      namespaces: ['mount', 'pid'],
    });
    assert.ok(stdout.endsWith('5000\nlast\n'));
  }
});

test('watchExit() tells several watchers; the exit command runs only when none acknowledged', async () => {
  const marker = `${scratch.dir}/exit-command`;
  const exit = {
    collect: [],
    command: { argv: ['/bin/busybox', 'touch', marker], env: [] },
  };
  const touched = () => fileNames().includes('exit-command');
  const first = await started(scratch, { argv: ['cat'], stdio: pipes('open'), exit });
  const watching = watchExit(first.runDir, { willAcknowledge: true });
  const plain = watchExit(first.runDir);
  await attachAt(first.runDir, { stdin: false, stdout: true, stderr: true }).then(({ stream }) => stream.resume());
  await closeStdin(first.runDir);
  const watched = await watching;
  watched.acknowledge();
  assert.equal((await plain).record.exitCode, 0);
  await assertNothingLeft(scratch);
  assert.equal(touched(), false);
  const second = await started(scratch, { argv: ['cat'], stdio: pipes('open'), exit });
  const silent = watchExit(second.runDir);
  await closeStdin(second.runDir);
  await silent;
  await until('the exit command ran', touched);
  await assertNothingLeft(scratch);
});

function fileNames(dir = scratch.dir): string[] {
  return readdirSync(dir);
}

test('control requests are refused when they make no sense', async () => {
  const running = await started(scratch, { argv: ['cat'], stdio: pipes('open') });
  await assert.rejects(resize(running.runDir, { rows: 1, cols: 1 }), /ENOTTY/);
  await assert.rejects(signalProcess(running.runDir, 9999), /EINVAL/);
  await assert.rejects(
    attach(running.runDir, { stdin: true, stdout: true, stderr: true, detachKeys: Buffer.alloc(40) }),
    /EINVAL/,
  );
  await closeStdin(running.runDir);
  await waitExit(running.runDir);
  await until('the socket is gone', () => !fileNames(running.runDir).includes('ctl'));
  await assert.rejects(attach(running.runDir, { stdin: true, stdout: true, stderr: true }), { code: 'keeper.gone' });
});

test('an idle keeper sleeps without a time limit', async () => {
  const running = await started(scratch, { argv: ['cat'], stdio: pipes('open') });
  const one = await client(running.runDir);
  one.stream.write('said\n');
  await until('it answered', () => one.text().includes('said'));
  // epoll_wait(epoll, events, count, timeout)
  await until('the keeper waits for events only', () =>
    /^\d+ (0x[0-9a-f]+ ){3}0xffffffff/.test(readFileSync(`/proc/${running.keeperPid}/syscall`, 'utf8')),
  );
  one.stream.write('again\n');
  await until('it answers still', () => one.text().includes('again'));
  await signalProcess(running.runDir, constants.signals.SIGKILL);
  await waitExit(running.runDir);
});
