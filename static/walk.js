// A walk's page besides its film: copying link, prompts, code and captions; leaving when the walk is taken down meanwhile.

async function copy({ currentTarget: button }) {
  const text = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText((text.value ?? text.textContent).trim());
    button.textContent = button.dataset.copied;
  } catch {
    if (text.select) text.select();
    else getSelection().selectAllChildren(text);
    button.textContent = button.dataset.selected;
  }
}

function start() {
  if (!navigator.clipboard) return;
  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.closest(".copy").hidden = false;
    button.onclick = copy;
  });
}

document.addEventListener("htmx:after:swap", start);
document.addEventListener("htmx:response:error", ({ detail }) => {
  if ([404, 410].includes(detail.ctx.response.status)) location.reload();
});
start();
