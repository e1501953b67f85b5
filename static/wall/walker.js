// The way of a wall: which picture comes next, and when. Knows no page, no network and no clock of its own.
//
// A leg is {number, count, skipped}; its picture 0 is the last of the leg before, and is not shown twice. What is at hand
// is asked of `has(leg, index)`, and of `isComing()` whether more is on its way: it begins when a store lies ahead, or
// all that there is. Where nothing lies ahead the wall turns round and walks back where it has been, and turns again as
// soon as there is something new ahead; so it never stands still, but where somebody paused it.

export const SLOWEST = 5; // pictures a second: a fifth of a second between two, and no more
export const USUAL = 7;
export const FASTEST = 12; // back to what is new, over what was seen already
export const KEPT = 10; // legs that can be walked back
const SHORT = 6; // pictures ahead with which it walks as slowly as it may,
const ENOUGH = 24; // and with which it walks as usual
const NEW = 10; // pictures ahead for which it is worth turning again
const SETTLE = 0.08; // of the way to another pace that is taken with each picture: nobody sees it change

export class Walker {
  constructor(has, isComing = () => false) {
    this.has = has;
    this.isComing = isComing;
    this.legs = new Map();
    this.at = null; // {leg, index} of what is shown
    this.front = null; // the furthest it ever was
    this.direction = 1;
    this.pace = USUAL;
    this.lead = 0; // where others are; who comes begins there
    this.isPaused = false;
  }

  /* Take up what the programme says; legs that are long behind are forgotten, and their numbers returned. */
  learn(legs, lead) {
    this.lead = lead;
    for (const { number, count, skipped } of legs) this.legs.set(number, { number, count, skipped });
    const known = legs.map(({ number }) => number);
    const here = this.front?.leg ?? lead;
    // Others walked on while this screen slept: it goes on where they are.
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

  /* The picture after one, going forward; null where it is not at hand. */
  ahead({ leg, index }) {
    const here = this.legs.get(leg);
    if (here && index + 1 < here.count) return this.has(leg, index + 1) && !here.skipped ? { leg, index: index + 1 } : null;
    const next = this.#following(leg);
    return next && this.has(next.number, 1) ? { leg: next.number, index: 1 } : null;
  }

  /* The picture before one; null at the beginning of what is kept. */
  behind({ leg, index }) {
    const before = this.#before(leg);
    if (index > 1 || (index === 1 && !before)) return this.has(leg, index - 1) ? { leg, index: index - 1 } : null;
    if (!before) return null;
    const last = before.count - 1 - (index === 0 ? 1 : 0); // its last is our first
    return this.has(before.number, last) ? { leg: before.number, index: last } : null;
  }

  /* How many pictures lie ahead, up to `most`. */
  count(from, most = ENOUGH) {
    let number = 0;
    for (let at = this.ahead(from); at && number < most; at = this.ahead(at)) number += 1;
    return number;
  }

  get isAtStop() {
    return this.at !== null && this.direction === 1 && this.at.index === (this.legs.get(this.at.leg)?.count ?? 0) - 1;
  }

  /* Go on to the next picture and return it; null while it stands still or has nothing to show. */
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

  /* Whether it walks over legs that were seen already, with something new beyond them. */
  #isReturning() {
    return this.direction === 1 && this.front !== null && this.at.leg < this.front.leg && this.#isWorthTurning();
  }

  #begin() {
    const first = [...this.legs.values()].filter((leg) => leg.number >= this.lead && !leg.skipped && this.has(leg.number, 0)).sort((a, b) => a.number - b.number)[0];
    const start = first && { leg: first.number, index: 0 };
    return start && (!this.isComing() || this.count(start) >= ENOUGH) ? this.#show(start) : null;
  }

  /* Walk back out of a leg that is left out, and on from where it began. */
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
