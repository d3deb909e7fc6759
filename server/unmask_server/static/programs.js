// @ts-check
/** Shows codes for pairing, and which programs are paired. */

import { deletePairing, fetchPairings, newCode } from "./client.js";
import { byId, html, setText } from "./dom.js";

export function offerPairing() {
  const details = byId("programs", HTMLDetailsElement);
  details.addEventListener("toggle", () => details.open && showPairings());
  byId("new-code", HTMLButtonElement).addEventListener("click", async () => {
    setText("code", await newCode());
    setText("code-note", "Enter it in the extension or the program within 10 minutes. It works once.");
  });
}

async function showPairings() {
  const items = (await fetchPairings()).map((pairing) => {
    const remove = html("button", "Remove");
    remove.type = "button";
    remove.className = "plain";
    remove.setAttribute("aria-label", `Remove ${pairing.name}`);
    remove.addEventListener("click", async () => {
      await deletePairing(pairing.id);
      await showPairings();
    });
    const since = html("small", `paired ${new Date(pairing.created).toLocaleString()}`);
    return html("li", html("span", html("strong", pairing.name), " ", since), remove);
  });
  byId("pairings", HTMLElement).replaceChildren(...items);
}
