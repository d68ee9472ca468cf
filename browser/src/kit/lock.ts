/** Web Locks: one tab at a time. */

/**
 * Takes a lock for as long as the page lives; the answer lets it go, null where another tab has it.
 * Waits a moment, because a page that is just being reloaded lets go a little late. With `waitMs`
 * null it waits until the other tab is gone.
 */
export function holdLock(name: string, waitMs: number | null = 1500): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    const giveUp = new AbortController();
    const timer = waitMs === null ? undefined : setTimeout(() => giveUp.abort(), waitMs);
    navigator.locks
      .request(name, { signal: giveUp.signal }, () => {
        clearTimeout(timer);
        return new Promise<void>((release) => resolve(release));
      })
      .catch(() => resolve(null));
  });
}
