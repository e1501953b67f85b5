// The order and pace of a wall's pictures: which comes next, and how fast. Independent of page, network and clock.
//
// A leg is {number, count, skipped}. Its picture 0 is the last of the leg before, and is not shown twice. `has` says
// whether a picture has been fetched, and `isComing()` whether others are being fetched. The walker starts when
// enough pictures are ahead, or all that exist. Where none is ahead, it turns round and plays backwards, and turns again
// when enough new pictures are ahead. So it never stops, unless it is paused.

export const SLOWEST = 5; // pictures per second: at most a fifth of a second between two
export const USUAL = 7;
export const FASTEST = 12; // over pictures already seen, on the way to new ones
export const KEPT = 10; // how many legs back it can play
const SHORT = 6; // with so few pictures ahead, it plays at the slowest pace
const ENOUGH = 24; // with so many pictures ahead, it plays at the usual pace
const NEW = 10; // with so many new pictures ahead, it turns forward again
const SETTLE = 0.08; // the share of a change of pace that is made with each picture, so that it is not noticeable

export class Walker {
  constructor(has, isComing = () => false) {
    this.has = has;
    this.isComing = isComing;
    this.legs = new Map();
    this.at = null; // {leg, index} of the shown picture
    this.front = null; // {leg, index} of the furthest picture shown so far
    this.direction = 1;
    this.pace = USUAL;
    this.lead = 0; // the leg of the leading screen, where a new screen begins
    this.isPaused = false;
  }

  /* Add the programme's legs; remove those far behind, and return their numbers. */
  update(legs, lead) {
    this.lead = lead;
    for (const { number, count, skipped } of legs) this.legs.set(number, { number, count, skipped });
    const known = legs.map(({ number }) => number);
    const here = this.front?.leg ?? lead;
    // While this screen was suspended, the others went on; continue where they are.
    if (this.at && known.length && !this.#following(here) && Math.min(...known) > here + 1) this.at = this.front = null;
    const old = [...this.legs.keys()].sort((a, b) => a - b).filter((number) => number <= here).slice(0, -KEPT);
    old.forEach((number) => this.legs.delete(number));
    return old;
  }

  #following(number) {
    return [...this.legs.values()].filter((leg) => leg.number > number && !leg.skipped).sort((a, b) => a.number - b.number)[0];
  }

  #before(number) {
    return [...this.legs.values()].filter((leg) => leg.number < number && !leg.skipped).sort((a, b) => b.number - a.number)[0];
  }

  /* Return the picture after one, going forward; null if it has not been fetched. */
  ahead({ leg, index }) {
    const here = this.legs.get(leg);
    if (here && index + 1 < here.count) return this.has(leg, index + 1) && !here.skipped ? { leg, index: index + 1 } : null;
    const next = this.#following(leg);
    return next && this.has(next.number, 1) ? { leg: next.number, index: 1 } : null;
  }

  /* Return the picture before one; null at the first one kept. */
  behind({ leg, index }) {
    const before = this.#before(leg);
    if (index > 1 || (index === 1 && !before)) return this.has(leg, index - 1) ? { leg, index: index - 1 } : null;
    if (!before) return null;
    const last = before.count - 1 - (index === 0 ? 1 : 0); // its last picture is this leg's first
    return this.has(before.number, last) ? { leg: before.number, index: last } : null;
  }

  /* Return how many pictures are ahead, up to `most`. */
  count(from, most = ENOUGH) {
    let number = 0;
    for (let at = this.ahead(from); at && number < most; at = this.ahead(at)) number += 1;
    return number;
  }

  get isAtStop() {
    return this.at !== null && this.direction === 1 && this.at.index === (this.legs.get(this.at.leg)?.count ?? 0) - 1;
  }

  /* Go to the next picture and return it; null while it is paused or has nothing to show. */
  step() {
    if (this.at === null) return this.#begin();
    if (this.isPaused && this.isAtStop) return null;
    if (this.legs.get(this.at.leg)?.skipped) return this.#leave();
    if (this.direction === -1 && this.#isWorthTurning()) this.direction = 1;
    let next = this.direction === 1 ? this.ahead(this.at) : this.behind(this.at);
    if (!next) {
      this.direction = -this.direction;
      next = this.direction === 1 ? this.ahead(this.at) : this.behind(this.at);
    }
    if (!next) return null;
    this.#setPace();
    return this.#show(next);
  }

  #isWorthTurning() {
    return this.front === null || this.legs.get(this.front.leg)?.skipped || this.count(this.front, NEW) >= NEW;
  }

  /* Whether it plays legs that were already seen, with new pictures after them. */
  #isReturning() {
    return this.direction === 1 && this.front !== null && this.at.leg < this.front.leg && this.#isWorthTurning();
  }

  #begin() {
    const first = [...this.legs.values()].filter((leg) => leg.number >= this.lead && !leg.skipped && this.has(leg.number, 0)).sort((a, b) => a.number - b.number)[0];
    const start = first && { leg: first.number, index: 0 };
    return start && (!this.isComing() || this.count(start) >= ENOUGH) ? this.#show(start) : null;
  }

  /* Play back to the beginning of a skipped leg, and continue from there. */
  #leave() {
    const back = this.at.index > 0 && this.has(this.at.leg, this.at.index - 1);
    if (back) return this.#show({ leg: this.at.leg, index: this.at.index - 1 });
    const before = this.#before(this.at.leg);
    this.front = null;
    if (before && this.has(before.number, before.count - 1)) {
      this.at = this.front = { leg: before.number, index: before.count - 1 };
      this.direction = 1;
      return this.step();
    }
    const next = this.#following(this.at.leg);
    return next && this.has(next.number, 0) ? this.#show({ leg: next.number, index: 0 }) : null;
  }

  #setPace() {
    const ahead = this.direction === 1 ? this.count(this.at) : ENOUGH;
    const share = Math.min(1, Math.max(0, (ahead - SHORT) / (ENOUGH - SHORT)));
    const wanted = this.#isReturning() ? FASTEST : SLOWEST + share * (USUAL - SLOWEST);
    this.pace += (wanted - this.pace) * SETTLE;
  }

  #show(at) {
    this.isNew = this.front === null || at.leg > this.front.leg || (at.leg === this.front.leg && at.index > this.front.index);
    if (this.isNew) this.front = at;
    this.at = at;
    return at;
  }
}
