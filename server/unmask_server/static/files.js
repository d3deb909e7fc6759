// @ts-check
/** The list of files: those on their way and those of the history. */

import { byId, html } from "./dom.js";
import { stateWords } from "./words.js";

/** @typedef {import("./types.js").Job} Job */

/**
 * One file of the list.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {File | null} file null where only its result is left
 * @property {Job | null} job null until the server has it
 * @property {number} share of the file that the server has
 * @property {string} problem why it could not be sent; empty if it could
 * @property {AbortController} running
 */

/** @param {string} name @param {File | null} file @param {Job | null} job @returns {Entry} */
export const entryOf = (name, file, job) => ({ name, file, job, share: 0, problem: "", running: new AbortController() });

export class FileList {
  /** @param {(entry: Entry) => void} onShow @param {(entry: Entry) => void} onDelete */
  constructor(onShow, onDelete) {
    this.onShow = onShow;
    this.onDelete = onDelete;
    /** @type {Entry[]} newest first */
    this.entries = [];
    /** @type {Entry | null} */
    this.shown = null;
    /** @type {Map<Entry, HTMLLIElement>} */
    this.items = new Map();
  }

  /** @param {Entry[]} entries newest first */
  add(entries) {
    this.entries.unshift(...entries);
    byId("files", HTMLElement).prepend(...entries.map((entry) => this.item(entry)));
    this.update();
  }

  /** @param {Entry} entry */
  remove(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    const item = this.items.get(entry);
    const next = item?.nextElementSibling ?? item?.previousElementSibling;
    const hadFocus = item?.contains(document.activeElement);
    item?.remove();
    this.items.delete(entry);
    if (hadFocus) (next?.querySelector("button") ?? byId("file", HTMLInputElement)).focus();
    this.update();
  }

  /** Show the newest state of all files. */
  update() {
    byId("files-card", HTMLElement).hidden = this.entries.length === 0;
    for (const [entry, item] of this.items) {
      const { kind, words } = stateWords(entry);
      item.dataset.kind = kind;
      const state = /** @type {Element} */ (item.querySelector(".state"));
      if (state.textContent !== words) state.textContent = words;
      if (entry === this.shown) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    }
  }

  /** @param {Entry} entry */
  item(entry) {
    const name = html("span", entry.name || "unnamed");
    name.className = "name";
    const state = html("span");
    state.className = "state";
    const show = html("button", name, state);
    const remove = html("button", "Delete");
    show.type = remove.type = "button";
    show.className = "show";
    remove.className = "plain";
    remove.setAttribute("aria-label", `Delete ${entry.name || "unnamed"}`);
    show.addEventListener("click", () => this.onShow(entry));
    remove.addEventListener("click", () => this.onDelete(entry));
    const item = html("li", show, remove);
    this.items.set(entry, item);
    return item;
  }
}
