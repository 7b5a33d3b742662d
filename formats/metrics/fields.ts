/** Where the fields of metric points are, where a configuration names them. */
import type { FieldPaths } from '../usual-fields.js';

/** Paths of time, value and labels. */
export type PointFields = Pick<FieldPaths, 'time' | 'value' | 'labels'>;
