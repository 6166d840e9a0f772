// Where a flow goes that is drawn without a mouse: beside the steps, not through them.
import { getMid } from 'diagram-js/lib/layout/LayoutUtil';

const BESIDE = 25;
const INSIDE = 2;

const box = ({ x, y, width, height }) => ({ left: x, top: y, right: x + width, bottom: y + height });

// Whether the line from one point to the next goes through the shape; along its border it may go.
function through(from, to, shape) {
  const { left, top, right, bottom } = box(shape);
  return Math.min(from.x, to.x) < right - INSIDE && Math.max(from.x, to.x) > left + INSIDE
    && Math.min(from.y, to.y) < bottom - INSIDE && Math.max(from.y, to.y) > top + INSIDE;
}

/** The shapes through which a line of these points goes. */
export function crossed(points, shapes) {
  return shapes.filter((shape) => points.slice(1).some((point, index) => through(points[index], point, shape)));
}

// The ways at that height: from below or above both ends, or from the right of the one to the left of the other.
function ways(source, target, height) {
  const [from, to] = [getMid(source), getMid(target)];
  const edge = (shape) => (height > getMid(shape).y ? shape.y + shape.height : shape.y);
  const [out, into] = [source.x + source.width, target.x];
  return [
    [{ x: from.x, y: edge(source) }, { x: from.x, y: height }, { x: to.x, y: height }, { x: to.x, y: edge(target) }],
    [{ x: out, y: from.y }, { x: out + BESIDE, y: from.y }, { x: out + BESIDE, y: height }, { x: to.x, y: height }, { x: to.x, y: edge(target) }],
    [{ x: from.x, y: edge(source) }, { x: from.x, y: height }, { x: into - BESIDE, y: height }, { x: into - BESIDE, y: to.y }, { x: into, y: to.y }],
  ];
}

/** Points of a flow that goes through none of the shapes, as near to both ends as it can, inside `around`; null where there are none. */
export function beside(source, target, shapes, around) {
  const { top, bottom } = box(around);
  const middle = (getMid(source).y + getMid(target).y) / 2;
  const heights = [...shapes, source, target].flatMap((each) => [each.y - BESIDE, each.y + each.height + BESIDE])
    .filter((height) => height > top && height < bottom)
    .sort((one, other) => Math.abs(one - middle) - Math.abs(other - middle));
  for (const height of heights) {
    const free = ways(source, target, height).find((points) => !crossed(points, [...shapes, source, target]).length);
    if (free) return free;
  }
  return null;
}
