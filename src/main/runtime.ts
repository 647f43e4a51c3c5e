/** Entry point of `berth-runtime`: the OCI runtime's command line. */
import { runRuntime } from '#runtime/cli/dispatch.ts';
import packageFile from '../../package.json' with { type: 'json' };

process.exitCode = await runRuntime({
  args: process.argv.slice(2),
  version: packageFile.version,
  print: (text) => process.stdout.write(text),
});
