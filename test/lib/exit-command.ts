/** What a keeper runs in tests when nobody watches: `node exit-command.ts ROOT ID`. */
import { isBerthError } from '#base/errors.ts';
import { openCore } from '#engine/open-core.ts';
import { recordExit } from '#engine/record-exit.ts';

const [root = '', id = ''] = process.argv.slice(2);
const core = openCore({ root, exitCommand: [process.execPath, import.meta.filename, root] });
try {
  await recordExit(core.context, id);
} catch (error) {
  if (!isBerthError(error, 'not-found')) throw error;
} finally {
  await core.close();
}
