/** `system fsck`: Berth's own. */
import { isBerthError } from '#base/errors.ts';
import { parseReference } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { registryConfigFor } from '../registry-auth.ts';
import { renderRows, row } from '../render/rows.ts';

const HEADER: Readonly<Record<string, string>> = {
  Code: 'CODE',
  Subject: 'SUBJECT',
  Message: 'MESSAGE',
  Repaired: 'REPAIRED',
};
const TABLE = 'table {{.Code}}\t{{.Subject}}\t{{.Message}}\t{{.Repaired}}';

/** Status 1 when something is wrong and stays so. */
export async function run(context: Context, { flags, path }: Invocation): Promise<number> {
  const client = await context.client();
  const repair = flags.bool('repair');
  let findings: Awaited<ReturnType<typeof client.system.check>>['Findings'];
  try {
    // Blobs that are lost may come from private registries.
    const images = repair ? await client.images.list({ all: true }, context.signal) : [];
    const references = images.flatMap(({ RepoDigests }) => RepoDigests.map(parseReference));
    const registryConfig = await registryConfigFor(context, references);
    ({ Findings: findings } = await client.system.check({ repair, registryConfig }, context.signal));
  } catch (error) {
    if (isBerthError(error, 'not-found'))
      throw new ExitFailure(1, `${path}: the engine at ${client.endpoint} cannot check itself`);
    throw error;
  }
  const format = flags.text('format') || 'table';
  if (findings.length > 0 || format !== 'table') {
    const rows = findings.map(({ Code, Subject, Message, Repaired }) =>
      row('*berth.Finding', {
        Code: () => Code,
        Subject: () => Subject,
        Message: () => Message,
        Repaired: () => Repaired,
      }),
    );
    context.stdout.write(renderRows(format === 'table' ? TABLE : format, HEADER, rows));
  } else context.stdout.write('The database and the disk agree.\n');
  return findings.every((finding) => finding.Repaired) ? 0 : 1;
}
