/**
 * Limits, quotas and denials of somebody else: cloud providers, registries, databases, file systems.
 */
import type { Signature } from '../finding.ts';
import { awsSignatures } from './elsewhere-aws.ts';
import { cloudSignatures } from './elsewhere-clouds.ts';
import { dataSignatures } from './elsewhere-data.ts';
import { otherPolicySignatures } from './elsewhere-policies.ts';
import { serviceSignatures } from './elsewhere-services.ts';
import { systemSignatures } from './elsewhere-systems.ts';

export const elsewhereSignatures: readonly Signature[] = [
  ...awsSignatures,
  ...cloudSignatures,
  ...dataSignatures,
  ...serviceSignatures,
  ...systemSignatures,
  ...otherPolicySignatures,
];
