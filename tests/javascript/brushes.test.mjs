import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { light } from "../../nst_jax/studio/static/js/paint/relief.js";
import { HEIGHT, WIDTH, brightness, draw, line, makeSurface, pixel } from "./strokes.mjs";

const hash = (surface) => createHash("sha256").update(surface.data).digest("hex");
const path = () => line(40, 60, 120, 60);
const painted = (tool) => ["acrylic", "watercolor", "pencil", "knife"].includes(tool);
/** What water and eraser work on. */
const ground = () => draw(makeSurface(), "acrylic", line(10, 60, 150, 60, 0.8), { radius: 30, color: "#883322" }, 9);

for (const tool of ["acrylic", "watercolor", "pencil", "knife", "water", "eraser"]) {
  const start = () => (painted(tool) ? makeSurface() : ground());

  test(`${tool}: a stroke changes pixels near its path, and only there`, () => {
    const before = start();
    const after = draw(start(), tool, path());
    let changed = 0;
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const at = (y * WIDTH + x) * 4;
        if ([0, 1, 2, 3].every((channel) => before.data[at + channel] === after.data[at + channel])) continue;
        changed++;
        const away = Math.hypot(x - Math.min(120, Math.max(40, x)), y - 60);
        assert.ok(away < 12 * 2, `${tool} reaches ${away} pixels far`);
      }
    }
    assert.ok(changed > 300, `${tool} changes ${changed} pixels`);
  });

  test(`${tool}: the same seed gives the same pixels`, () => {
    assert.equal(hash(draw(start(), tool, path(), {}, 4)), hash(draw(start(), tool, path(), {}, 4)));
  });

  test(`${tool}: two pressures differ`, () => {
    const soft = draw(start(), tool, line(40, 60, 120, 60, 0.25));
    const firm = draw(start(), tool, line(40, 60, 120, 60, 0.95));
    assert.notEqual(hash(soft), hash(firm));
  });

  test(`${tool}: a mere tap leaves a mark, and strokes may leave the paper`, () => {
    if (tool !== "water") assert.notEqual(hash(draw(start(), tool, line(60, 60, 60, 60, 0.6, 1))), hash(start()));
    draw(start(), tool, line(-50, -30, 300, 200));
    assert.equal(hash(draw(start(), tool, line(-90, -90, -60, -60))), hash(start()));
  });
}

test("another seed gives other bristles", () => {
  assert.notEqual(
    hash(draw(makeSurface(), "acrylic", path(), {}, 1)),
    hash(draw(makeSurface(), "acrylic", path(), {}, 2)),
  );
});

test("acrylic has relief: its light varies across the stroke far more than watercolor's", () => {
  const variance = (tool) => {
    const surface = draw(makeSurface(), tool, line(20, 60, 140, 60), { radius: 20, color: "#808080", wetness: 0 });
    const pixels = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
    light(surface, pixels, 0, 0, WIDTH, HEIGHT);
    let sum = 0;
    for (let y = 50; y < 70; y++) {
      for (let x = 50; x < 80; x++) sum += (pixels[(y * WIDTH + x) * 4] - pixels[((y + 1) * WIDTH + x) * 4]) ** 2;
    }
    return sum / 600;
  };
  assert.ok(variance("acrylic") > 3 * variance("watercolor"), `${variance("acrylic")} and ${variance("watercolor")}`);
  const { thick } = pixel(draw(makeSurface(), "acrylic", path()), 50, 60);
  assert.ok(thick > 0.1);
});

test("acrylic runs dry: the end of a long stroke covers less than its beginning", () => {
  const long = makeSurface();
  const turns = Array.from({ length: 9 }, (_, i) =>
    line(i % 2 ? 150 : 10, 12 + i * 12, i % 2 ? 10 : 150, 12 + i * 12),
  ).flat();
  draw(long, "acrylic", turns, { radius: 4, color: "#000000" });
  assert.ok(brightness(long, 60, 100, 12) + 30 < brightness(long, 60, 100, 108), "dry at the end");
});

test("acrylic takes up wet paint: blue drawn through yellow comes out greener", () => {
  const surface = draw(makeSurface(), "acrylic", line(60, 10, 60, 110, 0.9), { radius: 24, color: "#f0c814" });
  draw(surface, "acrylic", line(10, 60, 150, 60, 0.9), { radius: 10, color: "#1e3c96", wetness: 1 });
  const clean = draw(makeSurface(), "acrylic", line(10, 60, 150, 60, 0.9), {
    radius: 10,
    color: "#1e3c96",
    wetness: 1,
  });
  const greenness = (from) => {
    let sum = 0;
    for (let x = 90; x < 130; x++)
      for (let y = 56; y < 64; y++) sum += pixel(from, x, y).green - pixel(from, x, y).blue;
    return sum / 320;
  };
  assert.ok(greenness(surface) > greenness(clean) + 10, `${greenness(surface)} against ${greenness(clean)}`);
});

test("watercolor is darker at its edge than in its middle", () => {
  const surface = draw(makeSurface(), "watercolor", line(20, 60, 140, 60), { radius: 24, wetness: 0 });
  let edge = 0;
  let middle = 0;
  for (let x = 40; x < 120; x++) {
    let y = 20;
    while (pixel(surface, x, y).red > 200) y++;
    edge += Math.min(...[0, 1, 2, 3].map((down) => pixel(surface, x, y + down).red));
    middle += [57, 58, 59, 60, 61, 62].reduce((sum, row) => sum + pixel(surface, x, row).red, 0) / 6;
  }
  assert.ok(edge < middle - 80 * 8, `edge ${edge / 80}, middle ${middle / 80}`);
});

test("washes glaze: what lies below shows through, and blue over dry yellow is green", () => {
  const surface = draw(makeSurface(), "watercolor", line(20, 60, 140, 60), {
    radius: 24,
    color: "#f0c814",
    wetness: 0,
  });
  surface.strokes += 20;
  draw(surface, "watercolor", line(80, 10, 80, 110), { radius: 14, color: "#3c6ec8", wetness: 0 });
  const { red, green, blue } = pixel(surface, 80, 60);
  assert.ok(green > red && green > blue, `${[red, green, blue]}`);
  assert.ok(pixel(surface, 80, 20).blue > pixel(surface, 80, 20).green);
});

test("washes bleed into wet paper, not into dry paper", () => {
  const spread = (wet) => {
    const surface = makeSurface();
    draw(surface, "water", line(10, 60, 150, 60, 1), { radius: 40 });
    if (!wet) surface.strokes += 20;
    draw(surface, "watercolor", line(20, 60, 140, 60), { radius: 12 });
    let count = 0;
    for (let y = 0; y < HEIGHT; y++) if (pixel(surface, 80, y).red < 240) count++;
    return count;
  };
  assert.ok(spread(true) > spread(false) + 3, `${spread(true)} against ${spread(false)}`);
});

test("the eraser takes everything off", () => {
  const surface = ground();
  for (let i = 0; i < 6; i++) draw(surface, "eraser", line(10, 60, 150, 60, 1), { radius: 40 }, i);
  const at = (60 * WIDTH + 80) * 4;
  assert.deepEqual([...surface.data.subarray(at, at + 4)], [...surface.bare, 0]);
});

test("water takes nothing from bare paper and softens an edge of paint", () => {
  const surface = draw(makeSurface(), "acrylic", line(10, 60, 150, 60, 0.9), { radius: 12, color: "#000000" });
  const steep = (from) =>
    Math.max(...[40, 45, 50, 55].map((y) => Math.abs(pixel(from, 80, y).red - pixel(from, 80, y + 4).red)));
  const before = steep(surface);
  for (let i = 0; i < 4; i++) draw(surface, "water", line(80, 30, 80, 90), { radius: 16 }, i);
  assert.ok(steep(surface) < before, `${steep(surface)} against ${before}`);
});
