import type { ImageRunConfig } from './images.ts';

/** The parts of a configuration that an image keeps, in the order in which Docker writes them. */
export const RUN_CONFIG_KEYS = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'ArgsEscaped',
  'Healthcheck',
  'OnBuild',
  'Shell',
] as const satisfies readonly (keyof ImageRunConfig)[];
