/** Entry point of `berth-runtime`: the OCI runtime's command line. */
import { runRuntime } from '#runtime/cli/dispatch.ts';
import packageFile from '../../package.json' with { type: 'json' };

void runRuntime({
  args: process.argv.slice(2),
  version: packageFile.version,
  print: (text) => process.stdout.write(text),
}).then((status) => {
  process.exitCode = status;
});
