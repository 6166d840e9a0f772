// Areas are drawn on the map of a grid adjustment: the form's text holds those that changed, as GeoJSON.
import L from 'leaflet';
import '@geoman-io/leaflet-geoman-free';
import { escaped, fit, mapIn } from './base_map.js';
import { colour } from './map_labels.js';
import { read, withMoved, written } from './shared_corners.js';

const SNAP = 12;

function style(area, chosen) {
  return {
    color: area.changed ? '#b45309' : '#5b6b7c',
    weight: chosen || area.changed ? 3 : 1,
    fillColor: colour(area.grid_name),
    fillOpacity: 0.5,
  };
}

class AreaMap {
  constructor(field, holder, { ground, words }) {
    this.field = field;
    this.words = words;
    this.map = mapIn(holder.querySelector('[data-area-map]'), ground);
    this.map.pm.setLang('zh');
    this.list = holder.querySelector('[data-area]');
    this.told = holder.querySelector('[data-told]');
    this.layers = new Map();
    this.ground = ground;
    this.list.addEventListener('change', () => this.choose(this.list.value));
    holder.querySelector('[data-anew]').addEventListener('click', () => this.drawAnew());
    holder.querySelector('[data-restore]').addEventListener('click', () => this.restore());
    holder.querySelector('[data-import]').addEventListener('change', (event) => this.take(event.target));
    field.addEventListener('change', (event) => event.isTrusted && this.follow());
    this.map.on('pm:create', ({ layer }) => this.drawn(layer));
  }

  open({ features, more }) {
    this.areas = new Map(features.map(({ properties, geometry }) => [properties.id, {
      ...properties, geometry, before: geometry, changed: false,
    }]));
    this.list.replaceChildren(...[...this.areas.values()].map(({ id, name, grid_name: grid }) => new Option(`${grid}·${name}`, id)));
    if (more) this.told.textContent = this.words.more;
    this.follow();
    const bounds = L.latLngBounds(this.ground.bounds ?? []);
    for (const layer of this.layers.values()) bounds.extend(layer.getBounds());
    fit(this.map, bounds);
    this.choose(this.list.value);
  }

  // What the text holds is shown: it may have been pasted, imported, or saved before.
  follow() {
    let given;
    try {
      given = read(this.field.value);
    } catch {
      this.told.textContent = this.words.unread;
      return false;
    }
    for (const area of this.areas.values()) {
      area.changed = given.has(area.id);
      area.geometry = given.get(area.id) ?? area.before;
      this.redraw(area);
    }
    if (this.chosen) this.choose(this.chosen);
    return true;
  }

  redraw(area) {
    this.layers.get(area.id)?.remove();
    this.layers.delete(area.id);
    if (!area.geometry) return;
    const layer = L.geoJSON(area.geometry).getLayers()[0];
    layer.setStyle(style(area, area.id === this.chosen)).addTo(this.map);
    layer.bindTooltip(escaped(`${area.grid_name}·${area.name}`), { sticky: true });
    layer.on('click', () => area.id !== this.chosen && this.choose(area.id));
    layer.on('pm:markerdragstart', ({ markerEvent }) => { this.from = markerEvent.target.getLatLng(); });
    layer.on('pm:markerdragend', ({ markerEvent, intersectionReset }) => this.moved(area, markerEvent.target.getLatLng(), intersectionReset));
    layer.on('pm:vertexadded pm:vertexremoved', () => this.keep(area, layer));
    this.layers.set(area.id, layer);
  }

  choose(id) {
    this.layers.get(this.chosen)?.pm.disable();
    this.chosen = id;
    this.list.value = id;
    const area = this.areas.get(id);
    for (const [other, layer] of this.layers) layer.setStyle(style(this.areas.get(other), other === id));
    this.layers.get(id)?.bringToFront().pm.enable({ snapDistance: SNAP, allowSelfIntersection: false, addVertexValidation: () => true });
    if (area) this.tell(area);
  }

  tell(area) {
    const { changed, geometry } = area;
    const unchanged = geometry ? this.words.still : this.words.undrawn;
    this.told.textContent = `${area.name}：${changed ? this.words.changed : unchanged}`;
  }

  moved(area, to, crossed) {
    if (crossed) {
      this.told.textContent = this.words.crossed;
      return;
    }
    const from = [this.from.lng, this.from.lat];
    this.keep(area, this.layers.get(area.id));
    for (const other of this.areas.values()) {
      if (other === area || !other.geometry) continue;
      const coordinates = withMoved(other.geometry.coordinates, from, [to.lng, to.lat]);
      if (coordinates === other.geometry.coordinates) continue;
      other.geometry = { ...other.geometry, coordinates };
      other.changed = true;
      this.redraw(other);
    }
    this.layers.get(area.id).bringToFront();
    this.write();
  }

  keep(area, layer) {
    area.geometry = layer.toGeoJSON().geometry;
    area.changed = true;
    this.write();
    this.tell(area);
  }

  drawAnew() {
    this.layers.get(this.chosen)?.pm.disable();
    this.map.pm.enableDraw('Polygon', { snapDistance: SNAP, allowSelfIntersection: false });
  }

  drawn(layer) {
    const area = this.areas.get(this.chosen);
    area.geometry = layer.toGeoJSON().geometry;
    area.changed = true;
    layer.remove();
    this.map.pm.disableDraw();
    this.redraw(area);
    this.write();
    this.choose(area.id);
  }

  restore() {
    const area = this.areas.get(this.chosen);
    area.geometry = area.before;
    area.changed = false;
    this.redraw(area);
    this.write();
    this.choose(area.id);
  }

  write() {
    this.field.value = written([...this.areas.values()]);
    this.field.dispatchEvent(new Event('input', { bubbles: true }));
  }

  async take(input) {
    const [file] = input.files;
    if (!file) return;
    const before = this.field.value;
    this.field.value = await file.text();
    if (!this.follow()) this.field.value = before;
    this.field.dispatchEvent(new Event('input', { bubbles: true }));
    input.value = '';
  }
}

document.addEventListener('gf-draw', async ({ detail }) => {
  const { field, holder, areasAt, body } = detail;
  const answer = await fetch(`${areasAt}?${new URLSearchParams(body ? { body } : {})}`, { headers: { Accept: 'application/json' } });
  if (!answer.ok) return;
  const map = new AreaMap(field, holder, detail);
  map.open(await answer.json());
  holder.dataset.ready = '1';
});
