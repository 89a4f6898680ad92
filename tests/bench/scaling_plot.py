# SPDX-License-Identifier: Apache-2.0
"""A log-log plot as a small SVG of its own: no fonts inside, legible on light and dark ground."""

import math

WIDTH, HEIGHT = 670, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 180, 20, 50

STYLE = """
  text { font: 13px sans-serif; fill: #57606a; }
  .frame { fill: none; stroke: #8c959f; }
  .grid { stroke: #8c959f; stroke-opacity: .3; }
  .line { fill: none; stroke-width: 2; }
  .c0 { stroke: #0969da; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; } .c3 { stroke: #8250df; }
  .d { fill: none; stroke: #8c959f; stroke-dasharray: 4 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #adbac7; }
    .c0 { stroke: #539bf5; } .c1 { stroke: #e0823d; } .c2 { stroke: #57ab5a; } .c3 { stroke: #b083f0; }
  }
"""


def slope(sizes, values):
    """Of the straight line with the least squares through the logarithms."""
    points = [(math.log(x), math.log(y)) for x, y in zip(sizes, values)]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return (sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points))


class Scale:
    """From values to places between two ends, by logarithm."""

    def __init__(self, low, high, begin, end):
        self.low, self.high, self.begin, self.end = math.log10(low), math.log10(high), begin, end

    def __call__(self, value):
        return self.begin + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.begin)

    def decades(self):
        return [10.0 ** k for k in range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1)]


def name_time(milliseconds):
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"


def frame(x, y):
    yield (f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" '
           f'height="{HEIGHT - TOP - BOTTOM}"/>')
    for value in y.decades():
        yield f'<path class="grid" d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{name_time(value)}</text>'
    for value in x.decades():
        yield f'<path class="grid" d="M{x(value):.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
        yield (f'<text x="{x(value):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">'
               f'{value:,.0f}</text>')
    yield (f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">hosts</text>')


def curve(number, name, sizes, values, x, y, label_y):
    points = [(x(size), y(value)) for size, value in zip(sizes, values)]
    path = "L".join(f"{px:.1f} {py:.1f}" for px, py in points)
    yield f'<path class="line c{number}" d="M{path}"/>'
    for px, py in points:
        yield f'<circle class="line c{number}" cx="{px:.1f}" cy="{py:.1f}" r="2.5"/>'
    yield f'<path class="line c{number}" d="M{WIDTH - RIGHT + 8} {label_y - 4:.1f}h14"/>'
    yield f'<text x="{WIDTH - RIGHT + 26}" y="{label_y:.1f}">{name}: {slope(sizes, values):.2f}</text>'


def label_places(ends):
    """Next to the ends of the curves, a line apart."""
    places = {}
    lowest = -math.inf
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        places[name] = lowest = max(end + 4, lowest + 18)
    return places


def draw(sizes, curves):
    """@p curves: name -> milliseconds by size. The dashed line grows as the number of hosts does."""
    every = [value for values in curves.values() for value in values]
    x = Scale(sizes[0], sizes[-1], LEFT, WIDTH - RIGHT)
    y = Scale(min(every) / 1.5, max(every) * 1.5, HEIGHT - BOTTOM, TOP)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
           f'aria-label="Time by number of hosts, both logarithmic">')
    yield f"<style>{STYLE}</style>"
    yield from frame(x, y)
    middle = math.sqrt(min(every) * max(every))
    half = math.sqrt(sizes[-1] / sizes[0])
    yield (f'<path class="d" d="M{x(sizes[0]):.1f} {y(middle / half):.1f}'
           f'L{x(sizes[-1]):.1f} {y(middle * half):.1f}"/>')
    yield f'<path class="d" d="M{WIDTH - RIGHT + 8} {HEIGHT - BOTTOM - 4}h14"/>'
    yield f'<text x="{WIDTH - RIGHT + 26}" y="{HEIGHT - BOTTOM}">slope 1</text>'
    places = label_places({name: y(values[-1]) for name, values in curves.items()})
    for number, (name, values) in enumerate(curves.items()):
        yield from curve(number, name, sizes, values, x, y, places[name])
    yield "</svg>"
