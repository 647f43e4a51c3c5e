/** What a flag is: plain data, so that a command's flags can be listed, parsed, printed and completed. */

/** How a value is read; also the word that help prints after the name (nothing for `bool`). */
export type FlagType =
  | 'bool'
  | 'string'
  | 'int'
  | 'uint'
  | 'uint16'
  | 'bytes'
  | 'decimal'
  | 'duration'
  | 'list'
  | 'strings'
  | 'map'
  | 'stringToString'
  | 'filter'
  | 'ulimit'
  | 'mount'
  | 'network'
  | 'gpu-request';

export interface FlagSpec {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** `bool` when absent. */
  readonly type?: FlagType;
  readonly usage: string;
  /** The value of a flag that is not given, as it would be typed; help prints it. */
  readonly default?: string;
  /** What help prints as the default of a type without a simple one. */
  readonly printedDefault?: string;
  /** For `bytes`: -1 is a value. */
  readonly unlimited?: true;
  /** Parsed, but left out of help. */
  readonly hidden?: true;
  /** Hidden, and its use draws a warning that ends in this advice. */
  readonly deprecated?: string;
  /** A second name of another flag: values go there. */
  readonly sameAs?: string;
  /** Berth's own, not docker's: help prints it in a section apart. */
  readonly own?: true;
}
