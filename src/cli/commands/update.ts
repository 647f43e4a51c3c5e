/** `update`: https://docs.docker.com/reference/cli/docker/container/update/ */
import { messageOf } from '#base/errors.ts';
import type { ContainerUpdateRequest } from '#spec/docker-api/containers.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure, failureText } from '../failure.ts';
import { UPDATE_FLAGS } from '../flags/update.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { parsePortFlags } from '../run/port-flags.ts';
import { parseRestartPolicy } from '../run/restart-policy.ts';

/** Both take what `--publish` of `run` takes. @throws Error in docker's words */
function portChanges(flags: ParsedFlags): Pick<ContainerUpdateRequest, 'PublishAdd' | 'PublishRemove'> {
  const mapOf = (name: string) => parsePortFlags(flags.list(name), []).bindings;
  return {
    ...(flags.changed('publish-add') ? { PublishAdd: mapOf('publish-add') } : {}),
    ...(flags.changed('publish-rm') ? { PublishRemove: mapOf('publish-rm') } : {}),
  };
}

function requestOf(flags: ParsedFlags): ContainerUpdateRequest {
  if (!UPDATE_FLAGS.some(({ name }) => flags.changed(name)))
    throw new ExitFailure(1, 'you must provide one or more flags when using this command');
  const pids = flags.number('pids-limit');
  try {
    return {
      BlkioWeight: flags.number('blkio-weight'),
      CpusetCpus: flags.text('cpuset-cpus'),
      CpusetMems: flags.text('cpuset-mems'),
      CpuShares: flags.number('cpu-shares'),
      Memory: flags.number('memory'),
      MemoryReservation: flags.number('memory-reservation'),
      MemorySwap: flags.number('memory-swap'),
      CpuPeriod: flags.number('cpu-period'),
      CpuQuota: flags.number('cpu-quota'),
      CpuRealtimePeriod: flags.number('cpu-rt-period'),
      CpuRealtimeRuntime: flags.number('cpu-rt-runtime'),
      NanoCpus: flags.number('cpus'),
      PidsLimit: pids === 0 ? null : pids,
      RestartPolicy: parseRestartPolicy(flags.text('restart')),
      ...portChanges(flags),
    };
  } catch (error) {
    throw new ExitFailure(1, messageOf(error));
  }
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const request = requestOf(flags);
  const client = await context.client();
  const warnings: string[] = [];
  const failures: string[] = [];
  for (const name of args) {
    try {
      warnings.push(...((await client.containers.update(name, request, context.signal)).Warnings ?? []));
      context.stdout.write(`${name}\n`);
    } catch (error) {
      failures.push(failureText(error));
    }
  }
  if (warnings.length > 0) context.stdout.write(`${warnings.join('\n')}\n`);
  if (failures.length > 0) throw new ExitFailure(1, failures.join('\n'));
  return 0;
}
