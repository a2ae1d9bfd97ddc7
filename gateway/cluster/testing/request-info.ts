/**
 * What the API server takes a request for when it asks whether somebody may make it.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.34/staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
 */
import type { KubeRequest } from '../../../kube/transport.ts';
import type { Question } from '../../auth/reviews.ts';

/** Of a read that is no watch and no discovery. */
export function requestInfoOf({ path, query = {} }: Pick<KubeRequest, 'path' | 'query'>): Question {
  const [root, ...parts] = path.split('/').filter((part) => part !== '');
  const group = root === 'apis' ? (parts.shift() ?? '') : '';
  parts.shift();
  let namespace: string | undefined;
  if (parts[0] === 'namespaces' && parts[1] !== undefined) {
    namespace = parts[1];
    if (parts[2] !== undefined && !['status', 'finalize'].includes(parts[2])) parts.splice(0, 2);
  }
  const [resource = '', name, subresource] = parts.map(decodeURIComponent);
  const selected = /(?:^|,)metadata\.name=([^,/%]+)(?:,|$)/.exec(query['fieldSelector'] ?? '')?.[1];
  return {
    verb: name === undefined ? 'list' : 'get',
    group,
    resource,
    subresource,
    namespace,
    name: name ?? (selected === '.' || selected === '..' ? undefined : selected),
  };
}
