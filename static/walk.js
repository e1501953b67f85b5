// A walk's page, except for its film: copy buttons, and a reload when the walk is deleted meanwhile.

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
