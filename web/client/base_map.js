// What every map has under it: the office's base map where one is set, and the names of the grids.
import L from 'leaflet';
import { colour, largestPart, lines, written } from './map_labels.js';

export const EMPTY = [[3.5, 73.5], [53.5, 135]];

export function escaped(text) {
  const box = document.createElement('span');
  box.textContent = text;
  return box.innerHTML;
}

/** A map in the box over the ground that the page was given, as `{ tiles, credit, image, bounds }`. */
export function mapIn(box, ground) {
  const map = L.map(box, { attributionControl: Boolean(ground.tiles || ground.image), zoomSnap: 0.25, maxZoom: 19 });
  map.attributionControl?.setPrefix(false);
  const attribution = L.Util.template('{credit}', { credit: escaped(ground.credit ?? '') });
  if (ground.tiles) L.tileLayer(ground.tiles, { attribution, maxZoom: 19, subdomains: ground.servers ?? 'abc' }).addTo(map);
  else if (ground.image) L.imageOverlay(ground.image, ground.bounds, { attribution }).addTo(map);
  return map;
}

/** The grids' areas, light over a base map. */
export function gridLayer(map, grids, ground) {
  const fillOpacity = ground.tiles || ground.image ? 0.15 : 0.8;
  return L.geoJSON(grids, {
    style: ({ properties }) => ({ color: '#5b6b7c', weight: 1, fillColor: colour(properties.name), fillOpacity }),
    onEachFeature: ({ properties }, layer) => layer.bindTooltip(escaped(properties.name), { sticky: true }),
  }).addTo(map);
}

/** Writes the names that have room, anew after each move; `features()` gives the features that are drawn. */
export function nameLayer(map, features) {
  const layer = L.layerGroup().addTo(map);
  const write = () => {
    layer.clearLayers();
    const grids = features().map(({ geometry, properties }) => {
      const [west, south, east, north] = largestPart(geometry);
      const low = map.latLngToContainerPoint([south, west]);
      const high = map.latLngToContainerPoint([north, east]);
      return { name: properties.name, x: (low.x + high.x) / 2, y: (low.y + high.y) / 2, size: Math.abs((high.x - low.x) * (high.y - low.y)), tall: Math.abs(high.y - low.y) };
    });
    const shown = written(grids);
    for (const { name, x, y } of grids.filter((grid) => shown.has(grid.name))) {
      const at = map.containerPointToLatLng([x, y + shown.get(name)]);
      const icon = L.divIcon({ className: '', iconSize: [0, 0], html: `<div class="gf-grid-name" style="translate: -50% -50%">${escaped(lines(name))}</div>` });
      L.marker(at, { icon, interactive: false, keyboard: false }).addTo(layer);
    }
  };
  map.on('zoomend moveend resize', write);
  return write;
}

/** The whole of both, or the country where nothing is drawn. */
export function fit(map, bounds) {
  map.fitBounds(bounds.isValid() ? bounds.pad(0.05) : EMPTY);
}
