"""Measure in Chromium how long the studio's brushes take for a frame: `python scripts/brush_speed.py`.

Each tool draws strokes of radius 64 across a picture of 1024 x 1024 pixels, at 2000 pixels a second: 33 pixels and four
samples of the pointer for each frame of a 60th of a second. What is timed is all that a frame needs: the stroke, the
light, and the copy of the changed rectangle to the canvas. A frame may take 16.7 ms. Where other programs use the
machine meanwhile, only "processor", the mean time of the page's main thread on a processor, says something about the
brush; it has the set-up of the stroke and the animation frames in it.
"""

import json
import sys
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "nst_jax" / "studio" / "static"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--headless=new", "--disable-gpu"]
HOST = "http://studio.test"
STROKES, FRAMES = 5, 24
MEASURE = """
async ([tools, STROKES, FRAMES]) => {
  const { Painting } = await import("/static/js/paint/painting.js");
  const times = {};
  for (const tool of tools) {
    const canvas = document.body.appendChild(document.createElement("canvas"));
    const painting = new Painting(canvas, { width: 1024, height: 1024, seed: 1, listen: false });
    times[tool] = [];
    for (let stroke = 0; stroke < STROKES; stroke++) {
      painting.setTool(tool, { radius: 64, color: stroke % 2 ? "#1f3f9e" : "#e8b91a" });
      const height = (i) => 150 + 130 * stroke + 40 * Math.sin(i / 9);
      const at = (i) => ({ x: 100 + i * 8.25, y: height(i), pressure: 0.6, tilt: 0, time: i * 4 });
      painting.beginStroke(at(0));
      for (let frame = 0; frame < FRAMES; frame++) {
        const start = performance.now();
        for (let i = 1; i <= 4; i++) painting.continueStroke(at(frame * 4 + i));
        painting.render();
        // The first stroke shows how fast the compiler is, not the brush.
        if (stroke > 0) times[tool].push(performance.now() - start);
        await new Promise(requestAnimationFrame);
      }
      const start = performance.now();
      painting.endStroke();
      painting.render();
      (times[tool + " (lifting)"] ??= []).push(performance.now() - start);
    }
    painting.destroy();
    canvas.remove();
  }
  return times;
}
"""


def main() -> int:
    """Print the median, the 95th percentile and the maximum of each tool, in milliseconds."""
    try:
        from playwright.sync_api import Route, sync_playwright
    except ImportError:
        print("This needs playwright: pip install playwright", file=sys.stderr)
        return 2

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(f"{HOST}/static/")
        if path == f"{HOST}/":
            route.fulfill(body="<!doctype html><title>brushes</title>", content_type="text/html")
        else:
            route.fulfill(path=STATIC / path, content_type="text/javascript")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.route("**/*", answer)
        page.goto(f"{HOST}/")
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def processor_ms() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return 1000 * next(each["value"] for each in metrics if each["name"] == "TaskDuration")

        report = {}
        for tool in ("acrylic", "watercolor", "pencil", "knife", "water", "eraser"):
            before = processor_ms()
            times = page.evaluate(MEASURE, [[tool], STROKES, FRAMES])
            spent = processor_ms() - before
            for name, values in times.items():
                ordered = sorted(values)
                report[name] = {
                    "median": round(ordered[len(ordered) // 2], 1),
                    "95 %": round(ordered[int(0.95 * len(ordered))], 1),
                    "maximum": round(ordered[-1], 1),
                }
            report[tool]["processor"] = round(spent / (STROKES * FRAMES), 1)
        browser.close()
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
