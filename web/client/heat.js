// Where cases lie densely: a canvas over the map, the more of them near a place, the hotter its colour.
import L from 'leaflet';

const REACH = 34;
const STEPS = [[0, [69, 117, 180, 0]], [0.15, [116, 173, 209, 110]], [0.4, [254, 224, 144, 170]], [0.7, [244, 109, 67, 200]], [1, [165, 0, 38, 225]]];

/** The colour of a share between 0 and 1 as red, green, blue and opacity. */
export function heatColour(share) {
  const above = STEPS.findIndex(([from]) => from >= share);
  if (above <= 0) return STEPS[0][1];
  const [low, cold] = STEPS[above - 1];
  const [high, hot] = STEPS[above];
  const part = (share - low) / (high - low);
  return cold.map((value, index) => Math.round(value + (hot[index] - value) * part));
}

/** Draws grey blots that add up, then colours them. */
function paint(canvas, places) {
  const { width, height } = canvas;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.clearRect(0, 0, width, height);
  for (const { x, y } of places) {
    const blot = pen.createRadialGradient(x, y, 0, x, y, REACH);
    blot.addColorStop(0, 'rgba(0,0,0,0.3)');
    blot.addColorStop(1, 'rgba(0,0,0,0)');
    pen.fillStyle = blot;
    pen.fillRect(x - REACH, y - REACH, 2 * REACH, 2 * REACH);
  }
  const image = pen.getImageData(0, 0, width, height);
  for (let at = 0; at < image.data.length; at += 4) {
    const share = image.data[at + 3] / 255;
    if (share) image.data.set(heatColour(share), at);
  }
  pen.putImageData(image, 0, 0);
}

/** A layer over the points, given as latitude and longitude. */
export const HeatLayer = L.Layer.extend({
  initialize(points) {
    this.points = points;
  },
  onAdd(map) {
    this.canvas = L.DomUtil.create('canvas', 'gf-heat', map.getPanes().overlayPane);
    map.on('moveend zoomend resize', this.draw, this);
    this.draw();
  },
  onRemove(map) {
    map.off('moveend zoomend resize', this.draw, this);
    this.canvas.remove();
  },
  draw() {
    const map = this._map;
    const size = map.getSize();
    this.canvas.width = size.x;
    this.canvas.height = size.y;
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    if (size.x && size.y) paint(this.canvas, this.points.map((at) => map.latLngToContainerPoint(at)));
  },
});
