// The films that are kept at hand, in the order in which they came: they are shown again when the network is lost.
// However long the screen runs, it holds at most so many of them, and so many bytes.

export const FILMS = 12, BYTES = 96 * 2 ** 20;

export class Shelf {
  films = new Map(); // by id: what is told of a film, with its `blob`

  get bytes() {
    return [...this.films.values()].reduce((sum, { blob }) => sum + blob.size, 0);
  }

  has(id) {
    return this.films.has(id);
  }

  get(id) {
    return this.films.get(id);
  }

  /* Keep a film, at the end; the oldest go, but never one that is `inUse`. */
  put(film, inUse = []) {
    this.films.delete(film.id);
    this.films.set(film.id, film);
    for (const id of [...this.films.keys()]) {
      if (this.films.size <= FILMS && this.bytes <= BYTES) return;
      if (id !== film.id && !inUse.includes(id)) this.films.delete(id);
    }
  }

  drop(id) {
    this.films.delete(id);
  }

  /* The film beside another, in a circle; undefined where there is no other. */
  beside(id, step) {
    const ids = [...this.films.keys()];
    if (ids.length < 2) return this.films.get(ids.find((each) => each !== id));
    return this.films.get(ids[(ids.indexOf(id) + step + ids.length) % ids.length]);
  }
}
