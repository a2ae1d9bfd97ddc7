/**
 * What a path asks for, without names and namespaces: `pods`, `constraintreports.potoo.io/status`, `discovery`, or `other`.
 * Metrics carry it, so it must not grow with the number of objects.
 */
export function requestLabel(path: string): string {
  const parts = path.split('/').slice(1);
  if ((parts[0] === 'api' || parts[0] === 'apis') && parts.length === 1) return 'discovery';
  const group = parts[0] === 'apis' ? parts[1] : '';
  const rest = parts[0] === 'apis' ? parts.slice(3) : parts[0] === 'api' ? parts.slice(2) : [];
  const [first, , third] = rest;
  if (first === undefined || group === undefined) return 'other';
  // Below /namespaces/{name} is another resource, apart from the two subresources of namespaces themselves.
  const inNamespace = first === 'namespaces' && third !== undefined && third !== 'status' && third !== 'finalize';
  const [plural, , subresource] = inNamespace ? rest.slice(2) : rest;
  if (plural === undefined) return 'other';
  return `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}
