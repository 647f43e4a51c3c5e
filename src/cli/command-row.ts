/** What the tables of commands are made of. */

/** How many positional arguments a command takes; `most` absent: any number. The kind decides the words of the complaint. */
export type ArgumentRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'any' }
  | { readonly kind: 'exactly'; readonly count: number }
  | { readonly kind: 'at-least'; readonly least: number }
  | { readonly kind: 'at-most'; readonly most: number }
  | { readonly kind: 'range'; readonly least: number; readonly most: number };

export interface CommandRow {
  /** Where the command stands: at the top, in a group, or both. The first is its id. */
  readonly names: readonly [string, ...string[]];
  /** All ways to call it, in the order that help prints them. */
  readonly aliases?: readonly string[];
  /** Ways to call it that help does not tell. */
  readonly hiddenNames?: readonly string[];
  /** Usage after the name. */
  readonly use: string;
  readonly summary: string;
  /** Help's opening where it is longer than the summary. */
  readonly description?: string;
  readonly args: ArgumentRule;
  /** False: flags end at the first argument. */
  readonly interspersed?: false;
  /** Berth's own, not docker's. */
  readonly own?: true;
  /** Left out of lists: programs call it, not people. */
  readonly hidden?: true;
}

export interface GroupRow {
  readonly name: string;
  readonly summary: string;
  /** What complaints print behind the name; docker does so for some groups only. */
  readonly use?: string;
  /** Berth's own, not docker's. */
  readonly own?: true;
}

/** A command of docker's that Berth does not have yet; it is listed, and refused by name. */
export interface UnavailableRow extends GroupRow {
  readonly section: 'command' | 'management' | 'swarm';
  /** What it belongs to, for the refusal. */
  readonly topic: string;
}

export const NONE: ArgumentRule = { kind: 'none' };
export const ANY: ArgumentRule = { kind: 'any' };
export const exactly = (count: number): ArgumentRule => ({ kind: 'exactly', count });
export const atLeast = (least: number): ArgumentRule => ({ kind: 'at-least', least });
export const atMost = (most: number): ArgumentRule => ({ kind: 'at-most', most });
export const range = (least: number, most: number): ArgumentRule => ({ kind: 'range', least, most });
