// Cases on a map: a base map where the office has set one, else the grids' own areas; near ones stand together.
import L from 'leaflet';
import 'leaflet.markercluster';
import { colour, largestPart, lines, written } from './map_labels.js';

const EMPTY = [[3.5, 73.5], [53.5, 135]];

function baseMap(map, { tiles, credit }) {
  if (!tiles) return;
  L.tileLayer(tiles, { attribution: L.Util.template('{credit}', { credit: escaped(credit) }), maxZoom: 19 }).addTo(map);
}

function escaped(text) {
  const box = document.createElement('span');
  box.textContent = text;
  return box.innerHTML;
}

// ---- the grids

function nameLayer(map, features) {
  const layer = L.layerGroup().addTo(map);
  const write = () => {
    layer.clearLayers();
    const grids = features.map(({ geometry, properties }) => {
      const [west, south, east, north] = largestPart(geometry);
      const low = map.latLngToContainerPoint([south, west]);
      const high = map.latLngToContainerPoint([north, east]);
      return { name: properties.name, x: (low.x + high.x) / 2, y: (low.y + high.y) / 2, size: Math.abs((high.x - low.x) * (high.y - low.y)), tall: Math.abs(high.y - low.y) };
    });
    const shown = written(grids);
    for (const { name, x, y } of grids.filter((each) => shown.has(each.name))) {
      const at = map.containerPointToLatLng([x, y + shown.get(name)]);
      const icon = L.divIcon({ className: '', iconSize: [0, 0], html: `<div class="gf-grid-name" style="translate: -50% -50%">${escaped(lines(name))}</div>` });
      L.marker(at, { icon, interactive: false, keyboard: false }).addTo(layer);
    }
  };
  map.on('zoomend moveend resize', write);
  return write;
}

function gridLayer(map, grids, onTiles) {
  return L.geoJSON(grids, {
    style: ({ properties }) => ({ color: '#5b6b7c', weight: 1, fillColor: colour(properties.name), fillOpacity: onTiles ? 0.15 : 0.8 }),
    onEachFeature: ({ properties }, layer) => layer.bindTooltip(escaped(properties.name), { sticky: true }),
  }).addTo(map);
}

// ---- the cases

function dot({ priority, open, exact, name }) {
  const kinds = ['gf-dot', exact ? '' : 'gf-about', open ? '' : 'gf-closed', open && priority !== 'normal' ? `gf-${priority}` : ''];
  return L.divIcon({ className: kinds.filter(Boolean).join(' '), iconSize: [16, 16], html: `<span class="visually-hidden">${escaped(name)}</span>` });
}

function caseLayer(map, points) {
  const clusters = L.markerClusterGroup({
    showCoverageOnHover: false,
    animate: false,
    maxClusterRadius: 44,
    iconCreateFunction: (cluster) => L.divIcon({ className: 'gf-cluster', iconSize: [32, 32], html: String(cluster.getChildCount()) }),
  });
  const markers = new Map();
  for (const point of points) {
    const marker = L.marker(point.at, { icon: dot(point), title: point.name, alt: point.name });
    marker.on('click', () => window.location.assign(point.url));
    markers.set(point.id, marker);
    clusters.addLayer(marker);
  }
  map.addLayer(clusters);
  return { clusters, markers };
}

// A case of the list is shown on the map while it is pointed at or has the focus.
function tieList(map, markers) {
  let ring = null;
  const show = (event) => {
    const link = event.target.closest?.('[data-case]');
    const marker = link && markers.get(link.dataset.case);
    ring?.remove();
    if (marker) ring = L.circleMarker(marker.getLatLng(), { radius: 16, color: '#b45309', weight: 3, fill: false }).addTo(map);
  };
  document.addEventListener('focusin', show);
  document.addEventListener('mouseover', show);
}

function draw(box) {
  const points = JSON.parse(box.dataset.points);
  const grids = JSON.parse(box.dataset.grids);
  const map = L.map(box, { attributionControl: Boolean(box.dataset.tiles), zoomSnap: 0.25, maxZoom: 19 });
  map.attributionControl?.setPrefix(false);
  baseMap(map, box.dataset);
  const areas = gridLayer(map, grids, Boolean(box.dataset.tiles));
  const bounds = L.latLngBounds(points.map(({ at }) => at));
  if (grids.features.length) bounds.extend(areas.getBounds());
  map.fitBounds(bounds.isValid() ? bounds.pad(0.05) : EMPTY);
  nameLayer(map, grids.features)();
  const { markers } = caseLayer(map, points);
  tieList(map, markers);
  box.dataset.ready = '1';
}

for (const box of document.querySelectorAll('[data-case-map]')) draw(box);
