// @ts-check
/** Lists that are updated in place, so that focus, images and open menus stay. */

/**
 * @template Item
 * @typedef {{node: HTMLElement, update: (item: Item) => void}} Row
 */

/**
 * @template Item
 */
export class KeyedList {
  /** @type {Map<string, Row<Item>>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} container
   * @param {(item: Item) => string} keyOf
   * @param {(item: Item) => Row<Item>} makeRow
   */
  constructor(container, keyOf, makeRow) {
    this.container = container;
    this.keyOf = keyOf;
    this.makeRow = makeRow;
  }

  /**
   * Show these items in this order.
   *
   * @param {Item[]} items
   */
  show(items) {
    const keys = new Set(items.map(this.keyOf));
    for (const [key, row] of this.#rows) {
      if (!keys.has(key)) {
        row.node.remove();
        this.#rows.delete(key);
      }
    }
    items.forEach((item, index) => {
      const key = this.keyOf(item);
      let row = this.#rows.get(key);
      if (!row) {
        row = this.makeRow(item);
        this.#rows.set(key, row);
      }
      row.update(item);
      const there = this.container.children[index];
      if (there !== row.node) this.container.insertBefore(row.node, there ?? null);
    });
  }
}
