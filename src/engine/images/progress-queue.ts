/**
 * What work reports through a callback, as something to iterate over.
 *
 * @param work gets the callback; its failure is thrown after what it reported
 */
export async function* reportsOf<T>(work: (report: (item: T) => void) => Promise<void>): AsyncGenerator<T, void> {
  const queue: T[] = [];
  let wake = Promise.withResolvers<void>();
  let over = false;
  const done = work((item) => {
    queue.push(item);
    wake.resolve();
  }).finally(() => {
    over = true;
    wake.resolve();
  });
  // Its failure is thrown below; until then nobody listens.
  done.catch(() => {});
  for (;;) {
    while (queue.length > 0) yield queue.shift()!;
    if (over) break;
    await wake.promise;
    wake = Promise.withResolvers<void>();
  }
  await done;
}
