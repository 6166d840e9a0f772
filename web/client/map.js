// Grids on a map: our own GeoJSON, no tiles, drawn as SVG so that names are text and print well.
import * as echarts from 'echarts/core';
import { MapChart } from 'echarts/charts';
import { TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
import { colour, lines } from './map_labels.js';

echarts.use([MapChart, TooltipComponent, SVGRenderer]);

function draw(box) {
  const data = JSON.parse(box.dataset.map);
  if (!data.features.length) return;
  echarts.registerMap(box.id, data);
  const chart = echarts.init(box, null, { renderer: 'svg' });
  chart.setOption({
    animation: false,
    tooltip: { trigger: 'item', formatter: (each) => echarts.format.encodeHTML(each.name) },
    series: [{
      type: 'map',
      map: box.id,
      nameProperty: 'name',
      roam: true,
      scaleLimit: { min: 0.8, max: 12 },
      label: { show: true, fontSize: 11, lineHeight: 14, color: '#1f2937', formatter: (each) => lines(each.name) },
      labelLayout: { hideOverlap: true },
      emphasis: { label: { show: true }, itemStyle: { areaColor: '#ffe9a8' } },
      select: { disabled: true },
      data: data.features.map((feature) => ({
        name: feature.properties.name,
        url: feature.properties.url,
        itemStyle: {
          areaColor: colour(feature.properties.name),
          borderColor: feature.properties.changed ? '#b45309' : '#5b6b7c',
          borderWidth: feature.properties.changed ? 3 : 1,
        },
      })),
    }],
  });
  chart.on('click', (each) => {
    if (each.data?.url) window.location.assign(each.data.url);
  });
  window.addEventListener('resize', () => chart.resize());
  box.dataset.ready = '1';
}

for (const box of document.querySelectorAll('[data-map]')) draw(box);
