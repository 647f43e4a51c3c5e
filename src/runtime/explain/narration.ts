import type { PlanOp, Side, Slot } from '#sys/keeper/plan.ts';

/** The parts of an explanation, in the order in which they are printed. */
export const TOPICS = [
  'Namespaces',
  'Id maps',
  'Control groups',
  'Filesystem',
  'Network',
  'Security',
  'Process',
] as const;

export type Topic = (typeof TOPICS)[number];

/** A mount or file that a slot stands for, told about when something is done with it. */
export interface SlotStory {
  /** `tmpfs`, `bind of /srv`. */
  what: string;
  readonly details: string[];
  /** The op has not been told yet: it will be with the attach. */
  pending: boolean;
}

/** Sentences in the making: what has been told, and what the slots hold at this point of the plan. */
export class Narration {
  readonly #lines = new Map<Topic, string[]>(TOPICS.map((topic) => [topic, []]));
  readonly #slots = new Map<Slot, SlotStory>();
  /** Ops that only order others or let go of descriptors. */
  plumbing = 0;

  tell(topic: Topic, side: Side, sentence: string): void {
    this.#lines.get(topic)?.push(`${WHEN[side]}${sentence}`);
  }

  fill(slot: Slot, what: string, pending: boolean, details: readonly string[] = []): void {
    this.#slots.set(slot, { what, details: [...details], pending });
  }

  story(slot: Slot): SlotStory {
    return this.#slots.get(slot) ?? { what: `descriptor ${slot}`, details: [], pending: false };
  }

  /** Stories that nobody has told: a detached mount that is never attached. */
  finish(): void {
    for (const story of this.#slots.values()) {
      if (story.pending) this.tell('Filesystem', 'child', `make ${withDetails(story)}`);
    }
  }

  lines(topic: Topic): readonly string[] {
    return this.#lines.get(topic) ?? [];
  }
}

/** The name of what lies at a place: a path on the host, in the container, or what a slot stands for. */
export function nameOf(narration: Narration, at: Extract<PlanOp, { op: 'mkdir' }>['at']): string {
  if (at.root === undefined) return at.path;
  const { what } = narration.story(at.root);
  if (at.path === '') return what;
  return what === ROOT ? (at.path.startsWith('/') ? at.path : `/${at.path}`) : `${at.path} in ${what}`;
}

/** What the slot of the root file system is called. */
export const ROOT = "the container's root";

export function withDetails({ what, details }: Pick<SlotStory, 'what' | 'details'>): string {
  return details.length === 0 ? what : `${what} (${details.join('; ')})`;
}

const WHEN: Readonly<Record<Side, string>> = {
  before: '',
  middle: '',
  parent: '',
  child: '',
  started: 'once it runs: ',
  cleanup: 'afterwards: ',
};
