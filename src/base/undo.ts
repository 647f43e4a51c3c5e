type Step = () => void | Promise<void>;

/**
 * Undo stack for creations of several steps: add an undo after each step, call {@link Undo.done} at the end.
 * Left without `done()`, the steps run backwards; a failing undo does not stop the others.
 *
 * @example
 * await using undo = new Undo();
 * await mkdir(path);
 * undo.add(() => rmdir(path));
 * undo.done();
 */
export class Undo implements AsyncDisposable {
  #steps: Step[] = [];

  add(step: Step): void {
    this.#steps.push(step);
  }

  /** Everything succeeded: forget the steps. */
  done(): void {
    this.#steps = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.reverse()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#steps = [];
    if (failures.length > 0) throw new AggregateError(failures, 'undo failed');
  }
}
