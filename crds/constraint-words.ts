/** The words that a constraint is sorted by, for who needs no more: schemas take a tenth of a second to load. */

/** Gravest first; entries of a report are ordered so. */
export const severities = ['Critical', 'Warning', 'Info'] as const;

export const constraintTypes = [
  'NetworkIngress',
  'NetworkEgress',
  'Admission',
  'ResourceLimit',
  'MeshPolicy',
  'MissingResource',
  'Unknown',
] as const;
