// @ts-check
/** Keeps a painting in the browser's own store, so that a closed tab loses nothing. */

/** @typedef {import("./painting.js").Painting} Painting */
/**
 * @typedef {object} Saved
 * @property {number} width
 * @property {number} height
 * @property {number} seed
 * @property {number} strokes
 * @property {Uint16Array} data
 * @property {Uint16Array} dryAt
 */

const DATABASE = "nst-jax-paintings";
const STORE = "paintings";
/** Paintings kept at most; the oldest go first. */
const KEPT = 6;
/** Milliseconds without a stroke until the painting is kept. */
const PAUSE = 700;

export class Autosave {
  /**
   * @param {Painting} painting
   * @param {string} key what the painting belongs to
   */
  constructor(painting, key) {
    this.painting = painting;
    this.key = key;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.off = painting.on("change", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.save(), PAUSE);
    });
    this.hide = () => {
      if (document.visibilityState === "hidden") void this.save();
    };
    document.addEventListener("visibilitychange", this.hide);
  }

  /** Keep the painting now; a browser that forbids its store keeps nothing, which is no reason to stop painting. */
  async save() {
    clearTimeout(this.timer);
    const { surface, seed } = this.painting;
    /** @type {Saved} */
    const saved = {
      width: surface.width,
      height: surface.height,
      seed,
      strokes: surface.strokes,
      data: surface.data.slice(),
      dryAt: surface.dryAt.slice(),
    };
    try {
      const store = await open("readwrite");
      await done(store.put({ key: this.key, at: Date.now(), saved }));
      const all = await done(store.index("at").getAllKeys());
      for (const old of all.slice(0, Math.max(0, all.length - KEPT))) store.delete(old);
      this.painting.emit("saved");
    } catch (error) {
      this.painting.emit("unsaved", error);
    }
  }

  /** @returns {Promise<boolean>} whether a painting of the same size was found and put back */
  async restore() {
    try {
      const entry = await done((await open("readonly")).get(this.key));
      const { surface } = this.painting;
      const saved = /** @type {Saved | undefined} */ (entry?.saved);
      if (!saved || saved.width !== surface.width || saved.height !== surface.height) return false;
      surface.data.set(saved.data);
      surface.dryAt.set(saved.dryAt);
      surface.strokes = saved.strokes;
      surface.dirty.add(0, 0, surface.width, surface.height);
      this.painting.changed();
      return true;
    } catch (error) {
      this.painting.emit("unsaved", error);
      return false;
    }
  }

  /** Forget the painting. */
  async forget() {
    clearTimeout(this.timer);
    try {
      await forget(this.key);
    } catch (error) {
      this.painting.emit("unsaved", error);
    }
  }

  destroy() {
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.hide);
    this.off();
  }
}

/**
 * Forget a painting that is not open.
 *
 * @param {string} key what the painting belonged to
 */
export async function forget(key) {
  await done((await open("readwrite")).delete(key));
}

/**
 * @param {IDBTransactionMode} mode
 * @returns {Promise<IDBObjectStore>}
 */
async function open(mode) {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { keyPath: "key" }).createIndex("at", "at");
  };
  return (await done(request)).transaction(STORE, mode).objectStore(STORE);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
