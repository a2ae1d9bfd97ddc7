/**
 * Groups of policies that the API server has by itself: they come with its version and its settings, and cannot be installed.
 * The kinds of all other groups are custom, and may come and go.
 */
export const builtInGroups: ReadonlySet<string> = new Set([
  '',
  'admissionregistration.k8s.io',
  'networking.k8s.io',
  'policy',
]);
