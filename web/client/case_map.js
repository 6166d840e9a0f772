// Cases on a map: a base map where the office has set one, else the grids' own areas; near ones stand together.
import L from 'leaflet';
import 'leaflet.markercluster';
import { escaped, fit, gridLayer, mapIn, nameLayer } from './base_map.js';
import { HeatLayer } from './heat.js';

// ---- the cases

function dot({ priority, open, exact, name }) {
  const kinds = ['gf-dot', exact ? '' : 'gf-about', open ? '' : 'gf-closed', open && priority !== 'normal' ? `gf-${priority}` : ''];
  return L.divIcon({ className: kinds.filter(Boolean).join(' '), iconSize: [16, 16], html: `<span class="visually-hidden">${escaped(name)}</span>` });
}

function caseLayer(points) {
  const clusters = L.markerClusterGroup({
    showCoverageOnHover: false,
    animate: false,
    maxClusterRadius: 44,
    iconCreateFunction: (cluster) => L.divIcon({ className: 'gf-cluster', iconSize: [32, 32], html: String(cluster.getChildCount()) }),
  });
  const markers = new Map();
  for (const point of points) {
    const marker = L.marker(point.at, { icon: dot(point), title: point.name, alt: point.name, keyboard: Boolean(point.url) });
    if (point.url) marker.on('click', () => window.location.assign(point.url));
    markers.set(point.id, marker);
    clusters.addLayer(marker);
  }
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

// Buttons choose between single cases and where they lie densely.
function chooseView(box, map, views) {
  let shown = null;
  const show = (name) => {
    if (shown) map.removeLayer(views[shown]);
    shown = name;
    map.addLayer(views[name]);
    for (const button of document.querySelectorAll('[data-map-view]')) button.setAttribute('aria-pressed', String(button.dataset.mapView === name));
    box.dataset.view = name;
  };
  for (const button of document.querySelectorAll('[data-map-view]')) {
    button.hidden = false;
    button.addEventListener('click', () => show(button.dataset.mapView));
  }
  show(box.dataset.view || 'cases');
}

function draw(box) {
  const points = JSON.parse(box.dataset.points);
  const grids = JSON.parse(box.dataset.drawn);
  const ground = JSON.parse(box.dataset.ground);
  const map = mapIn(box, ground);
  const areas = gridLayer(map, grids, ground);
  const bounds = L.latLngBounds(points.map(({ at }) => at));
  if (grids.features.length) bounds.extend(areas.getBounds());
  fit(map, bounds);
  nameLayer(map, () => grids.features)();
  const { clusters, markers } = caseLayer(points);
  chooseView(box, map, { cases: clusters, heat: new HeatLayer(points.map(({ at }) => at)) });
  tieList(map, markers);
  box.dataset.ready = '1';
}

for (const box of document.querySelectorAll('[data-case-map]')) draw(box);
