// The player on a walk's page. While the walk is generated, it plays the pictures that exist, and keeps its position
// when more arrive. When the walk is finished, it switches to the video, and the line below becomes the scrubber.

const { ahead, begun, between, follow, inWords, makeVideo, moveCursor, moved, nearest, shownAt, tickOf, ticks, turnAt } = await import(
  document.getElementById("reel").href
);

const still = matchMedia("(prefers-reduced-motion: reduce)");
const saving = matchMedia("(prefers-reduced-data: reduce)").matches || navigator.connection?.saveData;
const LONGEST = 0.25; // the largest time step in seconds, so that a suspended page continues where it was
const CALM = 1000 / 6; // milliseconds between pictures; slow enough that no film flashes (worker/film/flash_safety.py)
const READY = 3; // HAVE_FUTURE_DATA

const fill = (words, turn, count) => words.replace("{turn}", turn).replace("{count}", count);

class Player {
  playing = !still.matches && !saving;
  tick = 0;
  at = -1; // the index of the shown picture
  lead = 0; // by how many places it was shown early
  changed = -CALM; // when the picture last changed
  loaded = new Map(); // pictures by address, kept so that the browser does not discard them
  button = Object.assign(document.createElement("button"), { type: "button", className: "link" });
  blend = document.createElement("span");
  count = Object.assign(document.createElement("span"), { className: "quiet count" });
  large = Object.assign(document.createElement("button"), { type: "button", className: "link enlarge" });

  constructor() {
    this.button.addEventListener("click", (event) => this.toggle(event));
    this.large.addEventListener("click", () => enlarge(!isLarge()));
  }

  /* Read the page's reel and picture, at first and after each update of the page. */
  take(way, picture) {
    if (picture !== this.picture) this.takePicture(picture);
    picture.closest(".frame").append(this.large); // an update of the page has removed it
    if (way.dataset.reel === this.json && way === this.way) return;
    this.way = way;
    this.takeReel(way.dataset.reel);
  }

  takePicture(picture) {
    this.picture = picture;
    this.image = picture.querySelector("img");
    this.shown = "";
    picture.setAttribute("hx-morph-skip", ""); // the player controls the picture from now on
    picture.querySelectorAll("source").forEach((source) => source.remove());
    picture.addEventListener("click", (event) => this.toggle(event));
    picture.addEventListener("dblclick", () => enlarge(!isLarge()));
  }

  takeReel(json) {
    const earlier = this.reel;
    this.json = json;
    this.reel = JSON.parse(json);
    this.last = this.reel.stills.length - 1;
    this.at = this.reel.stills.indexOf(earlier?.stills[this.at]);
    this.image.alt = this.reel.alt;
    if (earlier) this.tick = moved(earlier, this.reel, this.tick);
    else if (still.matches) this.tick = tickOf(this.reel, Math.floor((this.reel.count - 1) / 2));
    this.lead = this.at < 0 ? 0 : Math.max(0, ahead(this.reel, this.at, this.tick));
    this.way.querySelector(".player").replaceChildren(this.button);
    this.nameLarge();
    this.button.hidden = this.last < 1;
    if (this.reel.isFinished) this.finish();
    else this.load();
    this.draw();
    this.turn(this.playing);
  }

  address(index) {
    return `${this.reel.base}${this.reel.stills[index]}.png`;
  }

  load() {
    this.reel.stills.forEach((_, index) => {
      const address = this.address(index);
      if (this.loaded.has(address)) return;
      const picture = new Image();
      this.loaded.set(address, picture);
      picture.src = address;
      picture.decode().then(() => { picture.isDecoded = true; if (!this.shown) this.draw(); }, () => this.loaded.delete(address));
    });
  }

  /* Return the indices of decoded pictures; of a finished walk that is paused or has no film, of all pictures. */
  candidates() {
    const all = this.reel.stills.map((_, index) => index);
    const decoded = all.filter((index) => this.loaded.get(this.address(index))?.isDecoded);
    return this.reel.isFinished && (!this.video || !this.playing || !decoded.length) ? all : decoded;
  }

  /* Show the picture for the current tick. */
  draw() {
    const available = this.candidates();
    if (!available.length) return;
    const index = available[shownAt(this.reel, available.map((each) => this.reel.turns[each]), this.tick)];
    if (!this.playing) this.stayAt(index);
    else if (this.isHeldBack(index) || this.isTooSoon(index)) return;
    this.lead = Math.max(0, ahead(this.reel, index, this.tick));
    this.at = index;
    if (this.shown === this.address(index)) return;
    this.image.src = this.shown = this.address(index);
    this.changed = performance.now();
  }

  /* Return whether the picture would come too soon: an unfinished film is not yet checked for flashes. */
  isTooSoon(index) {
    return !this.reel.isFinished && this.shown !== this.address(index) && performance.now() - this.changed < CALM;
  }

  /* Return whether the picture would move the film back: it is new, and before one that was shown early. */
  isHeldBack(index) {
    if (this.at < 0) return false;
    const [before, now] = [ahead(this.reel, index, this.tick), ahead(this.reel, this.at, this.tick)];
    return now > 0 && now <= this.lead && before < now;
  }

  /* Move exactly to the shown picture, so that it stays the same when more pictures arrive. */
  stayAt(index) {
    if (!this.reel.music) this.tick = tickOf(this.reel, this.reel.turns[index], this.tick); // a picture may rest for long
    this.updateLinks(index);
  }

  /* Advance the pictures with each animation frame, until the video has taken over. */
  run = (now) => {
    const passed = Math.min(LONGEST, (now - (this.before ?? now)) / 1000);
    this.before = now;
    this.request = 0;
    if (!this.playing || this.isFilming || !this.image.isConnected) { this.before = undefined; return; }
    this.tick = (this.tick + passed * this.reel.fps) % ticks(this.reel);
    this.draw();
    this.showPosition();
    this.requestFrame();
  };

  requestFrame() {
    this.request ||= requestAnimationFrame(this.run);
  }

  turn(playing) {
    this.playing = playing;
    this.button.textContent = playing ? this.way.dataset.pause : this.way.dataset.play;
    if (playing) this.play();
    else this.pause();
  }

  nameLarge() {
    this.large.textContent = isLarge() ? this.way.dataset.leave : this.way.dataset.full;
  }

  toggle(event) {
    event.preventDefault();
    const isOver = this.reel.ending === "stop" && turnAt(this.reel, this.tick) === this.reel.count - 1;
    if (!this.playing && isOver) this.tick = 0;
    this.turn(!this.playing);
  }

  play() {
    if (this.isFilming) return;
    this.requestFrame();
    if (!this.video) return;
    this.video.preload = "auto";
    this.startVideo();
  }

  /* Start the video at the pictures' position; the pictures continue until it plays. */
  startVideo() {
    if (this.video.readyState < READY) return;
    this.video.currentTime = (Math.floor(this.tick) + 0.5) / this.reel.fps;
    this.video.play().catch((error) => { if (error.name === "NotAllowedError") this.turn(false); });
  }

  pause() {
    const { video } = this;
    this.isFilming = false;
    video?.pause();
    this.draw();
    this.showPosition();
    if (video) this.image.decode().catch(() => {}).then(() => { video.hidden = !this.isFilming; });
  }

  /* Add the video of a finished walk, and turn the line into a scrubber. */
  finish() {
    if (this.reel.film) this.addVideo();
    this.way.querySelector(".no-script")?.remove();
    this.way.querySelector(".player").append(this.count, this.blend);
    this.blend.style.flex = "1 1 0"; // long names wrap in place, so that the layout does not shift
    this.ruler = this.way.querySelector(".ruler");
    this.range = makeRange(this);
    this.ruler.prepend(this.range);
    this.showPosition();
    if (this.reel.music) import(this.way.dataset.music).then(({ offerSound }) => offerSound(this));
  }

  addVideo() {
    const video = makeVideo(this.reel.film, this.playing ? "auto" : "none");
    this.video = video;
    video.hidden = true;
    video.addEventListener("canplay", () => { if (this.playing && !this.isFilming && video.paused) this.startVideo(); });
    video.addEventListener("playing", () => { if (this.playing) { this.isFilming = true; video.hidden = false; } });
    video.addEventListener("error", () => { video.remove(); this.video = null; this.isFilming = false; this.turn(this.playing); });
    this.picture.append(video);
    follow(video, (time) => {
      if (!this.isFilming) return;
      this.tick = time * this.reel.fps + 0.01;
      this.showPosition();
    });
  }

  /* Show the film's position on the line and in words. */
  showPosition() {
    if (!this.range) return;
    const { names, positions, count } = this.reel;
    const turn = turnAt(this.reel, this.tick);
    if (this.shownTurn === turn) return;
    this.shownTurn = turn;
    const words = inWords(between(names, positions[this.pictureAt(turn)]));
    moveCursor(this.ruler, 100 * this.shareAt(turn), 5);
    this.range.value = turn;
    this.range.setAttribute("aria-valuetext", `${words}, ${this.inFilm("frameSaid", turn)}`);
    this.blend.textContent = words;
    this.count.textContent = this.inFilm("frame", turn);
    document.dispatchEvent(new CustomEvent("film:moved", { detail: turn / this.reel.fps }));
  }

  /* Say where in the film a turn is: its number, or its second where the film is set to music. */
  inFilm(words, turn) {
    const { music, count, fps } = this.reel;
    return music ? fill(this.way.dataset[words], Math.floor(turn / fps), Math.round(music.seconds)) : fill(this.way.dataset[words], turn + 1, count);
  }

  /* Return the index of the picture that is shown at a turn, and the turn at which one is shown first. */
  pictureAt(turn) { return this.reel.music ? begun(this.reel.turns, turn) : turn; }

  turnOf(index) { return this.reel.music ? this.reel.turns[Math.min(this.last, Math.max(0, index))] : index; }

  /* Return where on the line a turn is: the line is the walk, or the time where the film is set to music. */
  shareAt(turn) {
    const { music, positions, names, count } = this.reel;
    return music ? turn / count : positions[turn] / (names.length - 1);
  }

  updateLinks(index) {
    const [alone, ...others] = ["alone", "making", "alike", "larger"].map((id) => document.getElementById(id));
    for (const link of others) if (link) link.href = link.href.replace(/\d+$/, index);
    if (!alone) return;
    alone.href = `${this.reel.alone}${index}.png`;
    alone.download = `${location.pathname.split("/").pop()}-${index}.png`;
    alone.firstElementChild.textContent = this.way.dataset.alone;
    alone.lastElementChild.textContent = "PNG";
  }

  /* Pause at the next frame of a finished walk, or the previous one. */
  step(by) {
    if (this.range) this.to(this.beside(by));
  }

  /* Return the turn of the next picture, or of the previous one. */
  beside(by) {
    const { music, turns } = this.reel, now = turnAt(this.reel, this.tick);
    if (!music) return now + by;
    if (by > 0) return turns.find((turn) => turn > now) ?? now;
    return turns.findLast((turn) => turn < turns[this.pictureAt(now)]) ?? 0; // pictures that are left out share a turn
  }

  /* Go to a turn, and pause there. */
  to(turn) {
    this.tick = tickOf(this.reel, Math.min(this.reel.count - 1, Math.max(0, turn)));
    this.turn(false);
    if (this.video) this.video.hidden = true;
  }
}

/* Return the scrubber: keys step through the frames, and a pointer goes to the nearest frame. */
function makeRange(player) {
  const { positions, names, count, music, fps } = player.reel;
  const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: count - 1, step: 1 });
  range.setAttribute("aria-label", player.way.dataset.place);
  const stop = (position) => player.turnOf(nearest(positions, position));
  const turn = () => turnAt(player.reel, player.tick);
  const position = () => positions[player.pictureAt(turn())];
  const beats = music?.beats.map((beat) => Math.floor(beat * fps + 0.5)) ?? [];
  const keys = {
    ArrowLeft: () => player.beside(-1), ArrowDown: () => player.beside(-1), ArrowRight: () => player.beside(1), ArrowUp: () => player.beside(1),
    PageUp: () => (beats.length ? (beats.find((beat) => beat > turn()) ?? count - 1) : stop(Math.floor(position() + 1e-6) + 1)),
    PageDown: () => (beats.length ? (beats.findLast((beat) => beat < turn()) ?? 0) : stop(Math.ceil(position() - 1e-6) - 1)),
    Home: () => 0, End: () => count - 1,
  };
  let isDragging = false;
  const point = ({ clientX }) => {
    const { left, width } = player.ruler.getBoundingClientRect();
    const share = (clientX - left) / width;
    player.to(music ? Math.floor(share * count) : stop(share * (names.length - 1)));
  };
  range.addEventListener("pointerdown", (event) => { isDragging = event.button === 0; if (isDragging) point(event); });
  range.addEventListener("pointermove", (event) => isDragging && point(event));
  ["pointerup", "pointercancel", "lostpointercapture"].forEach((name) => range.addEventListener(name, () => { isDragging = false; }));
  // The browser moves the thumb in equal steps, but the frames' positions are uneven.
  range.addEventListener("input", () => { if (isDragging) range.value = turn(); else player.to(range.valueAsNumber); });
  range.addEventListener("change", () => { range.value = turn(); });
  range.addEventListener("keydown", (event) => {
    if (event.key === " ") player.toggle(event);
    else if (keys[event.key] && !event.altKey && !event.ctrlKey && !event.metaKey) { event.preventDefault(); player.to(keys[event.key]()); }
  });
  return range;
}

let player = null;

/* The whole screen shows the picture and its controls. Where a browser has no full screen, the whole window does. */
const root = document.documentElement;
const isLarge = () => root.classList.contains("full");

function enlarge(isWanted) {
  root.classList.toggle("full", isWanted);
  player?.nameLarge();
  if (isWanted) root.requestFullscreen?.().then(leaveUnwanted, () => {});
  else leaveUnwanted();
}

/* Leave the browser's full screen unless it is wanted: it comes late, and may no longer be when it does. */
function leaveUnwanted() {
  if (!isLarge() && document.fullscreenElement) document.exitFullscreen();
}

document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) enlarge(false); });

/* Go to the walk beside this one in the gallery ("next" or "prev"); a full screen stays full. */
async function go(where) {
  const link = document.querySelector(`#walk a[rel=${where}]`);
  if (!link) return;
  const answer = isLarge() && (await fetch(link.href).catch(() => null));
  if (!answer?.ok) { location.href = link.href; return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.title = page.title;
  isOther = true;
  history.pushState(null, "", new URL(page.querySelector("link[rel=canonical]").href).pathname);
  player = null;
  document.dispatchEvent(new Event("htmx:after:swap"));
}

let isOther = false; // whether another walk took this one's place; links within the page change its state too
window.addEventListener("popstate", () => isOther && location.reload());

const LETTERS = "letters"; // the local setting that turns off keys that are letters (WCAG 2.1.4)
const letters = { f: () => enlarge(!isLarge()), n: () => go("next"), p: () => go("prev"), m: () => document.getElementById("sound")?.click() };
const keys = {
  " ": (event) => player.toggle(event), ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1),
  Escape: () => isLarge() && enlarge(false),
};

function hasLetters() {
  try { return localStorage.getItem(LETTERS) !== "off"; } catch { return true; }
}

function offerKeys() {
  const list = document.getElementById("keys");
  if (!list) return;
  list.hidden = false;
  const tick = list.querySelector("input");
  tick.checked = hasLetters();
  tick.onchange = () => { try { localStorage.setItem(LETTERS, tick.checked ? "on" : "off"); } catch { /* not kept */ } };
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const isTaken = target.closest("input, textarea, select, [contenteditable]") || (key === " " && target.closest("button, summary, a"));
  if (!player?.image.isConnected || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken) return;
  const act = keys[key] ?? (hasLetters() ? letters[key.toLowerCase()] : null);
  if (!act) return;
  if (key !== "Escape") event.preventDefault();
  act(event);
});

function start() {
  const [way, picture] = [document.querySelector("#walk .way[data-reel]"), document.querySelector("#walk picture.film")];
  if (!way || !picture) return;
  player ??= new Player();
  player.take(way, picture);
  offerKeys();
}

// After the back/forward cache has restored the page, continue a video that the browser had paused.
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted || !player?.playing) return;
  if (player.video?.paused) player.isFilming = false;
  player.play();
});
window.addEventListener("beforeprint", () => { if (player?.range) player.to(player.turnOf(nearest(player.reel.positions, (player.reel.names.length - 1) / 2))); });
document.addEventListener("htmx:after:swap", start);
start();
