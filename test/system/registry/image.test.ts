import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registryImage } from '#main/registry/registry-image.ts';
import { eventually } from '../../lib/engine-fixture.ts';
import { openBerth } from '../cli/berth.ts';

test('berth/registry is made when it is asked for, and serves what is pushed to it', async () => {
  await using fixture = await openBerth();
  const berth = async (...words: string[]) => {
    const { code, stdout, stderr } = await fixture.berth(words);
    assert.equal(code, 0, `${words.join(' ')}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  const start = async (...more: string[]) => {
    const publish = ['-p', '127.0.0.1::5000', '-v', 'pushed:/var/lib/registry'];
    await berth('run', '-d', '--name', 'registry', '--read-only', ...publish, 'berth/registry', ...more);
    const place = await berth('port', 'registry', '5000');
    await eventually('the registry answers', async () => {
      const answer = await fetch(`http://${place}/v2/`).catch(() => undefined);
      return answer?.status === 200 || undefined;
    });
    return place;
  };
  const first = await start();
  const id = await berth('image', 'inspect', '--format', '{{.Id}}', 'busybox:latest');
  await berth('tag', 'busybox:latest', `${first}/pushed:1`);
  await berth('push', '--quiet', `${first}/pushed:1`);
  await berth('stop', 'registry');
  assert.equal(await berth('inspect', '--format', '{{.State.ExitCode}}', 'registry'), '0');
  await berth('rm', 'registry');
  // Options behind the image's name are those of `registry serve`; what was pushed is in the volume.
  const second = await start('--log-level', 'warn', '--gc-untagged');
  const pulled = await berth('image', 'inspect', '--format', '{{.Id}}', `docker://${second}/pushed:1`);
  assert.equal(pulled, id);
  const made = await berth('image', 'inspect', '--format', '{{.Id}}', 'berth/registry');
  // The first member of its archive is named by its configuration's digest.
  const head = await registryImage().next();
  assert.equal(
    Buffer.from(head.value!).toString('latin1', 0, 64),
    made.slice('sha256:'.length),
    'the same bytes again',
  );
});
