// The pictures of a wall: fetched ahead in order, a few at a time, stored as blobs, and decoded shortly before use.

const AT_ONCE = 4;
const DECODED = 24; // the most decoded pictures in memory
const PATIENCE = 10_000;

export class Frames {
  constructor() {
    this.files = new Map(); // by leg and index
    this.decoded = new Map(); // in order of last use
    this.wanted = [];
    this.busy = new Set();
  }

  #key(leg, index) {
    return `${leg}/${index}`;
  }

  has(leg, index) {
    return this.files.has(this.#key(leg, index));
  }

  /* Whether pictures are being fetched. */
  get isFetching() {
    return this.busy.size > 0;
  }

  /* Fetch pictures in order, except those already fetched: `[{leg, index, address}]`. */
  want(list) {
    this.wanted = list.filter(({ leg, index }) => !this.has(leg, index) && !this.busy.has(this.#key(leg, index)));
    while (this.busy.size < AT_ONCE && this.wanted.length) this.#fetch(this.wanted.shift());
  }

  async #fetch({ leg, index, address }) {
    const key = this.#key(leg, index);
    this.busy.add(key);
    try {
      const reply = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
      if (reply.ok) this.files.set(key, await reply.blob());
    } catch {
      // The programme is fetched again in a second, and will contain it again.
    } finally {
      this.busy.delete(key);
      const next = this.wanted.shift();
      if (next) this.#fetch(next);
    }
  }

  /* Decode a picture if its file has been fetched. */
  async decode(leg, index) {
    const key = this.#key(leg, index);
    if (this.decoded.has(key) || !this.files.has(key)) return;
    this.decoded.set(key, null);
    try {
      const picture = await createImageBitmap(this.files.get(key));
      if (this.decoded.has(key)) this.decoded.set(key, picture);
      else picture.close();
    } catch {
      this.decoded.delete(key);
      this.files.delete(key); // an incomplete file; fetch it again
    }
    while (this.decoded.size > DECODED) {
      const [oldest, picture] = this.decoded.entries().next().value;
      picture?.close();
      this.decoded.delete(oldest);
    }
  }

  /* Return a decoded picture; null if it is not decoded. */
  take(leg, index) {
    const key = this.#key(leg, index);
    const picture = this.decoded.get(key) ?? null;
    if (picture) {
      this.decoded.delete(key);
      this.decoded.set(key, picture);
    }
    return picture;
  }

  forget(legs) {
    const gone = new Set(legs.map(String));
    for (const key of this.files.keys()) if (gone.has(key.split("/")[0])) this.files.delete(key);
  }
}
