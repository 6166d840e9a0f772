// The place of a case is picked on a map: the field gets the point, and the nearest grids are proposed as for a typed one.
import L from 'leaflet';
import { fit, gridLayer, mapIn, nameLayer } from './base_map.js';

const CLOSE = 17;
const REST = 250;

function readPoint(text) {
  const parts = text.replace('，', ',').split(',').map(Number);
  return parts.length === 2 && parts.every(Number.isFinite) && Math.abs(parts[0]) <= 90 ? parts : null;
}

async function gridsWithin(box, bounds) {
  const within = bounds ? `?within=${bounds.toBBoxString()}` : '';
  const answer = await fetch(`${box.dataset.gridsAt}${within}`, { headers: { Accept: 'application/json' } });
  return answer.ok ? answer.json() : { features: [], more: false };
}

class PointMap {
  constructor(field, { panel, ground, words }) {
    this.field = field;
    this.panel = panel;
    this.ground = ground;
    this.map = mapIn(panel, ground);
    this.features = [];
    this.timer = 0;
    this.mark = L.marker([0, 0], {
      draggable: true, alt: words.mark, title: words.mark, icon: L.divIcon({ className: 'gf-point', iconSize: [24, 24] }),
    });
    this.mark.on('dragend', () => this.take(this.mark.getLatLng()));
    this.map.on('click', ({ latlng }) => this.take(latlng));
    this.writeNames = nameLayer(this.map, () => this.features);
    field.addEventListener('change', () => this.follow());
  }

  async open() {
    const grids = await gridsWithin(this.panel, null);
    const areas = this.show(grids);
    const at = readPoint(this.field.value);
    if (at) this.map.setView(at, CLOSE);
    else fit(this.map, grids.features.length ? areas.getBounds() : L.latLngBounds(this.ground.bounds ?? []));
    this.follow();
    this.writeNames();
    // Where there are more grids than are drawn at once, those of the part that is looked at are fetched.
    if (grids.more) this.map.on('moveend', () => this.later());
    this.panel.dataset.ready = '1';
  }

  later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(async () => {
      this.show(await gridsWithin(this.panel, this.map.getBounds()));
      this.writeNames();
    }, REST);
  }

  show(grids) {
    this.areas?.remove();
    this.features = grids.features;
    this.areas = gridLayer(this.map, { type: 'FeatureCollection', features: grids.features }, this.ground);
    return this.areas;
  }

  take({ lat, lng }) {
    this.field.value = `${lat.toFixed(6)},${lng.toFixed(6)}`;
    this.field.dispatchEvent(new Event('change', { bubbles: true }));
  }

  // The field may also be typed into, or filled by the device.
  follow() {
    const at = readPoint(this.field.value);
    if (!at) {
      this.mark.remove();
      return;
    }
    this.mark.setLatLng(at).addTo(this.map);
    if (!this.map.getBounds().contains(at)) this.map.setView(at, Math.max(this.map.getZoom(), CLOSE));
  }

  takeMiddle() {
    this.take(this.map.getCenter());
  }
}

document.addEventListener('gf-pick', ({ detail }) => {
  const map = new PointMap(detail.field, detail);
  detail.middle.addEventListener('click', () => map.takeMiddle());
  map.open();
});
