/** Volumes that are a server's directory: the kernel's own NFS server, where the machine has it. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createVolumes } from '#engine/volumes/engine-volumes.ts';
import type { Mount } from '#spec/docker-api/containers.ts';
import { type EngineFixture, openEngineFixture, request, run } from '../../lib/engine-fixture.ts';
import { openOutsideHost } from '../../lib/outside-host.ts';

function lacking(program: string, module: string): string | false {
  if (!existsSync(`/usr/sbin/${program}`)) return `${program} is not installed`;
  return spawnSync('modprobe', [module]).status !== 0 && `the kernel has no ${module}`;
}

/** A server that says "ready", and stops when its input ends. */
async function serve(words: readonly string[]): Promise<AsyncDisposable> {
  const [program = '', ...rest] = words;
  const child: ChildProcessWithoutNullStreams = spawn(program, rest);
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const ended = once(child, 'exit');
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (value !== 'ready') throw new Error(`${program} ended: ${Buffer.concat(errors)}`);
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

async function sh(fixture: EngineFixture, script: string, volume: string, ReadOnly = false): Promise<string> {
  const mount: Mount = { Type: 'volume', Source: volume, Target: '/m', ReadOnly };
  const done = await run(
    fixture.core,
    request(['sh', '-c', script], { HostConfig: { Mounts: [mount], AutoRemove: true } }),
  );
  assert.equal(done.code, 0, `${script}: ${done.stdout}${done.stderr}`);
  return done.stdout.trim();
}

/** Version 4 alone, which needs no other service. Files cannot be opened before the time of grace for earlier clients is over. */
const NFS_SERVER = `set -e
mount -t tmpfs none /var/lib/nfs
mkdir -p /var/lib/nfs/v4recovery; touch /var/lib/nfs/etab /var/lib/nfs/rmtab
mount -t nfsd nfsd /proc/fs/nfsd
exportfs -o rw,no_root_squash,insecure,fsid=0,no_subtree_check "*:$1"
rpc.mountd -F -N 2 -N 3 > /dev/null 2>&1 & mountd=$!
trap 'rpc.nfsd 0; exportfs -au; kill $mountd' EXIT
echo 10 > /proc/fs/nfsd/nfsv4leasetime; echo 10 > /proc/fs/nfsd/nfsv4gracetime
rpc.nfsd -N 3 -V 4 2
echo ready
read line || true`;

test('a volume of type nfs is a directory of a server, for containers without any network', {
  skip: lacking('rpc.nfsd', 'nfsd') || lacking('rpc.mountd', 'nfsv4'),
}, async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const shared = join(fixture.scratch, 'shared');
  mkdirSync(join(shared, 'media'), { recursive: true });
  writeFileSync(join(shared, 'media/song'), 'la la\n');
  const enter = ['nsenter', `--net=${outside.namespace}`, 'unshare', '-m', '--propagation', 'private'];
  await using _server = await serve([...enter, 'sh', '-c', NFS_SERVER, 'sh', shared]);
  const volumes = createVolumes(fixture.core.context);
  const o = `addr=${outside.outside.v4},vers=4.2,soft,timeo=600`;
  await volumes.create({ Name: 'media', DriverOpts: { type: 'nfs', o, device: ':/media' } });
  assert.equal(
    await sh(fixture, 'cat /m/song; echo new > /m/file; grep " /m " /proc/mounts | cut -d" " -f3', 'media'),
    'la la\nnfs4',
  );
  assert.equal(readFileSync(join(shared, 'media/file'), 'utf8'), 'new\n');
  assert.equal(await sh(fixture, 'cat /m/file; touch /m/x 2>/dev/null || echo refused', 'media', true), 'new\nrefused');
  await volumes.create({ Name: 'none', DriverOpts: { type: 'nfs', o, device: ':/no-such' } });
  await assert.rejects(sh(fixture, 'true', 'none'), /error while mounting volume '.*': .*no such file or directory/);
  assert.equal(readFileSync('/proc/mounts', 'utf8').includes(outside.outside.v4), false);
});
