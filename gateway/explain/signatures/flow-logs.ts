/**
 * What engines of network policies write when they drop a connection: Cilium and Hubble, Calico, OVN-Kubernetes, Antrea and others.
 */
import type { Signature } from '../finding.ts';

export const flowLogSignatures: readonly Signature[] = [];
