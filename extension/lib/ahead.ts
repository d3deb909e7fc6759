/**
 * The same items, each begun while the one before is worked on: a player seeks and decodes on threads of its own.
 *
 * What fails ahead is told when its turn comes; leaving early ends the items too.
 */
export async function* ahead<Item, End>(items: AsyncGenerator<Item, End>): AsyncGenerator<Item, End> {
  let coming = items.next();
  try {
    for (;;) {
      const next = await coming;
      if (next.done) return next.value;
      coming = items.next();
      coming.catch(() => undefined); // nobody may ask for it any more
      yield next.value;
    }
  } finally {
    void items.return(undefined as End); // waits until the coming one is there
  }
}
