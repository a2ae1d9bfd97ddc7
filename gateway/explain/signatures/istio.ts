/**
 * Istio: sidecars, gateways, waypoints and ztunnel.
 */
import type { Signature } from '../finding.ts';

export const istioSignatures: readonly Signature[] = [];
