import { Duplex } from 'node:stream';

/**
 * A stream that can be handed out before the one behind it exists. What is written meanwhile waits; `end()` reaches the
 * stream behind it as its half-close.
 */
export class DeferredDuplex extends Duplex {
  readonly #target = Promise.withResolvers<Duplex>();
  #connected: Duplex | undefined;

  constructor() {
    super({ allowHalfOpen: true });
    // Nobody may be waiting when the target fails to come.
    this.#target.promise.catch(() => undefined);
  }

  /** Joins the stream behind this one; both end and fail together from now on. */
  connect(target: Duplex): void {
    if (this.destroyed) {
      target.destroy();
      return;
    }
    this.#connected = target;
    // It may be over already: a socket whose peer closed without a word ends although nobody reads from it.
    if (target.readableEnded || target.destroyed) this.push(null);
    target.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) target.pause();
    });
    target.once('end', () => this.push(null));
    target.once('error', (error) => this.destroy(error));
    target.once('close', () => {
      if (!target.readableEnded) this.push(null);
    });
    this.#target.resolve(target);
  }

  /** The stream behind it never comes: ends the readable side, swallows what is written. */
  abandon(): void {
    this.#target.reject(new Error('abandoned'));
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    this.#connected?.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const write = (target: Duplex) => {
      if (target.destroyed || target.writableEnded) done();
      // A peer that went away takes no more input; that is no error of the writer's.
      else target.write(chunk, encoding, () => done());
    };
    if (this.#connected !== undefined) write(this.#connected);
    else this.#target.promise.then(write, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#target.promise.then(
      (target) => {
        target.end();
        done();
      },
      () => done(),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connected?.destroy();
    this.#target.reject(new Error('destroyed'));
    done(error);
  }
}
