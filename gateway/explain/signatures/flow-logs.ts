/**
 * What engines of network policies write when they drop a connection: Cilium and Hubble, Calico, OVN-Kubernetes, Antrea and others.
 */
import type { Signature } from '../finding.ts';
import { aclLogSignatures } from './acl-logs.ts';
import { ciliumFlowSignatures } from './cilium-flows.ts';
import { ciliumMonitorSignatures } from './cilium-monitor.ts';
import { ciliumWordSignatures } from './cilium-words.ts';
import { packetLogSignatures } from './packet-logs.ts';

export const flowLogSignatures: readonly Signature[] = [
  ...ciliumFlowSignatures,
  ...ciliumMonitorSignatures,
  ...ciliumWordSignatures,
  ...aclLogSignatures,
  ...packetLogSignatures,
];
