/**
 * Does `work` on each item, `most` at a time, and gives the results in the order of the items. Items are asked for no
 * sooner than they are worked on. After an error, or when it is left early, what is under way is waited for.
 */
export async function* inOrder<In, Out>(
  items: AsyncIterable<In>,
  most: number,
  work: (item: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const underWay: Promise<Out>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // Heard of when its turn comes; until then it is no failure that nobody handles.
      result.catch(() => undefined);
      underWay.push(result);
      if (underWay.length >= most) yield await underWay.shift()!;
    }
    while (underWay.length > 0) yield await underWay.shift()!;
  } finally {
    await Promise.allSettled(underWay);
  }
}
