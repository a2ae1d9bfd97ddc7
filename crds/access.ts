/**
 * What a program asks the API server for, as data. The roles under helm/ are made from it, and the audit log of the tests
 * is compared with it, so that neither grants more than the code needs.
 */
export interface AccessRule {
  readonly apiGroups: readonly string[];
  /** Plurals; `plural/subresource` for a subresource. */
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Granted by a Role in this namespace; cluster-wide when absent. */
  readonly namespace?: string | undefined;
  readonly resourceNames?: readonly string[] | undefined;
}
