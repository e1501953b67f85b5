// The films kept in memory, in the order of arrival. They are shown again when the network fails.
// Their number and total size are limited.

export const FILMS = 12, BYTES = 96 * 2 ** 20;

export class Shelf {
  films = new Map(); // descriptions of films by id, with the `blob`

  get bytes() {
    return [...this.films.values()].reduce((sum, { blob }) => sum + blob.size, 0);
  }

  has(id) {
    return this.films.has(id);
  }

  get(id) {
    return this.films.get(id);
  }

  /* Add a film at the end; remove the oldest over the limits, but none that is `inUse`. */
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

  /* Return the film `step` places after another, in a circle; undefined if there is no other. */
  beside(id, step) {
    const ids = [...this.films.keys()];
    if (ids.length < 2) return this.films.get(ids.find((each) => each !== id));
    return this.films.get(ids[(ids.indexOf(id) + step + ids.length) % ids.length]);
  }
}
