/**
 * The same items, each begun while the one before is worked on: a player seeks and decodes on threads of its own.
 *
 * What fails ahead is told when its turn comes.
 */
export async function* ahead<Item, End>(items: AsyncGenerator<Item, End>): AsyncGenerator<Item, End> {
  let coming = items.next();
  for (;;) {
    const next = await coming;
    if (next.done) return next.value;
    coming = items.next();
    coming.catch(() => undefined); // nobody may ask for it any more
    yield next.value;
  }
}
