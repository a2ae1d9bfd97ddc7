/**
 * The names of Potoo's own resources: what kubectl, RBAC rules and both programs call them.
 */
export const apiGroup = 'potoo.io';
export const apiVersionName = 'v1alpha1';
export const apiVersion = `${apiGroup}/${apiVersionName}`;

/** `kubectl get potoo` lists every kind of this category. */
export const category = 'potoo';

/** A kind of ours. Structurally a `Resource` of kube/, with what kubectl needs besides. */
export interface PotooResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  readonly namespaced: boolean;
  /** Whether status is written apart from the rest, by PUT on the status subresource. */
  readonly statusSubresource: boolean;
}

function resource(
  kind: string,
  shortName: string,
  is: { namespaced: boolean; statusSubresource: boolean },
): PotooResource {
  const singular = kind.toLowerCase();
  return { group: apiGroup, version: apiVersionName, kind, plural: `${singular}s`, singular, shortName, ...is };
}

/** One in each namespace, named `reportName`: what binds there, for every reader of the namespace. */
export const constraintReports = resource('ConstraintReport', 'creport', {
  namespaced: true,
  statusSubresource: true,
});
/** The full form of what a namespace's own policies impose, and of what they are imposed on. */
export const constraintDetails = resource('ConstraintDetail', 'cdetail', {
  namespaced: true,
  statusSubresource: false,
});
/** One, named `clusterReportName`: totals and the health of each adapter. */
export const clusterConstraintReports = resource('ClusterConstraintReport', 'ccreport', {
  namespaced: false,
  statusSubresource: true,
});
/** The full form of what cluster-scoped policies impose, one object a policy, and one with facts of the cluster. */
export const clusterConstraintDetails = resource('ClusterConstraintDetail', 'ccdetail', {
  namespaced: false,
  statusSubresource: false,
});

/** Written by people: how to read a kind of policy. */
export const constraintProfiles = resource('ConstraintProfile', 'cprofile', {
  namespaced: false,
  statusSubresource: true,
});

/** What the operator writes and the gateway serves; profiles are between people and the operator. */
export const potooResources: readonly PotooResource[] = [
  clusterConstraintDetails,
  clusterConstraintReports,
  constraintDetails,
  constraintReports,
];

/** The name of the ConstraintReport of every namespace. */
export const reportName = 'constraints';
/** The name of the one ClusterConstraintReport. */
export const clusterReportName = 'cluster';
/** Where both programs live, and their Lease with them. */
export const systemNamespace = 'potoo-system';
/** The Lease that decides which operator writes; the gateway reads it to tell whether one does. */
export const operatorLeaseName = 'potoo-operator';
