// Polling for live parts of pages. Each response says when to poll again; after an error the page polls later.

import { HIDDEN, pause } from "./backoff.js";

let timer;
let isPolling = false;
let refusals = 0;

const live = () => document.querySelector("[hx-trigger=again]");

function poll() {
  const part = live();
  if (part && !isPolling) htmx.trigger(part, "again");
}

function pollLater(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(poll, document.hidden ? Math.max(milliseconds, HIDDEN) : milliseconds);
}

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const part = live();
  if (ctx.sourceElement !== part) return;
  isPolling = true;
  if (part.dataset.known) ctx.request.headers["If-None-Match"] = `"${part.dataset.known}"`;
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!isPolling) return;
  isPolling = false;
  const isAnswered = ctx.response && ctx.response.status < 400;
  refusals = isAnswered ? 0 : refusals + 1;
  const part = live();
  if (part) pollLater(pause(refusals, ctx.response, Number(part.dataset.again)));
});
// A live part may arrive with another response, such as an uploaded photo; polling starts then.
document.addEventListener("htmx:after:swap", () => {
  if (!isPolling && live()) pollLater(Number(live().dataset.again));
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !refusals) pollLater(0);
});
// A page in the back/forward cache does not poll; it polls at once when it is shown again.
addEventListener("pagehide", () => clearTimeout(timer));
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  isPolling = false; // do not wait for a request from before
  refusals = 0;
  if (live()) pollLater(0);
});
if (live()) pollLater(Number(live().dataset.again));
