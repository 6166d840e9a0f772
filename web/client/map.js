// Grids on a map: our own GeoJSON, no tiles, drawn as SVG so that names are text and print well.
import * as echarts from 'echarts/core';
import { MapChart } from 'echarts/charts';
import { TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
import { colour, largestPart, lines, shade, written } from './map_labels.js';

echarts.use([MapChart, TooltipComponent, SVGRenderer]);

/** Writes the names that have room at this zoom. */
function name(chart, features) {
  const grids = features.map((feature) => {
    const [west, south, east, north] = largestPart(feature.geometry);
    const [left, bottom] = chart.convertToPixel({ seriesIndex: 0 }, [west, south]);
    const [right, top] = chart.convertToPixel({ seriesIndex: 0 }, [east, north]);
    return {
      name: feature.properties.name,
      x: (left + right) / 2,
      y: (top + bottom) / 2,
      size: Math.abs((right - left) * (bottom - top)),
      tall: Math.abs(bottom - top),
      changed: feature.properties.changed,
    };
  });
  const shown = written(grids);
  const rows = chart.getOption().series[0].data;
  chart.setOption({
    series: [{
      data: rows.map((row) => ({
        ...row, label: { show: shown.has(row.name), offset: [0, shown.get(row.name) ?? 0] },
      })),
    }],
  });
}

function draw(box) {
  const data = JSON.parse(box.dataset.map);
  if (!data.features.length) return;
  for (const { geometry, properties } of data.features) {
    const [west, south, east, north] = largestPart(geometry);
    properties.cp = [(west + east) / 2, (south + north) / 2];
  }
  echarts.registerMap(box.id, data);
  const chart = echarts.init(box, null, { renderer: 'svg' });
  chart.setOption({
    animation: false,
    tooltip: { trigger: 'item', formatter: (each) => echarts.format.encodeHTML(each.data?.told ?? each.name) },
    series: [{
      type: 'map',
      map: box.id,
      nameProperty: 'name',
      roam: true,
      scaleLimit: { min: 0.8, max: 12 },
      label: { show: true, fontSize: 11, lineHeight: 14, color: '#1f2937', formatter: (each) => lines(each.name) },
      emphasis: { label: { show: true }, itemStyle: { areaColor: '#ffe9a8' } },
      select: { disabled: true },
      data: data.features.map((feature) => ({
        name: feature.properties.name,
        url: feature.properties.url,
        told: 'open' in feature.properties ? `${feature.properties.name} ${feature.properties.open}` : undefined,
        itemStyle: {
          areaColor: 'open' in feature.properties ? shade(feature.properties.open) : colour(feature.properties.name),
          borderColor: feature.properties.changed ? '#b45309' : '#5b6b7c',
          borderWidth: feature.properties.changed ? 3 : 1,
        },
      })),
    }],
  });
  name(chart, data.features);
  chart.on('georoam', () => name(chart, data.features));
  chart.on('click', (each) => {
    if (each.data?.url) window.location.assign(each.data.url);
  });
  window.addEventListener('resize', () => {
    // In a card that is hidden there is no room to draw in.
    if (!box.clientWidth) return;
    chart.resize();
    name(chart, data.features);
  });
  box.dataset.ready = '1';
}

for (const box of document.querySelectorAll('[data-map]')) draw(box);
