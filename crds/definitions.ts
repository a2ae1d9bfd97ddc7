/**
 * The CustomResourceDefinitions of our kinds, made from the zod schemas.
 */
import type * as z from 'zod';
import {
  apiGroup,
  apiVersionName,
  category,
  clusterConstraintDetails,
  clusterConstraintReports,
  constraintDetails,
  constraintProfiles,
  constraintReports,
  type PotooResource,
} from './api.ts';
import { ClusterConstraintReport } from './cluster-report.ts';
import { ClusterConstraintDetail, ConstraintDetail } from './detail.ts';
import { ConstraintProfile } from './profile.ts';
import { ConstraintReport } from './report.ts';
import { type StructuralSchema, toStructural } from './structural.ts';

interface PrinterColumn {
  readonly name: string;
  readonly type: 'integer' | 'string' | 'date' | 'boolean';
  readonly jsonPath: string;
  readonly description: string;
  /** Columns over 0 are shown by `-o wide` alone. */
  readonly priority?: number;
}

const age: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'When it was created.',
};

function counts(total: string): PrinterColumn[] {
  return [
    { name: 'Total', type: 'integer', jsonPath: total, description: 'All constraints.' },
    { name: 'Critical', type: 'integer', jsonPath: '.status.critical', description: 'Deny or drop now.' },
    { name: 'Warning', type: 'integer', jsonPath: '.status.warning', description: 'Restrict in part or soon.' },
    { name: 'Info', type: 'integer', jsonPath: '.status.info', description: 'Say or change something.' },
  ];
}

function ready(description: string): PrinterColumn {
  return { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', description };
}

const changed: PrinterColumn = {
  name: 'Changed',
  type: 'date',
  jsonPath: '.status.lastChanged',
  description: 'When its content last changed.',
  priority: 1,
};

interface Definition {
  readonly resource: PotooResource;
  readonly schema: z.ZodType;
  readonly columns: readonly PrinterColumn[];
}

const definitions: readonly Definition[] = [
  {
    resource: clusterConstraintDetails,
    schema: ClusterConstraintDetail,
    columns: [
      { name: 'Subject', type: 'string', jsonPath: '.subject', description: 'What its texts are.' },
      { name: 'Kind', type: 'string', jsonPath: '.source.kind', description: 'Kind of the policy.' },
      { name: 'Policy', type: 'string', jsonPath: '.source.name', description: 'Name of the policy.' },
      { name: 'Part', type: 'integer', jsonPath: '.part', description: 'Number of this part.', priority: 1 },
      age,
    ],
  },
  {
    resource: clusterConstraintReports,
    schema: ClusterConstraintReport,
    columns: [
      ...counts('.status.constraints'),
      {
        name: 'Namespaces',
        type: 'integer',
        jsonPath: '.status.namespaces',
        description: 'Namespaces that have a report.',
      },
      ready('Whether all is read and written.'),
      age,
      changed,
    ],
  },
  {
    resource: constraintDetails,
    schema: ConstraintDetail,
    columns: [
      { name: 'Subject', type: 'string', jsonPath: '.subject', description: 'What its texts are.' },
      { name: 'Part', type: 'integer', jsonPath: '.part', description: 'Number of this part.' },
      age,
    ],
  },
  {
    resource: constraintProfiles,
    schema: ConstraintProfile,
    columns: [
      { name: 'Resource', type: 'string', jsonPath: '.spec.gvr.resource', description: 'Plural of the kind.' },
      { name: 'Group', type: 'string', jsonPath: '.spec.gvr.group', description: 'Its API group.', priority: 1 },
      { name: 'Adapter', type: 'string', jsonPath: '.status.adapter', description: 'What reads it.' },
      { name: 'Enabled', type: 'boolean', jsonPath: '.spec.enabled', description: 'Whether it is to be read.' },
      { name: 'Severity', type: 'string', jsonPath: '.spec.severity', description: 'Severity of what it imposes.' },
      ready('Whether the profile does what it says.'),
      age,
    ],
  },
  { resource: constraintReports, schema: ConstraintReport, columns: [...counts('.status.total'), age, changed] },
];

/** The CustomResourceDefinitions as objects, ordered by name. Throws when a schema has no structural form. */
export function customResourceDefinitions(): readonly StructuralSchema[] {
  return definitions.map(({ resource, schema, columns }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource.plural}.${resource.group}` },
    spec: {
      group: apiGroup,
      names: {
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        plural: resource.plural,
        singular: resource.singular,
        shortNames: [resource.shortName],
        categories: [category],
      },
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: apiVersionName,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: withObjectFields(toStructural(schema), schema) },
          ...(resource.statusSubresource ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: columns,
        },
      ],
    },
  }));
}

/** Every object has these three besides its own; the API server checks them by itself. */
function withObjectFields(own: StructuralSchema, schema: z.ZodType): StructuralSchema {
  const properties = own['properties'];
  return {
    description: schema.description,
    type: 'object',
    ...(own['required'] === undefined ? {} : { required: own['required'] }),
    properties: {
      apiVersion: { type: 'string', description: 'Group and version of the kind.' },
      kind: { type: 'string', description: 'The kind.' },
      metadata: { type: 'object' },
      ...(typeof properties === 'object' ? properties : {}),
    },
  };
}
